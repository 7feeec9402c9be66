import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Socket as TcpSocket } from 'node:net';
import { mock } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { EggLogger } from 'egg';
import { type Socket } from 'socket.io';
import { createServer as createSocketIO } from '../../lib/boot/engine';
import { createBacklogLimit, hasSendPacket } from '../../lib/limits/backlog';
import { Refusals } from '../../lib/limits/refusals';
import { SocketIOTestClient } from '../../lib/mock/typed';
import type { Application } from '../../lib/types/application';
import { MemoryCluster } from '../support/adapter/memory_cluster';
import { type AttackedApp, memoryInUse, RawClient, withAttackedApp } from '../support/attacked_app';
import { exchange } from '../support/sticky_http';

const MEGABYTE = 1024 * 1024;
/** A limit of which eight times as much is no more than the default. */
const HALF = '{ limits: { bufferedBytes: 524288 } }';
/** What is sent to a client in one test at most; what the system takes for it are some megabytes. */
const MOST_ROUNDS = 60;

/** Ways to send a client about a megabyte. */
const SENDERS: Record<string, (io: Application, socket: Socket, round: number) => void> = {
  broadcasts: io => { for (let i = 0; i < 16; i++) io.except('others').emit('news', 'a'.repeat(64 * 1024)); },
  'broadcasts of a few bytes': io => { for (let i = 0; i < 5000; i++) io.except('others').emit('news'); },
  'broadcasts with an attachment': io => { io.except('others').emit('news', Buffer.alloc(MEGABYTE)); },
  events: (_io, socket) => { for (let i = 0; i < 16; i++) socket.emit('news', 'a'.repeat(64 * 1024)); },
  'events of a few bytes': (_io, socket) => { for (let i = 0; i < 5000; i++) socket.emit('news'); },
  'events that wait for an ack': (_io, socket, round) => { socket.timeout(100_000).emit('news', `${round}`.repeat(MEGABYTE), () => undefined); },
};

function bufferOf(socket: Socket): { data?: string | Buffer }[] {
  return (socket.conn as unknown as { writeBuffer: { data?: string | Buffer }[] }).writeBuffer;
}

/** Connects by polling, and does not poll any more. */
async function connectByPolling(port: number): Promise<void> {
  const url = `http://127.0.0.1:${port}/socket.io/?EIO=4&transport=polling`;
  const { sid } = JSON.parse((await exchange(url)).body.slice(1));
  await exchange(`${url}&sid=${sid}`, { method: 'POST' }, '40');
}

/** Sends until the client is closed, while the bystander asks and is answered. */
async function flood({ io, last }: AttackedApp, bystander: SocketIOTestClient, send: typeof SENDERS[string]): Promise<void> {
  const victim = last();
  assert.notEqual(victim.id, bystander.id);
  io.in(bystander.id!).socketsJoin('others');
  // Until the system takes no more.
  for (let i = 0; bufferOf(victim).length === 0; i++) {
    assert.ok(i < 100 * MOST_ROUNDS);
    victim.emit('fill', 'a'.repeat(64 * 1024));
    await setImmediate();
  }
  const before = await memoryInUse();
  let most = 0;
  let rounds = 0;
  while (victim.connected) {
    assert.ok(rounds < MOST_ROUNDS, 'it is never closed');
    send(io, victim, rounds);
    most = Math.max(most, await memoryInUse(1) - before);
    await bystander.sendWithAck('echo', rounds);
    rounds += 1;
  }
  // Eight times the limit, a round, and once more the text of broadcasts, which is kept beside their frames.
  assert.ok(most < 10 * MEGABYTE, `${most} bytes more were in use`);
  const left = await memoryInUse() - before;
  assert.ok(left < 3 * MEGABYTE, `${left} bytes more are in use after it`);
}

describe('test/security/backlog.test.ts', () => {
  for (const [ what, send ] of Object.entries(SENDERS)) {
    it(`a client that stops reading is closed, and its memory freed: ${what}`, () => withAttackedApp(HALF, async attacked => {
      const { port, io, refused, gone, warnings, beside } = attacked;
      await beside(async bystander => {
        const client = await RawClient.connect(port);
        client.stopReading();
        const { _socket: stream } = (attacked.last().conn.transport as unknown as { socket: { _socket: TcpSocket } }).socket;
        await flood(attacked, bystander, send);
        assert.equal((await refused()).bufferedBytes, 1);
        assert.deepEqual(gone, [ 'forced close' ]);
        assert.equal(io.engine.clientsCount, 1);
        // Not after a closing handshake, to which the client would have to answer.
        assert.ok(stream.destroyed);
        assert.deepEqual(warnings.filter(line => line.includes('bufferedBytes')), [
          '[egg-socketio] closed the connection of 127.0.0.1: it does not read, and more than 524288 bytes waited for it (config.socketio.limits.bufferedBytes).',
        ]);
        client.ws.terminate();
      });
    }));
  }

  it('a polling client that does not poll is closed, and its memory freed', () => withAttackedApp(HALF, async attacked => {
    const { port, io, refused, gone, beside } = attacked;
    await beside(async bystander => {
      await connectByPolling(port);
      await flood(attacked, bystander, SENDERS.events);
      assert.equal((await refused()).bufferedBytes, 1);
      assert.deepEqual(gone, [ 'forced close' ]);
      assert.equal(io.engine.clientsCount, 1);
    });
  }));

  it('the buffer never exceeds eight times the limit, even within one turn', () => withAttackedApp('{ limits: { bufferedBytes: 100000 } }', async ({ port, last, gone, nextGone }) => {
    const client = await RawClient.connect(port);
    const victim = last();
    for (let i = 0; i < 10_000; i++) victim.emit('news', 'a'.repeat(1000));
    const waiting = bufferOf(victim).reduce((sum, { data }) => sum + data!.length, 0);
    assert.ok(waiting < 802_000, `${waiting} bytes`);
    // Handlers do not run in the middle of what is being sent.
    assert.deepEqual(gone, []);
    await nextGone();
    await client.closed;
    assert.deepEqual(bufferOf(victim), []);
  }));

  for (const transports of [[ 'websocket' ], [ 'polling' ]]) {
    const what = `all of 24 messages of a megabyte that are sent in one turn reach a client that reads: ${transports.join()}`;
    it(what, () => withAttackedApp('{}', async ({ port, refused, last }) => {
      const client = await new SocketIOTestClient({ port, transports, waitTimeout: 50_000 }).connect();
      const message = 'a'.repeat(MEGABYTE);
      for (let i = 0; i < 24; i++) last().emit('news', i, message);
      for (let i = 0; i < 24; i++) assert.equal((await client.next('news'))[0], i);
      assert.equal((await refused()).bufferedBytes, 0);
      await client.close();
    }));
  }

  describe('a client for which more than the limit waits', () => {
    let shift = 0;
    beforeEach(() => {
      shift = 0;
      // It stands still: on a busy machine a tenth of a second passes between two lines.
      const now = Date.now();
      mock.method(Date, 'now', () => now + shift);
    });
    afterEach(() => mock.restoreAll());

    /** Has more than the limit wait, unless it does. */
    function fill(socket: Socket): void {
      while (bufferOf(socket).length < 140) socket.emit('fill', 'a'.repeat(64 * 1024));
    }

    interface Slow { client: RawClient; socket: Socket; attacked: AttackedApp }

    /** A client that has stopped reading, and for which more than the limit waits. */
    async function withSlowClient(use: (slow: Slow) => Promise<void>): Promise<void> {
      await withAttackedApp('{ limits: { bufferedBytes: 8388608 } }', async attacked => {
        const client = await RawClient.connect(attacked.port);
        const socket = attacked.last();
        client.stopReading();
        for (let i = 0; bufferOf(socket).length === 0; i++) {
          assert.ok(i < 100 * MOST_ROUNDS);
          socket.emit('fill', 'a'.repeat(64 * 1024));
          await setImmediate();
        }
        fill(socket);
        await use({ client, socket, attacked });
        client.ws.terminate();
      });
    }

    it('is closed with the next packet after ten seconds, and not before', () => withSlowClient(async ({ socket, attacked: { gone, nextGone } }) => {
      shift += 9_900;
      socket.emit('news');
      await setImmediate();
      assert.deepEqual(gone, []);
      shift += 200;
      const closed = nextGone();
      socket.emit('news');
      await closed;
      assert.deepEqual(gone, [ 'forced close' ]);
    }));
  });

  it('a client that reads is not closed, however much is sent to it', () => withAttackedApp('{ limits: { bufferedBytes: 2000000 } }', async ({ io, refused, beside }) => {
    await beside(async bystander => {
      for (let round = 0; round < 50; round++) {
        SENDERS.broadcasts(io, undefined as never, round);
        // The next round begins when this one has come.
        for (let i = 0; i < 16; i++) await bystander.next('news');
      }
    });
    assert.equal((await refused()).bufferedBytes, 0);
  }));

  it('a single message may exceed the limit, also behind another one', () => withAttackedApp('{ limits: { bufferedBytes: 1000 } }', async ({ refused, last, beside }) => {
    await beside(async bystander => {
      const large = 'a'.repeat(MEGABYTE);
      for (let i = 0; i < 3; i++) {
        last().emit('first', large);
        last().emit('second', large);
        assert.deepEqual(await bystander.next('first'), [ large ]);
        assert.deepEqual(await bystander.next('second'), [ large ]);
        // Something small may be waiting now, which is not counted together with what has gone.
        await bystander.sendWithAck('echo', 'a'.repeat(500_000));
      }
    });
    assert.equal((await refused()).bufferedBytes, 0);
  }));

  it('false: any number of unread bytes may wait', () => withAttackedApp('{ limits: { bufferedBytes: false } }', async ({ port, io, refused, last, beside }) => {
    await beside(async () => {
      const client = await RawClient.connect(port);
      client.stopReading();
      const socket = last();
      const message = 'a'.repeat(MEGABYTE);
      let sent = 0;
      while (bufferOf(socket).length < 8) {
        assert.ok(sent < MOST_ROUNDS);
        socket.emit('news', message);
        sent += 1;
        await setImmediate();
      }
      (client.ws as unknown as { _socket: TcpSocket })._socket.resume();
      for (let i = 0; i < sent; i++) assert.equal((await client.next('42["news"')).length, MEGABYTE + '42["news",""]'.length);
      assert.equal(io.engine.clientsCount, 2);
      assert.equal((await refused()).bufferedBytes, 0);
      client.ws.terminate();
    });
  }));

  it('uses Engine.IO\'s sendPacket, which the installed version has', () => assert.ok(hasSendPacket()));

  for (const transports of [[ 'websocket' ], [ 'polling' ]]) {
    it(`also works without sendPacket: ${transports.join()}`, async () => {
      const http = createServer().listen(0, '127.0.0.1');
      await once(http, 'listening');
      const { port } = http.address() as AddressInfo;
      const refusals = new Refusals({ warn: () => undefined } as unknown as EggLogger);
      const server = createSocketIO(http, {}, { backlog: createBacklogLimit(MEGABYTE, refusals, () => 'a client', false) });
      const connected = once(server, 'connection');
      const client = transports.includes('websocket') ? await RawClient.connect(port) : await connectByPolling(port);
      const [ socket ] = await connected as [ Socket ];
      client?.stopReading();
      const gone = once(socket, 'disconnect');
      for (let i = 0; socket.connected; i++) {
        assert.ok(i < MOST_ROUNDS);
        socket.emit('news', 'a'.repeat(MEGABYTE / 2));
        await setImmediate();
      }
      assert.equal((await gone)[0], 'forced close');
      assert.equal(refusals.counts.bufferedBytes, 1);
      assert.equal(server.engine.clientsCount, 0);
      client?.ws.terminate();
      await server.close();
    });
  }

  it('does not close a client that reads, also without sendPacket', async () => {
    const http = createServer().listen(0, '127.0.0.1');
    await once(http, 'listening');
    const refusals = new Refusals({ warn: () => undefined } as unknown as EggLogger);
    const server = createSocketIO(http, {}, { backlog: createBacklogLimit(MEGABYTE, refusals, () => 'a client', false) });
    const connected = once(server, 'connection');
    const client = await new SocketIOTestClient({ port: (http.address() as AddressInfo).port, transports: [ 'websocket' ] }).connect();
    const [ socket ] = await connected as [ Socket ];
    for (let i = 0; i < 10; i++) {
      socket.emit('news', 'a'.repeat(MEGABYTE / 2));
      socket.emit('news', 'a'.repeat(MEGABYTE / 2));
      await client.next('news');
      await client.next('news');
    }
    assert.equal(refusals.counts.bufferedBytes, 0);
    await client.close();
    await server.close();
  });

  it('volatile packets are dropped as soon as any packet waits, wherever they come from', async () => {
    const cluster = new MemoryCluster();
    try {
      const [ near, far ] = await cluster.start({}, 'near', 'far');
      const client = await near.connect();
      const socket = near.socketOf(client);
      const stream = (socket.conn.transport as unknown as { socket: { _socket: TcpSocket } }).socket._socket;
      const { _write: write } = stream;
      let go = () => { /* Set below. */ };
      // As if the system took nothing for a while.
      stream._write = (...args) => { go = () => { stream._write = write; write.apply(stream, args); }; };
      const marker = cluster.network.next(({ from }) => from === far.tag);
      near.io.emit('first');
      near.io.volatile.emit('volatile', 'a broadcast here');
      near.io.local.volatile.emit('volatile', 'a broadcast here only');
      socket.volatile.emit('volatile', 'an event');
      socket.volatile.emit('volatile', Buffer.from('with an attachment'));
      far.io.volatile.emit('volatile', 'a broadcast there');
      far.io.to(socket.id).volatile.emit('volatile', 'a broadcast there to a room');
      far.io.volatile.emit('volatile', Buffer.from('a broadcast there with an attachment'));
      far.io.emit('last');
      await marker;
      while (bufferOf(socket).length === 0) await setImmediate();
      assert.deepEqual(bufferOf(socket).map(({ data }) => data), [ '2["last"]' ]);
      go();
      await client.next('first');
      await client.next('last');
      assert.deepEqual(client.pending, []);
      far.io.volatile.emit('volatile', 'when it reads again');
      assert.deepEqual(await client.next('volatile'), [ 'when it reads again' ]);
    } finally {
      await cluster.close();
    }
  });
});
