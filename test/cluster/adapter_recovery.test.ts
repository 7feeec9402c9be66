import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { createAgentEmitter } from '../../lib/adapter/agent_emitter';
import type { SocketIOTestClient } from '../../lib/mock/typed';
import { encodeFrame } from '../../lib/cluster/frames';
import { machineClock } from '../../lib/base/machine_clock';
import { arrived, comeBack, MemoryCluster, type MemoryWorker } from '../support/adapter/memory_cluster';
import { type Ticket, ticketOf } from '../support/adapter/ticket';
import { memoryAgent } from '../support/memory_peers';

const RECOVERY = { connectionStateRecovery: {} };

/** The names of the events that a client has got before the next one of this name, which it takes. */
async function namesUntil(client: SocketIOTestClient, last: string): Promise<string[]> {
  await client.next(last);
  return (client.pending as { event: string; args: unknown[] }[]).splice(0).map(({ event }) => event);
}

function typeOf(message: unknown): unknown {
  return (message as { type: unknown }).type;
}

/** How many sessions a closing worker leaves with a message. */
function sessionsIn(message: unknown): number {
  return (message as { data?: { part?: { sessions: unknown[] } } }).data?.part?.sessions.length ?? 0;
}

describe('test/cluster/adapter_recovery.test.ts', () => {
  let cluster: MemoryCluster;
  let a: MemoryWorker;
  let b: MemoryWorker;
  let c: MemoryWorker;
  let agent: ReturnType<typeof createAgentEmitter>;

  beforeEach(async () => {
    cluster = new MemoryCluster();
    [ a, b, c ] = await cluster.start(RECOVERY, 'a', 'b', 'c');
    const receivers = [ a, b, c ].map(({ Adapter }) => (message: unknown) => Adapter.receiveFromAgent(message));
    agent = createAgentEmitter(memoryAgent(receivers), { recovery: true });
  });
  afterEach(async () => {
    mock.restoreAll();
    await cluster.close();
  });

  /** Connects a client that has got one event, and so has an offset. */
  async function connect(worker: MemoryWorker, nsp = '/'): Promise<SocketIOTestClient> {
    const client = await worker.connect({ namespace: nsp });
    worker.socketOf(client, nsp).emit('first');
    await client.next('first');
    return client;
  }

  /** Lets milliseconds pass on the clock, which connections that live do not look at. */
  function later(ms: number): void {
    const { now } = machineClock;
    mock.method(machineClock, 'now', () => now() + ms);
  }

  it('sets socket.recovered on the server', async () => {
    const ticket = await a.drop(await connect(a));
    const recovered = new Promise(resolve => { b.io.on('connection', socket => resolve(socket.recovered)); });
    await comeBack(b, ticket);
    assert.equal(await recovered, true);
  });

  it('delivers a packet once if it has reached the new worker, but not yet the old one', async () => {
    const ticket = await a.drop(await connect(a));
    const release = cluster.network.hold(c.tag, a.tag);
    c.io.emit('early');
    await arrived(c, b);
    const client = await comeBack(b, ticket);
    release();
    await arrived(c, a);
    b.io.emit('last');
    assert.deepEqual(await namesUntil(client, 'last'), [ 'early' ]);
  });

  it('delivers a packet once if it has reached the old worker, but not yet the new one', async () => {
    const ticket = await a.drop(await connect(a));
    const bystander = await connect(b);
    const release = cluster.network.hold(c.tag, b.tag);
    c.io.emit('one');
    c.io.emit('two');
    await arrived(c, a);
    const start = Date.now();
    const client = await comeBack(b, ticket);
    assert.ok(Date.now() - start < 2000, 'the answer of c to b is held back too; that of a is enough');
    release();
    c.io.emit('last');
    assert.deepEqual(await namesUntil(client, 'last'), [ 'one', 'two' ]);
    assert.deepEqual(await namesUntil(bystander, 'last'), [ 'one', 'two' ]);
    c.io.emit('more');
    assert.deepEqual(await namesUntil(client, 'more'), []);
  });

  it('does not deliver packets that were sent before the client connected', async () => {
    c.io.emit('old');
    await Promise.all([ arrived(c, a), arrived(c, b) ]);
    b.io.local.emit('local to b');
    const [ d ] = await cluster.start(RECOVERY, 'd');
    const ticket = await d.drop(await connect(d));
    b.io.local.emit('local to b');
    const client = await comeBack(b, ticket);
    b.io.emit('last');
    assert.deepEqual(await namesUntil(client, 'last'), []);
  });

  it('restores on a third worker the state that the first one had', async () => {
    const client = await connect(a);
    const ticket = await a.drop(client);
    a.io.to(ticket.id).emit('on a');
    const second = await comeBack(b, ticket);
    await second.next('on a');
    // Of this offset only a and what it has handed over know anything.
    const offset = await b.drop(second);
    b.io.to(ticket.id).emit('on b');
    const third = await comeBack(c, offset);
    c.io.emit('on c');
    assert.deepEqual(await namesUntil(third, 'on c'), [ 'on b' ]);
    await c.drop(third);
    // As if that connection had broken before anything came through.
    const fourth = await comeBack(a, offset);
    assert.equal(fourth.id, ticket.id);
    a.io.emit('last');
    assert.deepEqual(await namesUntil(fourth, 'last'), [ 'on b', 'on c' ]);
  });

  it('keeps packets that arrive while asynchronous connection middleware runs', async () => {
    const [ d, e ] = await cluster.start({ connectionStateRecovery: { skipMiddlewares: false } }, 'd', 'e');
    const client = await connect(d);
    void d.socketOf(client).join('room');
    const ticket = await d.drop(client);
    let proceed = () => {};
    const entered = new Promise<void>(resolve => {
      e.io.use((_socket, next) => {
        proceed = next;
        resolve();
      });
    });
    const coming = comeBack(e, ticket);
    await entered;
    d.io.emit('one');
    e.io.to('room').emit('two');
    e.io.to('elsewhere').emit('three');
    await arrived(d, e);
    proceed();
    const back = await coming;
    assert.equal(back.id, ticket.id);
    e.io.emit('last');
    assert.deepEqual((await namesUntil(back, 'last')).sort(), [ 'one', 'two' ]);
  });

  it('does not give a session to a second client while the first is about to connect', async () => {
    const [ d, e ] = await cluster.start({ connectionStateRecovery: { skipMiddlewares: false } }, 'd', 'e');
    const ticket = await d.drop(await connect(d));
    const waiting: (() => void)[] = [];
    let entered = () => {};
    e.io.use((_socket, next) => {
      waiting.push(next);
      entered();
    });
    const coming: Promise<SocketIOTestClient>[] = [];
    for (let i = 0; i < 2; i++) {
      const waits = new Promise<void>(resolve => { entered = resolve; });
      coming.push(comeBack(e, ticket));
      await waits;
    }
    waiting.forEach(next => next());
    const ids = (await Promise.all(coming)).map(({ id }) => id);
    assert.equal(ids.filter(id => id === ticket.id).length, 1);
  });

  it('keeps the session of a client that was refused, or did not stay until it was connected', async () => {
    const [ d, e ] = await cluster.start({ connectionStateRecovery: { skipMiddlewares: false } }, 'd', 'e');
    const ticket = await d.drop(await connect(d));
    let open = false;
    e.io.use((_socket, next) => next(open ? undefined : new Error('not yet')));
    await assert.rejects(comeBack(e, ticket), { message: 'not yet' });
    d.io.emit('missed');
    await arrived(d, e);
    open = true;
    const client = await comeBack(e, ticket);
    assert.equal(client.id, ticket.id);
    e.io.emit('last');
    assert.deepEqual(await namesUntil(client, 'last'), [ 'missed' ]);
  });

  it('sends a packet for one client to no other worker, unless its own room has members there', async () => {
    const client = await connect(a);
    const guest = await connect(b);
    cluster.takeSent();
    a.socketOf(client).emit('private');
    a.socketOf(client).emit('with ack', () => undefined);
    await client.next('with ack');
    assert.deepEqual(cluster.takeSent(), []);

    await b.socketOf(guest).join(client.id!);
    await arrived(b, a);
    a.io.to(client.id!).emit('to the room');
    assert.deepEqual(await namesUntil(guest, 'to the room'), []);
    assert.deepEqual(await namesUntil(client, 'to the room'), [ 'private' ]);
    a.socketOf(client).emit('with ack', () => undefined);
    a.io.to(client.id!).emit('to the room');
    assert.deepEqual(await namesUntil(guest, 'to the room'), [], 'what is to be acked is for the client alone');

    await namesUntil(client, 'to the room');
    const ticket = await a.drop(client);
    const back = await comeBack(c, ticket);
    c.io.to(ticket.id).emit('to the room');
    assert.deepEqual(await namesUntil(guest, 'to the room'), [], 'the guest is known wherever the client goes');
    assert.deepEqual(await namesUntil(back, 'to the room'), []);
  });

  it('asks no other worker about an id that cannot belong to a session', async () => {
    const ticket = await a.drop(await connect(a));
    cluster.takeSent();
    for (const wrong of [{ offset: 'text of the last event' }, { offset: 'x'.repeat(10_000) }, { pid: 'x'.repeat(10_000) }]) {
      assert.notEqual((await comeBack(b, { ...ticket, ...wrong })).id, ticket.id);
    }
    assert.deepEqual(cluster.takeSent(), []);
  });

  it('adds one offset to a packet that a parent namespace sends in each of its children', async () => {
    const parent = a.io.of(/^\/child-\d$/);
    parent.on('connection', socket => { void socket.join('room'); });
    const clients = await Promise.all([ 1, 2 ].map(i => a.connect({ namespace: `/child-${i}` })));
    parent.to('room').emit('hi', 1);
    for (const client of clients) {
      const args = await client.next('hi');
      assert.equal(args.length, 2);
      assert.deepEqual([ args[0], typeof args[1] ], [ 1, 'string' ]);
    }
  });

  it('gives a client whose worker was killed a new session at once', async () => {
    const client = await connect(a);
    const ticket = ticketOf(client);
    cluster.network.kill(a.tag);
    const back = await comeBack(b, ticket);
    assert.notEqual(back.id, ticket.id);
    assert.notEqual(ticketOf(back).pid, ticket.pid);
  });

  it('gives a client a new session if its own cannot be handed over', async () => {
    const client = await connect(a);
    const data: { self?: unknown } = {};
    data.self = data;
    a.socketOf(client).data = data;
    const ticket = await a.drop(client);
    assert.notEqual((await comeBack(b, ticket)).id, ticket.id);
    assert.equal((await comeBack(a, ticket)).id, ticket.id, 'it is still where it was');
  });

  it('drops a session after maxDisconnectionDuration', async () => {
    const [ d, e ] = await cluster.start({ connectionStateRecovery: { maxDisconnectionDuration: -1 } }, 'd', 'e');
    const ticket = await d.drop(await connect(d));
    for (const worker of [ d, e ]) assert.notEqual((await comeBack(worker, ticket)).id, ticket.id);
  });

  it('recovers a client of a dynamic namespace that the last client has left', async () => {
    const [ d, e ] = await cluster.start({ ...RECOVERY, cleanupEmptyChildNamespaces: true }, 'd', 'e');
    const nsp = '/room-1';
    for (const { io } of [ d, e ]) io.of(/^\/room-\d$/);
    const other = await e.connect({ namespace: nsp });
    for (const to of [ d, e ]) {
      const ticket = await d.drop(await connect(d, nsp), nsp);
      assert.equal(d.io._nsps.has(nsp), false);
      e.io.of(nsp).emit('missed');
      await arrived(e, d);
      const client = await comeBack(to, ticket, nsp);
      assert.equal(client.id, ticket.id);
      e.io.of(nsp).emit('last');
      assert.deepEqual(await namesUntil(client, 'last'), [ 'missed' ]);
      await to.drop(client, nsp);
    }
    await other.close();
  });

  /** A client that was sent nothing yet. */
  async function connectSilently(worker: MemoryWorker): Promise<SocketIOTestClient> {
    return worker.connect();
  }

  for (const to of [ 'the same worker', 'another worker' ]) {
    const next = () => (to === 'the same worker' ? a : b);
    describe(`a client that comes back to ${to}`, () => {
      it('is recovered even if it got no packet yet', async () => {
        const client = await connectSilently(a);
        await a.socketOf(client).join('room');
        const ticket = await a.drop(client);
        assert.equal(ticket.offset, undefined);
        c.io.emit('missed');
        await Promise.all([ arrived(c, a), arrived(c, b) ]);
        const back = await comeBack(next(), ticket);
        assert.equal(back.id, ticket.id);
        assert.equal(next().socketOf(back).recovered, true);
        assert.ok(next().socketOf(back).rooms.has('room'));
        assert.deepEqual(next().socketOf(back).handshake.auth, { pid: ticket.pid });
        next().io.emit('last');
        assert.deepEqual(await namesUntil(back, 'last'), [ 'missed' ]);
      });

      it('gets no packet that was sent before its first connection', async () => {
        c.io.emit('too early');
        await Promise.all([ arrived(c, a), arrived(c, b) ]);
        const ticket = await a.drop(await connectSilently(a));
        const back = await comeBack(next(), ticket);
        assert.equal(back.id, ticket.id);
        next().io.emit('last');
        assert.deepEqual(await namesUntil(back, 'last'), []);
      });

      it('is recovered with the offset of an earlier session, which clients keep sending', async () => {
        const stale = await c.drop(await connect(c));
        c.io.emit('between the sessions');
        await Promise.all([ arrived(c, a), arrived(c, b) ]);
        const ticket = await a.drop(await connectSilently(a));
        c.io.emit('missed');
        await Promise.all([ arrived(c, a), arrived(c, b) ]);
        const back = await comeBack(next(), { ...ticket, offset: stale.offset });
        assert.equal(back.id, ticket.id);
        next().io.emit('last');
        assert.deepEqual(await namesUntil(back, 'last'), [ 'missed' ]);
      });

      for (const [ what, send ] of Object.entries<(client: SocketIOTestClient) => void>({
        'a volatile event of its own': client => a.socketOf(client).volatile.emit('status', 'connected'),
        'a volatile broadcast': () => a.io.volatile.emit('status', 'connected'),
        'a volatile broadcast of another worker': () => c.io.volatile.emit('status', 'connected'),
        'a volatile event without arguments': () => a.io.volatile.emit('status'),
        'a volatile event of the agent': () => agent.volatile.emit('status', 'connected'),
        'a question': client => a.socketOf(client).emit('status', 'ready?', () => undefined),
        'a question to all': () => { a.io.timeout(1000).emit('status', 'ready?', () => undefined); },
      })) {
        it(`is recovered although the last that it got was ${what}, with text at its end`, async () => {
          const client = await connect(a);
          a.io.emit('one');
          await client.next('one');
          send(client);
          await client.next('status');
          const ticket = await a.drop(client);
          c.io.emit('missed');
          await Promise.all([ arrived(c, a), arrived(c, b) ]);
          const back = await comeBack(next(), ticket);
          assert.equal(back.id, ticket.id);
          next().io.emit('last');
          assert.deepEqual(await namesUntil(back, 'last'), [ 'missed' ]);
        });
      }

      it('takes its session from a connection that the server still considers open', async () => {
        const client = await connect(a);
        await a.socketOf(client).join('room');
        const ticket = ticketOf(client);
        // The other end of it does not notice, as if its network were gone.
        client.socket.io.reconnection(false);
        const gone = new Promise(resolve => { a.socketOf(client).once('disconnect', resolve); });
        a.io.to('room').emit('on its way');
        const back = await comeBack(next(), ticket);
        assert.equal(await gone, 'forced close');
        assert.equal(back.id, ticket.id);
        assert.equal(next().socketOf(back).recovered, true);
        next().io.to('room').emit('last');
        assert.deepEqual(await namesUntil(back, 'last'), [ 'on its way' ]);
        assert.equal((await a.io.fetchSockets()).length, 1);
      });

      it('gets no packet of a room from before it joined, even after a long connection', async () => {
        const client = await connect(a);
        a.io.to('room').emit('before it joined');
        later(100_000);
        await a.socketOf(client).join('room');
        const ticket = await a.drop(client);
        c.io.to('room').emit('missed');
        await Promise.all([ arrived(c, a), arrived(c, b) ]);
        const back = await comeBack(next(), ticket);
        assert.equal(back.id, ticket.id);
        next().io.emit('last');
        assert.deepEqual(await namesUntil(back, 'last'), [ 'missed' ]);
      });

      it('is recovered even if its last event is older than all kept packets', async () => {
        const client = await connect(a);
        later(3_600_000);
        for (const { Adapter } of [ a, b, c ]) Adapter.sweep();
        assert.equal(a.Adapter.recovery.packets, 0);
        const ticket = await a.drop(client);
        c.io.emit('missed');
        // Just in time.
        later(119_000);
        for (const { Adapter } of [ a, b, c ]) Adapter.sweep();
        await Promise.all([ arrived(c, a), arrived(c, b) ]);
        const back = await comeBack(next(), ticket);
        assert.equal(back.id, ticket.id);
        next().io.emit('last');
        assert.deepEqual(await namesUntil(back, 'last'), [ 'missed' ]);
      });

      it('is told that it is not recovered if some of its missed packets are no longer kept', async () => {
        const [ d, e ] = await cluster.start({ connectionStateRecovery: { maxLogBytes: 100_000 } as object }, 'd', 'e');
        const last = to === 'the same worker' ? d : e;
        const [ client, other ] = [ await connect(d), await connect(d) ];
        const ticket = await d.drop(client);
        for (let i = 0; i < 20; i++) d.io.emit('news', 'x'.repeat(10_000));
        await arrived(d, e);
        assert.ok(d.Adapter.recovery.bytes <= 100_000);
        const back = await comeBack(last, ticket);
        assert.notEqual(back.id, ticket.id);
        assert.equal(last.socketOf(back).recovered, false);
        // Of what is kept, nothing is missing.
        for (let i = 0; i < 20; i++) await other.next('news');
        const ticketOfOther = await d.drop(other);
        assert.equal((await comeBack(last, ticketOfOther)).id, ticketOfOther.id);
      });
    });
  }

  it('frees packets that no client can miss any more, even if no further packet is sent', async () => {
    const [ d ] = await cluster.start({ connectionStateRecovery: { maxDisconnectionDuration: 1000 } }, 'd');
    await d.drop(await connect(d));
    const { sessions, packets, bytes } = d.Adapter.recovery;
    assert.deepEqual([ sessions, packets, bytes > 300 ], [ 1, 1, true ]);
    later(67_000);
    while (d.Adapter.recovery.packets > 0) await setImmediate();
    assert.deepEqual(d.Adapter.recovery, { sessions: 0, packets: 0, bytes: 0 });
  });

  it('bounds the packets of all namespaces together; a busy namespace does not evict those of a quiet one', async () => {
    const [ d ] = await cluster.start({ connectionStateRecovery: { maxLogBytes: 100_000 } as object }, 'd');
    d.io.of('/quiet');
    const ticket = await d.drop(await connect(d, '/quiet'), '/quiet');
    d.io.of('/quiet').emit('missed');
    for (let i = 0; i < 100; i++) d.io.emit('news', 'x'.repeat(10_000));
    assert.ok(d.Adapter.recovery.bytes <= 100_000);
    const back = await comeBack(d, ticket, '/quiet');
    assert.equal(back.id, ticket.id);
    await back.next('missed');
  });

  it('does not keep a session whose data is too large, logs the client, and tells the client that it was not recovered', async () => {
    const [ d, e ] = await cluster.start({ connectionStateRecovery: { maxDataBytes: 1000 } as object }, 'd', 'e');
    for (const [ bytes, isKept ] of [[ 900, true ], [ 1100, false ]] as const) {
      const client = await connect(d);
      d.socketOf(client).data.text = 'x'.repeat(bytes);
      const ticket = await d.drop(client);
      assert.equal(d.Adapter.recovery.sessions, isKept ? 1 : 0);
      const back = await comeBack(e, ticket);
      assert.equal(e.socketOf(back).recovered, isKept);
      assert.equal(back.id === ticket.id, isKept);
      assert.deepEqual(d.warnings, isKept ? [] : [
        `namespace /, socket ${ticket.id}: its client cannot be recovered, because its ctx.data has 1111 bytes, more than config.socketio.connectionStateRecovery.maxDataBytes (1000) allows.`,
      ]);
    }
  });

  it('counts only the part of socket.data that can be copied', async () => {
    const [ d ] = await cluster.start({ connectionStateRecovery: { maxDataBytes: 1000 } as object }, 'd');
    for (const [ bytes, isKept ] of [[ 900, true ], [ 1100, false ]] as const) {
      const client = await connect(d);
      Object.assign(d.socketOf(client).data as object, { text: 'x'.repeat(bytes), run: () => undefined });
      const ticket = await d.drop(client);
      assert.equal(d.socketOf(await comeBack(d, ticket)).recovered, isKept);
    }
  });

  it('bounds sessions and packets together: clients that come and go do not fill the memory, and the latest are recovered', async () => {
    const [ d ] = await cluster.start({ connectionStateRecovery: { maxLogBytes: 100_000 } as object }, 'd');
    const tickets: Ticket[] = [];
    for (let i = 0; i < 30; i++) {
      const client = await connect(d);
      d.socketOf(client).data.text = 'x'.repeat(10_000);
      tickets.push(await d.drop(client));
      assert.ok(d.Adapter.recovery.bytes <= 100_000);
    }
    assert.ok(d.Adapter.recovery.sessions < 10, `${d.Adapter.recovery.sessions} sessions`);
    assert.equal(d.socketOf(await comeBack(d, tickets.at(-1)!)).recovered, true);
    assert.equal(d.socketOf(await comeBack(d, tickets[0])).recovered, false);
    later(3_600_000);
    d.Adapter.sweep();
    assert.deepEqual(d.Adapter.recovery, { sessions: 0, packets: 0, bytes: 0 });
  });

  describe('a worker that closes', () => {
    it('leaves its sessions to the other workers', async () => {
      const [ away, stays ] = [ await connect(a), await connect(a) ];
      await a.socketOf(away).join('room');
      const ticket = await a.drop(away);
      a.socketOf(stays).emit('private');
      await stays.next('private');
      c.io.to('room').emit('one');
      await arrived(c, a);
      const ticketOfStays = ticketOf(stays);
      await a.close();
      c.io.emit('two');
      await arrived(c, b);

      const first = await comeBack(b, ticket);
      c.io.emit('three');
      assert.deepEqual([ first.id, ...await namesUntil(first, 'three') ], [ ticket.id, 'one', 'two' ]);
      const second = await comeBack(c, ticketOfStays);
      c.io.emit('four');
      assert.deepEqual([ second.id, ...await namesUntil(second, 'four') ], [ ticketOfStays.id, 'two', 'three' ]);
    });

    it('leaves its sessions to a worker that is alone afterwards: what that sends meanwhile reaches their clients', async () => {
      await c.close();
      const client = await connect(a);
      await a.socketOf(client).join('room');
      const ticket = await a.drop(client);
      const left = cluster.network.next(({ from, message }) => from === a.tag && typeOf(message) === 'leave');
      await a.close();
      await left;
      await setImmediate();
      // Without others, packets are not shared.
      assert.equal(await b.io.of('/').adapter.serverCount(), 1);
      b.io.to('room').emit('to the room');
      b.io.to(ticket.id).emit('to its own room');
      const again = await comeBack(b, ticket);
      b.io.emit('last');
      assert.deepEqual([ again.id, ...await namesUntil(again, 'last') ], [ ticket.id, 'to the room', 'to its own room' ]);
    });

    it('leaves its sessions when workers stop one after the other', async () => {
      const ticket = await a.drop(await connect(a));
      c.io.emit('one');
      await arrived(c, a);
      await a.close();
      c.io.emit('two');
      await arrived(c, b);
      await b.close();
      c.io.emit('three');
      const client = await comeBack(c, ticket);
      c.io.emit('last');
      assert.deepEqual([ client.id, ...await namesUntil(client, 'last') ], [ ticket.id, 'one', 'two', 'three' ]);
    });

    it('does not answer for a session that it has sent to its heir, which is asked again once the worker has left', async () => {
      const ticket = await a.drop(await connect(a));
      const left = cluster.network.next(({ message }) => sessionsIn(message) > 0);
      const closed = a.io.close();
      const { to } = await left;
      const release = cluster.network.hold(a.tag, to);
      const other = to === b.tag ? c : b;
      const nothing = cluster.network.next(({ from, message }) => from === to && typeOf(message) === 'session');
      // The heir has nothing yet when it is asked.
      const asked = comeBack(other, ticket);
      await nothing;
      const releaseLate = cluster.network.hold(to, other.tag);
      release();
      await closed;
      await arrived(other, to === b.tag ? b : c);
      // The end of the worker has come before the answers of its heir.
      releaseLate();
      assert.equal((await asked).id, ticket.id);
    });

    it('answers for a session that it has not handed to its heir yet', async () => {
      const ticket = await a.drop(await connect(a));
      c.io.emit('missed');
      await arrived(c, a);
      const begun = cluster.network.next(({ message }) => typeOf(message) === 'heir');
      const closed = a.io.close();
      const { to } = await begun;
      const release = cluster.network.hold(to, a.tag);
      const client = await comeBack(to === b.tag ? c : b, ticket);
      release();
      await closed;
      assert.equal(client.id, ticket.id);
      assert.deepEqual((await client.next('missed')).length, 1);
    });

    it('its heir finds the session of a client that connects to the heir meanwhile', async () => {
      const ticket = await a.drop(await connect(a));
      const left = cluster.network.next(({ message }) => sessionsIn(message) > 0);
      const closed = a.io.close();
      const { to } = await left;
      const heir = to === b.tag ? b : c;
      const release = cluster.network.hold(a.tag, to);
      const question = cluster.network.next(({ from, message }) => from === heir.tag && typeOf(message) === 'find-session');
      const asked = comeBack(heir, ticket);
      await question;
      release();
      assert.equal((await asked).id, ticket.id);
      await closed;
    });

    for (const when of [ 'before it has got anything', 'when it has got everything, and has not said so' ]) {
      it(`chooses another heir if the first dies ${when}`, async () => {
        const ticket = await a.drop(await connect(a));
        const told = cluster.network.next(({ message }) => (when.startsWith('before') ? typeOf(message) === 'heir' : sessionsIn(message) > 0));
        const closed = a.io.close();
        const { to } = await told;
        cluster.network.kill(to);
        await closed;
        assert.equal((await comeBack(to === b.tag ? c : b, ticket)).id, ticket.id);
      });
    }

    it('sends shared packets of many sessions once, and packets that its heir already has not at all', async () => {
      const tickets: Ticket[] = [];
      // Half of them have come from another worker, and have a way of their own.
      for (let i = 0; i < 20; i++) {
        const ticket = await (i % 2 ? a : b).drop(await connect(i % 2 ? a : b));
        tickets.push(i % 2 ? ticket : await a.drop(await comeBack(a, ticket)));
      }
      const text = 'x'.repeat(50_000);
      for (let i = 0; i < 40; i++) c.io.emit('news', i, text);
      a.io.local.emit('news of a', 0, text);
      await Promise.all([ arrived(c, a), arrived(c, b) ]);
      cluster.takeSent();
      await a.close();
      const bytes = cluster.takeSent().reduce((sum, { message }) => sum + encodeFrame(message).length, 0);
      assert.ok(bytes < 200_000, `${bytes} bytes`);
      for (const [ i, ticket ] of tickets.entries()) {
        const client = await comeBack(i % 2 ? b : c, ticket);
        assert.equal(client.id, ticket.id);
        for (let n = 0; n < 40; n++) assert.equal((await client.next('news'))[0], n);
        await client.next('news of a');
      }
    });

    it('sends a worker that was started later the packets that it lacks, in parts', async () => {
      const ticket = await a.drop(await connect(a));
      const text = 'x'.repeat(50_000);
      for (let i = 0; i < 60; i++) c.io.emit('news', i, text);
      await Promise.all([ arrived(c, a), arrived(c, b) ]);
      const [ d ] = await cluster.start(RECOVERY, 'd');
      await Promise.all([ b.close(), c.close() ]);
      cluster.takeSent();
      await a.close();
      const largest = Math.max(...cluster.takeSent().map(({ message }) => encodeFrame(message).length));
      assert.ok(largest < 1.2 * 1024 * 1024, `${largest} bytes`);
      const client = await comeBack(d, ticket);
      assert.equal(client.id, ticket.id);
      for (let n = 0; n < 60; n++) assert.equal((await client.next('news'))[0], n);
    });

    it('loses only the session of the client whose data cannot be copied', async () => {
      const [ odd, other ] = [ await connect(a), await connect(a) ];
      a.socketOf(odd).data = { user: 'x', timer: setTimeout(() => undefined, 60_000).unref() };
      const tickets = [ await a.drop(odd), await a.drop(other) ];
      await a.close();
      const [ first, second ] = [ await comeBack(b, tickets[0]), await comeBack(c, tickets[1]) ];
      assert.notEqual(first.id, tickets[0].id);
      assert.equal(second.id, tickets[1].id);
      assert.deepEqual(a.warnings, [
        `namespace /, socket ${tickets[0].id}: its client cannot be recovered on another worker, because ctx.data.timer (contains itself) cannot be copied.`,
      ]);
    });

    it('closes even if its heir does not answer', async () => {
      await a.drop(await connect(a));
      for (const { tag } of [ b, c ]) cluster.network.hold(tag, a.tag);
      await a.io.close();
      assert.equal(a.port.listeners.size, 0);
    });

    it('does not wait if it is alone or has no sessions to leave', async () => {
      await connect(a);
      cluster.network.kill(b.tag);
      cluster.network.kill(c.tag);
      cluster.takeSent();
      await a.close();
      assert.deepEqual(cluster.takeSent(), []);
    });
  });
});
