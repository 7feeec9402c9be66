import assert from 'node:assert/strict';
import type { Socket } from 'socket.io';
import type { SocketIOTestClient } from '../../lib/mock/typed';
import { ticketOf } from '../support/adapter/ticket';
import { SendOrder } from '../../lib/redis/send_order';
import { needsRedis, RedisServer } from '../support/redis';
import { RedisTestServer } from '../support/redis_servers';

/** What a handler sends to its own client before it answers, by what is said of it. */
const SENDING: Record<string, (socket: Socket, server: RedisTestServer) => void> = {
  'an emit': socket => socket.emit('sent'),
  'a volatile emit': socket => socket.volatile.emit('sent'),
  'an emit to all': (_socket, { io }) => io.emit('sent'),
  'an emit to a room of the client': (socket, { io }) => io.to([ ...socket.rooms ].at(-1)!).emit('sent'),
  'an emit to the clients of this server': (socket, { io }) => {
    socket.emit('first');
    io.local.emit('sent');
  },
  'an emit that asks for an ack': socket => {
    socket.emit('first');
    socket.emit('sent', () => undefined);
  },
};

/** Waits until a client is disconnected; the reason. */
function gone(client: SocketIOTestClient): Promise<string> {
  return new Promise(resolve => { client.socket.once('disconnect', reason => resolve(reason)); });
}

describe('test/redis/send_order.test.ts', () => {
  needsRedis();
  let redis: RedisServer;
  let server: RedisTestServer;
  let other: RedisTestServer;

  beforeEach(async () => {
    redis = await RedisServer.start();
    [ server, other ] = await Promise.all([ 1, 2 ].map(() => RedisTestServer.start({ url: redis.url, kind: 'streams' }, {
      recovery: true, prepare: ({ io }) => { io.of('/chat'); },
    })));
  });
  afterEach(async () => {
    await Promise.all([ server.close(), other.close() ]);
    await redis.close();
  });

  /** The names of the events that a client gets, and of what else comes. */
  function record(client: SocketIOTestClient): string[] {
    const got: string[] = [];
    client.socket.onAny((event: string) => got.push(event));
    return got;
  }

  it('streams with recovery: a message that Redis has taken before it was lost comes before one that it has not taken', async () => {
    const [ client, witness ] = [ await server.connect(), await other.connect() ];
    const got = record(client);
    // Nothing comes out of the stream any more.
    Object.assign(server.io.of('/').adapter, { onRawMessage: () => undefined });
    server.io.emit('taken');
    await witness.next('taken');
    await redis.stop();
    await server.log.has(1);
    server.io.emit('not taken');
    await client.next('not taken');
    assert.deepEqual(got, [ 'taken', 'not taken' ]);
  });

  it('streams with recovery: CONNECT, which waits until Redis has the session, comes before an event that is out of the stream sooner', () => {
    const order = new SendOrder();
    const written: unknown[] = [];
    const adapter = { sids: new Map([[ 's', new Set([ 's' ]) ]]) } as never;
    const sockets = new Map<string, object>();
    const client = { sockets, writeToEngine: (chunk: unknown) => { written.push(chunk); } };
    const socket = { id: 's', adapter, client, connected: true, disconnect: () => socket };
    sockets.set('s', socket);
    order.watch(socket);
    const opts = { rooms: new Set([ 's' ]), except: new Set<string>() };
    order.begin({ adapter, opts, isBeside: true, apply: () => undefined });
    client.writeToEngine('CONNECT');
    const event = order.begin({ adapter, opts, apply: () => client.writeToEngine('event') });
    order.end(event, '1-0');
    assert.deepEqual(written, [ 'CONNECT', 'event' ]);
  });

  for (const [ name, send ] of Object.entries(SENDING)) {
    it(`streams with recovery: ${name} comes before the ack of the same handler`, async () => {
      const client = await server.connect();
      const socket = server.socketOf(client);
      await socket.join('room');
      socket.on('ask', (ack: () => void) => {
        send(socket, server);
        ack();
      });
      const got = record(client);
      for (let n = 0; n < 20; n++) {
        got.length = 0;
        await client.socket.emitWithAck('ask');
        assert.deepEqual(got.filter(event => event !== 'first'), [ 'sent' ]);
      }
    });
  }

  for (const close of [ true, false ]) {
    it(`streams with recovery: packets that are emitted before disconnect(${close}) reach the client in order`, async () => {
      for (let n = 0; n < 10; n++) {
        const client = await server.connect({ reconnection: false });
        const socket = server.socketOf(client);
        const got = record(client);
        let acked = false;
        const left = gone(client);
        socket.on('bye', (ack: () => void) => {
          socket.emit('one');
          server.io.to(socket.id).emit('two');
          ack();
          socket.emit('three');
          socket.disconnect(close);
          assert.equal(socket.connected, false);
          socket.emit('too late');
        });
        client.socket.emit('bye', () => {
          acked = true;
          got.push('ack');
        });
        // Told so by a packet, a client does not connect again by itself. Where its connection just breaks, it does.
        assert.equal(await left, 'io server disconnect');
        assert.deepEqual(got, [ 'one', 'two', 'ack', 'three' ]);
        assert.ok(acked);
      }
    });
  }

  it('streams with recovery: a client of another server gets each packet once', async () => {
    const client = await server.connect({ reconnection: false });
    const far = await other.connect();
    const socket = server.socketOf(client);
    const left = gone(client);
    server.io.emit('n', 1);
    server.io.emit('n', 2);
    socket.disconnect(true);
    await left;
    server.io.emit('marker');
    await far.next('marker');
    assert.deepEqual(far.pending.map(event => (event as { args?: unknown[] }).args?.[0]), [ 1, 2 ]);
  });

  it('streams with recovery: an ack waits about two seconds at most for a Redis that hangs', async () => {
    const client = await server.connect();
    const socket = server.socketOf(client);
    socket.on('ask', (ack: () => void) => {
      socket.emit('sent');
      ack();
    });
    const got = record(client);
    redis.pause();
    try {
      await client.socket.timeout(4500).emitWithAck('ask');
      assert.deepEqual(got, [ 'sent' ]);
    } finally {
      redis.resume();
    }
  });

  it('streams with recovery: a client that got no packet yet is recovered, also on another server, with the packets that it missed', async () => {
    for (const back of [ server, other ]) {
      const client = await server.connect();
      const { id, pid } = await server.drop(client);
      server.io.emit('missed', 1);
      const again = await back.connect({ auth: { pid } });
      assert.equal(again.id, id);
      assert.ok(back.socketOf(again).recovered);
      assert.deepEqual((await again.next('missed'))[0], 1);
    }
  });

  it('streams with recovery: a volatile event that ends with a text does not cost a client its recovery', async () => {
    const client = await server.connect();
    server.io.emit('hi');
    await client.next('hi');
    server.io.volatile.emit('status', 'connected');
    await client.next('status');
    const ticket = ticketOf(client);
    assert.match(ticket.offset, /^\d+-\d+$/);
    await server.drop(client);
    server.io.emit('missed', 1);
    const again = await other.connect({ auth: { pid: ticket.pid, offset: ticket.offset } });
    assert.ok(other.socketOf(again).recovered);
    assert.equal((await again.next('missed'))[0], 1);
    assert.deepEqual(again.pending, []);
  });
});
