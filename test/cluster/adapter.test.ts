import assert from 'node:assert/strict';
import { once } from 'node:events';
import { decodeEvent, encodeEvent, type PacketEncoder, type Parser } from '../../lib/internals/packet';
import { MemoryCluster, type MemoryWorker } from '../support/adapter/memory_cluster';
import { nextAck } from '../support/adapter/world';

/** Milliseconds. A test that waits for this one fails. */
const NEVER = 100_000;

describe('test/cluster/adapter.test.ts', () => {
  let cluster: MemoryCluster;
  let a: MemoryWorker;
  let b: MemoryWorker;
  let c: MemoryWorker;

  beforeEach(async () => {
    cluster = new MemoryCluster();
    [ a, b, c ] = await cluster.start({}, 'a', 'b', 'c');
  });
  afterEach(() => cluster.close());

  it('sends nothing to other workers for a local broadcast, nor if it is alone', async () => {
    const [ client ] = [ await a.connect(), await b.connect() ];
    a.io.local.emit('hi');
    a.io.local.socketsJoin('x');
    a.io.local.socketsLeave('x');
    a.socketOf(client).emit('private');
    assert.equal((await a.io.local.fetchSockets()).length, 1);
    assert.deepEqual(await a.io.local.timeout(NEVER).to('nobody').emitWithAck('ask'), []);
    assert.deepEqual(cluster.takeSent(), []);

    cluster.network.kill(b.tag);
    cluster.network.kill(c.tag);
    a.port.broadcast = () => assert.fail('encoded for nobody');
    a.io.emit('hi');
    a.io.serverSideEmit('hi');
    assert.equal((await a.io.fetchSockets()).length, 1);
    assert.deepEqual(await a.io.serverSideEmitWithAck('hi'), []);
    assert.deepEqual(cluster.takeSent(), []);
    assert.equal(await a.io.of('/').adapter.serverCount(), 1);
  });

  it('is encoded only by the sender', async () => {
    const clients = [ await b.connect(), await c.connect() ];
    for (const { io } of [ b, c ]) io.encoder.encode = () => assert.fail('encoded once more');
    a.io.emit('hi', { n: 1 });
    for (const client of clients) assert.deepEqual(await client.next('hi'), [{ n: 1 }]);
    assert.deepEqual(b.errors.concat(c.errors), []);
  });

  it('calls the outgoing listeners of all workers', async () => {
    const seen: unknown[][] = [];
    const clients = [ await a.connect(), await b.connect() ];
    a.socketOf(clients[0]).onAnyOutgoing((...args) => seen.push(args));
    b.socketOf(clients[1]).onAnyOutgoing((...args) => seen.push(args));
    a.io.emit('hi', 1, { file: Buffer.from('x') });
    await Promise.all(clients.map(client => client.next('hi')));
    assert.deepEqual(seen, [[ 'hi', 1, { file: Buffer.from('x') }], [ 'hi', 1, { file: Buffer.from('x') }]]);
  });

  it('keeps the flags on other workers', async () => {
    const client = await b.connect();
    const written: (object | undefined)[] = [];
    const { conn } = b.socketOf(client);
    const { write } = conn;
    conn.write = function(data, options, ...rest) {
      written.push({ compress: options?.compress, volatile: (options as { volatile?: boolean }).volatile });
      return write.call(this, data, options, ...rest);
    };
    a.io.compress(false).emit('one');
    await client.next('one');
    a.io.volatile.emit('two');
    await client.next('two');
    assert.deepEqual(written, [{ compress: false, volatile: undefined }, { compress: undefined, volatile: true }]);
    // As if the client was not ready: what is volatile is dropped.
    Object.defineProperty(conn.transport, 'writable', { value: false, configurable: true });
    const passed = new Promise<void>(resolve => { b.io.on('passed', resolve); });
    a.io.volatile.emit('dropped');
    a.io.serverSideEmit('passed');
    await passed;
    Object.defineProperty(conn.transport, 'writable', { value: true, writable: true, configurable: true });
    a.io.emit('three');
    await client.next('three');
    assert.deepEqual(client.pending.filter(({ event }) => event === 'dropped'), []);
  });

  it('reaches all workers from a parent namespace, as one packet in each of its children', async () => {
    const parent = a.io.of(/^\/child-\d$/);
    b.io.of(/^\/child-\d$/);
    parent.on('connection', socket => { void socket.join('room'); });
    const clients = await Promise.all([ a.connect({ namespace: '/child-1' }), a.connect({ namespace: '/child-2' }), b.connect({ namespace: '/child-2' }) ]);
    b.io.of('/child-2').socketsJoin('room');
    parent.to('room').emit('hi', 1);
    for (const client of clients) {
      assert.deepEqual(await client.next('hi'), [ 1 ]);
      assert.deepEqual(client.pending, []);
    }
  });

  it('returns the ids of the sockets of all workers', async () => {
    const [ one, two ] = [ await a.connect(), await b.connect() ];
    assert.deepEqual(await a.io.allSockets(), new Set([ one.id, two.id ]));
  });

  it('returns the handshake of clients, whatever it contains', async () => {
    const odd = { constructor: 1, toJSON: 2, toString: null, then: 3 };
    const clients = [ await b.connect({ auth: { odd } }), await b.connect() ];
    for (const client of clients) client.socket.on('ask', (ack: (value: unknown) => void) => ack(client === clients[0] ? odd : 'even'));
    const auths = (await a.io.fetchSockets()).map(({ handshake }) => handshake.auth);
    assert.deepEqual(auths, [{ odd }, {}]);
    const acks: unknown[] = await a.io.timeout(NEVER).emitWithAck('ask');
    assert.deepEqual(new Set(acks), new Set([ odd, 'even' ]));
  });

  it('answers fetchSockets in parts of about a megabyte, however much data the sockets have', async () => {
    const clients = [];
    for (let i = 0; i < 5; i++) {
      const client = await b.connect();
      b.socketOf(client).data = { i, blob: 'x'.repeat(600_000), bytes: Buffer.from([ i ]) };
      clients.push(client);
    }
    cluster.takeSent();
    const found = await a.io.fetchSockets();
    assert.deepEqual(found.map(({ id, data }) => [ id, data.i, data.blob.length, data.bytes ]),
      clients.map(({ id }, i) => [ id, i, 600_000, Buffer.from([ i ]) ]));
    assert.equal(cluster.takeSent().filter(({ from }) => from === b.tag).length, 5);
  });

  it('waits for all parts of an answer, but no longer than the caller\'s timeout', async () => {
    const client = await b.connect();
    b.socketOf(client).data = { blob: 'x'.repeat(1_100_000) };
    b.socketOf(await b.connect()).data = { blob: 'x'.repeat(1_100_000) };
    const release = new Promise<() => void>(resolve => {
      void cluster.network.next(({ from }) => from === b.tag).then(() => resolve(cluster.network.hold(b.tag, a.tag)));
    });
    await assert.rejects(a.io.timeout(1000).fetchSockets(), { code: 'PEERS_SILENT', message: `timeout reached: no answer from 1 worker(s): ${b.tag}. Check whether these processes are stopped or busy.` });
    (await release)();
  });

  it('throws at the sender, and answers the asking worker with an error, if a message is too large; the link stays open', async () => {
    const large = Buffer.alloc(64 * 1024 * 1024);
    assert.throws(() => a.io.emit('hi', large), {
      code: 'BROADCAST_TOO_LARGE',
      message: /^\[egg-socketio\] namespace \/: the event cannot be sent to the other workers, and was sent to nobody: it takes 67\d+ bytes/,
    });
    assert.throws(() => a.io.serverSideEmit('hi', large), { message: /the data of serverSideEmit\(\) cannot be sent/ });
    b.io.on('large', ack => ack(large));
    c.io.on('large', ack => ack('c'));
    await assert.rejects(a.io.serverSideEmitWithAck('large'), (error: Error & { responses: unknown }) => {
      assert.match(error.message, /^namespace \/: worker b------- cannot send its answer: it takes 67\d+ bytes/);
      assert.deepEqual(error.responses, [ 'c' ]);
      return true;
    });
    b.socketOf(await b.connect()).data = { large };
    await assert.rejects(a.io.fetchSockets(), /worker b------- cannot send its answer: it takes 67\d+ bytes/);
    assert.equal(b.errors.length, 2);
    assert.equal((b.errors[0] as { code?: string }).code, 'BROADCAST_TOO_LARGE');
    assert.match((b.errors[0] as Error).message, /^\[egg-socketio\] this worker cannot answer another one: it takes/);
    const client = await c.connect();
    a.io.emit('still here');
    await client.next('still here');
  });

  describe('a worker that dies', () => {
    it('is not waited for by fetchSockets', async () => {
      const clients = [ await a.connect(), await b.connect() ];
      await c.connect();
      cluster.network.hold(a.tag, c.tag);
      const found = a.io.fetchSockets();
      cluster.network.kill(c.tag);
      assert.deepEqual((await found).map(({ id }) => id), clients.map(({ id }) => id));
    });

    it('is not waited for by serverSideEmit', async () => {
      b.io.on('who', ack => ack('b'));
      cluster.network.hold(a.tag, c.tag);
      const answers = a.io.serverSideEmitWithAck('who');
      cluster.network.kill(c.tag);
      assert.deepEqual(await answers, [ 'b' ]);
    });

    it('is not waited for by a broadcast with ack, whether or not its clients got the event', async () => {
      for (const died of [ 'before', 'between', 'after' ]) {
        const [ d ] = await cluster.start({}, `d-${died.slice(-4)}`);
        const client = await b.connect();
        const [ quick, slow ] = [ await d.connect(), await d.connect() ];
        client.socket.on('ask', ack => ack('b'));
        if (died === 'before') cluster.network.hold(a.tag, d.tag);
        const acks = a.io.timeout(NEVER).emitWithAck('ask');
        if (died !== 'before') {
          const [ ack ] = await Promise.all([ nextAck(quick), nextAck(slow) ]);
          if (died === 'after') {
            const acked = new Promise<void>(resolve => { d.socketOf(quick).conn.once('packet', () => resolve()); });
            ack('d');
            await acked;
            // The packet is handled in the next tick, and its answer is on its way then.
            await new Promise(resolve => { setImmediate(resolve); });
          }
        }
        cluster.network.kill(d.tag);
        assert.deepEqual((await acks as string[]).sort(), died === 'after' ? [ 'b', 'd' ] : [ 'b' ]);
        await client.close();
      }
    });

    it('is not waited for if it closes its server', async () => {
      await b.connect();
      cluster.network.hold(a.tag, b.tag);
      const found = a.io.timeout(NEVER).fetchSockets();
      await b.close();
      assert.deepEqual(await found, []);
    });

    it('is no longer counted by serverCount, nor is one that has only closed its server', async () => {
      const { adapter } = a.io.of('/');
      assert.equal(await adapter.serverCount(), 3);
      cluster.network.kill(c.tag);
      assert.equal(await adapter.serverCount(), 2);
      await b.close();
      const [ d ] = await cluster.start({}, 'd');
      const heard = new Promise<void>(resolve => { a.io.on('heard', resolve); });
      d.io.serverSideEmit('heard');
      await heard;
      assert.deepEqual(a.port.peers(), [ b.tag, d.tag ]);
      assert.equal(await adapter.serverCount(), 2);
      assert.deepEqual(await a.io.timeout(NEVER).fetchSockets(), []);
      assert.deepEqual(await a.io.timeout(NEVER).emitWithAck('ask'), []);
      assert.equal(b.port.listeners.size, 0);
    });
  });

  describe('a worker that lives', () => {
    it('makes fetchSockets fail after the time-out if it does not answer', async () => {
      cluster.network.hold(a.tag, c.tag);
      await assert.rejects(a.io.timeout(20).fetchSockets(), { code: 'PEERS_SILENT', message: `timeout reached: no answer from 1 worker(s): ${c.tag}. Check whether these processes are stopped or busy.` });
    });

    it('reports at once that it cannot send its answer', async () => {
      const data: { self?: unknown } = {};
      data.self = data;
      b.io.on('loop', ack => ack(data));
      c.io.on('loop', ack => ack('c'));
      await assert.rejects(a.io.serverSideEmitWithAck('loop'), (error: Error & { responses: unknown }) => {
        assert.deepEqual(error.responses, [ 'c' ]);
        assert.ok(error.message.endsWith('Messages between workers must be serialisable'), error.message);
        return error.message.startsWith(`namespace /: worker ${b.tag} cannot send its answer: `);
      });
    });

    it('returns a socket without the data that cannot be copied, and logs its name once', async () => {
      const [ odd, other ] = [ await b.connect(), await b.connect() ];
      b.socketOf(odd).data = { timer: setTimeout(() => undefined, 60_000).unref(), name: 'odd' };
      b.socketOf(other).data = { name: 'other' };
      for (let i = 0; i < 2; i++) {
        const found = await a.io.timeout(NEVER).fetchSockets();
        assert.deepEqual(new Map(found.map(({ id, data }) => [ id, data as unknown ])), new Map([[ odd.id, { name: 'odd' }], [ other.id, { name: 'other' }]]));
      }
      assert.deepEqual(b.warnings, [
        `namespace /, socket ${odd.id}: fetchSockets() on another worker does not see ctx.data.timer (contains itself), which cannot be copied.`,
      ]);
    });

    it('reports at once that its listener has thrown, and keeps running', async () => {
      const thrown = new Error('in a listener');
      b.io.on('bad', () => { throw thrown; });
      c.io.on('bad', ack => ack('c'));
      await assert.rejects(a.io.serverSideEmitWithAck('bad'), (error: Error & { responses: unknown }) => {
        assert.equal(error.message, `namespace /: a listener on worker ${b.tag} threw`);
        assert.deepEqual(error.responses, [ 'c' ]);
        return true;
      });
      const client = await b.connect();
      a.io.serverSideEmit('bad');
      a.io.emit('hi');
      await client.next('hi');
      assert.deepEqual(b.errors, [ thrown, thrown ]);
    });

    it('forgets acks that its clients have not sent in time', async () => {
      const client = await b.connect();
      const { acks } = b.socketOf(client) as unknown as { acks: Map<number, unknown> };
      await assert.rejects(a.io.timeout(20).emitWithAck('ask'));
      assert.ok(acks.size <= 1);
      // The next time-out starts later than the one of the first.
      await assert.rejects(a.io.timeout(40).emitWithAck('ask'));
      assert.ok(acks.size <= 1, `${acks.size} are kept`);
    });
  });

  it('throws at the sender if data cannot be sent', async () => {
    const data: { self?: unknown } = {};
    data.self = data;
    assert.throws(() => a.io.emit('loop', data));
    assert.throws(() => a.io.serverSideEmit('loop', data));
    await assert.rejects(a.io.serverSideEmitWithAck('loop', data));
    assert.deepEqual(cluster.takeSent(), []);
  });

  it('works with a custom parser', async () => {

    const { Decoder } = require('socket.io-parser') as typeof import('socket.io-parser');
    const parser = {
      protocol: 5,
      Encoder: class { encode(packet: object) { return [ Buffer.from(JSON.stringify(packet)) ]; } },
      Decoder: class extends Decoder {
        override add(chunk: unknown) { this.emitReserved('decoded', JSON.parse(String(chunk))); }
      },
    };
    const [ d, e ] = await cluster.start({ parser }, 'd', 'e');
    cluster.network.kill(a.tag);
    cluster.network.kill(b.tag);
    cluster.network.kill(c.tag);
    const client = await e.connect({ parser });
    client.socket.on('ask', (x, ack) => ack(x));
    const seen: unknown[] = [];
    e.socketOf(client).onAnyOutgoing((...args) => seen.push(args));
    d.io.emit('hi', { n: 1 });
    assert.deepEqual(await client.next('hi'), [{ n: 1 }]);
    assert.deepEqual(seen, [[ 'hi', { n: 1 }]]);
    assert.deepEqual(await d.io.timeout(NEVER).emitWithAck('ask', 5), [ 5 ]);
  });

  it('accepts more Buffers in one event from another worker than from a client', () => {
    const data = [ 'many', ...Array.from({ length: 20 }, (_, i) => Buffer.from([ i ])) ];
    const { encoder, _parser } = a.io;
    assert.deepEqual(decodeEvent(_parser as unknown as Parser, encodeEvent(encoder as PacketEncoder, '/', data)), data);
  });

  it('removes a dynamic namespace and creates it again', async () => {
    const [ d, e ] = await cluster.start({ cleanupEmptyChildNamespaces: true }, 'd', 'e');
    for (const { io } of [ d, e ]) io.of(/^\/room-\d$/);
    const first = await d.connect({ namespace: '/room-1' });
    const gone = once(d.socketOf(first, '/room-1'), 'disconnect');
    await first.close();
    await gone;
    assert.equal(d.io._nsps.has('/room-1'), false);
    assert.equal(d.port.listeners.size, 1);
    const [ second, other ] = [ await d.connect({ namespace: '/room-1' }), await e.connect({ namespace: '/room-1' }) ];
    e.io.of('/room-1').emit('hi');
    d.io.of('/room-1').emit('hello');
    assert.deepEqual([ await second.next('hi'), await other.next('hello') ], [[], []]);
    assert.equal((await e.io.of('/room-1').fetchSockets()).length, 2);
  });
});
