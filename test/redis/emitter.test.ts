import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Emitter } from '@socket.io/redis-emitter';
import { createRedisEmitter, type RedisEmitter } from 'egg-socketio';
import Redis from 'ioredis';
import type { RedisKind } from '../../lib/redis/types';
import { SENDABLE_PAYLOADS } from '../support/adapter/server';
import { freePort } from '../support/free_port';
import { needsRedis, RedisServer } from '../support/redis';
import { LogBook, RedisTestServer } from '../support/redis_servers';

describe('test/redis/emitter.test.ts', () => {
  needsRedis();
  let redis: RedisServer;
  let servers: RedisTestServer[];

  before(async () => { redis = await RedisServer.start(); });
  after(() => redis?.close());
  afterEach(() => Promise.all(servers.map(server => server.close())));

  async function start(kind: RedisKind, recovery = false) {
    servers = await Promise.all([ 1, 2 ].map(() => RedisTestServer.start({ url: redis.url, kind, key: kind }, {
      recovery, prepare: ({ io }) => { io.of('/chat'); },
    })));
    return servers;
  }

  for (const kind of [ 'pubsub', 'sharded', 'streams' ] satisfies RedisKind[]) {
    describe(`createRedisEmitter, ${kind}`, () => {
      let emitter: RedisEmitter;
      beforeEach(async () => {
        await start(kind);
        emitter = await createRedisEmitter({ url: redis.url, kind, key: kind });
      });
      afterEach(() => emitter.close());

      it('emits to the clients of all servers, in rooms and namespaces, with the same packets as a worker', async () => {
        const clients = await Promise.all(servers.map(server => server.connect()));
        const inChat = await Promise.all(servers.map(server => server.connect({ namespace: '/chat' })));
        await servers[0].socketOf(clients[0]).join('room');
        for (const [ name, { value }] of Object.entries(SENDABLE_PAYLOADS)) if (name !== 'half a character') emitter.io.emit('payload', value());
        emitter.io.to('room').emit('room');
        emitter.io.of('/chat').except('nobody').emit('chat');
        emitter.io.emit('marker');
        const expected = Object.entries(SENDABLE_PAYLOADS).filter(([ name ]) => name !== 'half a character').map(([ , payload ]) => [ payload.expected ]);
        for (const [ i, client ] of clients.entries()) {
          await client.next('marker');
          const events = (client.pending as { event: string; args: unknown[] }[]).splice(0);
          assert.deepEqual(events.filter(({ event }) => event === 'payload').map(({ args }) => args), expected);
          assert.deepEqual(events.filter(({ event }) => event !== 'payload').map(({ event }) => event), i === 0 ? [ 'room' ] : []);
        }
        for (const client of inChat) await client.next('chat');
      });

      it('makes clients join, leave and disconnect, emits to servers, and is not counted as one', async () => {
        const [ a, b ] = await Promise.all(servers.map(server => server.connect()));
        const told = servers.map(({ io }) => new Promise(resolve => { io.on('reload', (...args) => resolve(args)); }));
        emitter.io.socketsJoin('all');
        emitter.io.to('all').emit('one');
        emitter.io.socketsLeave('all');
        emitter.io.to('all').emit('two');
        emitter.io.serverSideEmit('reload', [ 'config' ], Buffer.from('x'));
        emitter.io.emit('marker');
        for (const client of [ a, b ]) {
          await client.next('marker');
          assert.deepEqual((client.pending as { event: string; args: unknown[] }[]).splice(0).map(({ event }) => event), [ 'one' ]);
        }
        assert.deepEqual(await Promise.all(told), [[[ 'config' ], Buffer.from('x') ], [[ 'config' ], Buffer.from('x') ]]);
        servers[1].io.on('who', (ack: (answer: string) => void) => ack('b'));
        assert.deepEqual(await servers[0].io.serverSideEmitWithAck('who'), [ 'b' ]);
        const gone = [ a, b ].map(client => once(client, 'disconnect'));
        emitter.io.disconnectSockets(true);
        await Promise.all(gone);
      });

      it('refuses to start without a key or a Redis', async () => {
        await assert.rejects(createRedisEmitter({ url: redis.url } as never), /createRedisEmitter\(\): key: expected the app's key/);
        await assert.rejects(createRedisEmitter({ port: await freePort(), key: 'k', connectTimeout: 200 }, new LogBook()), /cannot be reached: connect ECONNREFUSED/);
      });
    });
  }

  it('streams with recovery: its packets are kept for clients that reconnect', async () => {
    const [ a, b ] = await start('streams', true);
    const emitter = await createRedisEmitter({ url: redis.url, kind: 'streams', key: 'streams', recovery: true });
    const client = await a.connect();
    emitter.io.emit('before');
    await client.next('before');
    const { id, pid, offset } = await a.drop(client);
    emitter.io.emit('missed', 1);
    const back = await b.connect({ auth: { pid, offset } });
    assert.equal(back.id, id);
    assert.equal((await back.next('missed'))[0], 1);
    await emitter.close();
  });

  it('pubsub: the official @socket.io/redis-emitter reaches the clients', async () => {
    const [ a, b ] = await start('pubsub');
    const clients = [ await a.connect(), await b.connect() ];
    await b.socketOf(clients[1]).join('room');
    const connection = new Redis(redis.url);
    const emitter = new Emitter(connection, { key: 'pubsub' });
    emitter.emit('hi', { n: 1 }, Buffer.from('x'));
    emitter.to('room').emit('room');
    for (const client of clients) assert.deepEqual(await client.next('hi'), [{ n: 1 }, Buffer.from('x') ]);
    await clients[1].next('room');
    connection.disconnect();
  });
});
