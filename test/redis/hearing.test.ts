import assert from 'node:assert/strict';
import { setTimeout as rest } from 'node:timers/promises';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createAdapter, createShardedAdapter } from '@socket.io/redis-adapter';
import { createAdapter as createStreamsAdapter } from '@socket.io/redis-streams-adapter';
import Redis from 'ioredis';
import { Server } from 'socket.io';
import type { RedisAdapterOptions, RedisKind } from '../../lib/redis/types';
import { needsRedis, RedisServer } from '../support/redis';
import { RedisProxy } from '../support/redis_proxy';
import { RedisTestServer } from '../support/redis_servers';

const KINDS = [ 'pubsub', 'sharded', 'streams' ] satisfies RedisKind[];
const NAMESPACES = [ '/', '/chat', '/market' ];

/** How the app says where Redis is. */
const TARGETS: Record<string, (url: string) => RedisAdapterOptions> = {
  'by its URL': url => ({ url }),
  'by options': url => ({ host: '127.0.0.1', port: Number(new URL(url).port) }),
  'with clients of the app': url => clientsOf(url),
};

const clients: Redis[] = [];

function clientsOf(url: string, options: object = {}): { pubClient: Redis; subClient: Redis } {
  const made = { pubClient: new Redis(url, options), subClient: new Redis(url, options) };
  clients.push(...Object.values(made));
  for (const client of clients) client.on('error', () => undefined);
  return made;
}

describe('test/redis/hearing.test.ts', function() {
  this.timeout(60_000);
  needsRedis();
  let redis: RedisServer;
  const servers: RedisTestServer[] = [];

  before(async () => { redis = await RedisServer.start(); });
  after(() => redis?.close());
  afterEach(async () => {
    await Promise.all(servers.splice(0).map(server => server.close()));
    clients.splice(0).forEach(client => client.disconnect());
  });

  async function start(options: RedisAdapterOptions): Promise<RedisTestServer> {
    const server = await RedisTestServer.start({ key: `hearing-${options.kind}`, requestsTimeout: 1000, ...options }, {
      prepare: ({ io }) => NAMESPACES.forEach(name => io.of(name)),
    });
    servers.push(server);
    return server;
  }

  /** Whether each hears the other, the first time that something is said. */
  async function hearEachOther(a: RedisTestServer, b: RedisTestServer): Promise<void> {
    for (const namespace of NAMESPACES) {
      for (const [ from, to ] of [[ a, b ], [ b, a ]]) {
        const client = await to.connect({ namespace });
        from.io.of(namespace).emit('said', namespace);
        assert.deepEqual(await client.next('said'), [ namespace ]);
        from.io.of(namespace).emit('marker');
        await client.next('marker');
        assert.deepEqual(client.pending, [], 'it is heard once');
        await client.close();
      }
    }
  }

  for (const kind of KINDS) {
    for (const [ name, target ] of Object.entries(TARGETS)) {
      it(`${kind}, ${name}: a server that has started hears each of three namespaces`, async () => {
        const [ a, b ] = await Promise.all([ start({ ...target(redis.url), kind }), start({ ...target(redis.url), kind }) ]);
        await hearEachOther(a, b);
        assert.deepEqual([ ...a.log.lines, ...b.log.lines ], []);
      });
    }
  }

  for (const kind of KINDS) {
    // What is subscribed before the answer to SETINFO would be confirmed before INFO is sent, which ioredis refuses then.
    for (const step of [ 'SETINFO', 'INFO' ] as const) {
      it(`${kind}: namespaces that are made while the connections wait for the answer to ${step} are heard, and no connection is made again`, async () => {
        const proxy = await RedisProxy.start(redis.port);
        // One that publishes and one that subscribes; for streams, one that reads as well.
        const connections = kind === 'streams' ? 3 : 2;
        proxy.break('hold', step, connections);
        let a: RedisTestServer;
        const started = RedisTestServer.start({ host: '127.0.0.1', port: proxy.port, key: `hearing-${kind}`, kind }, {
          prepare: server => { a = server; },
        });
        while (proxy.harmed < connections) await rest(5);
        for (const name of NAMESPACES) a!.io.of(name);
        proxy.heal();
        servers.push(await started);
        await hearEachOther(a!, await start({ url: redis.url, kind }));
        assert.equal(proxy.accepted, connections);
        assert.deepEqual(a!.log.lines, []);
        assert.deepEqual(a!.hearing, { deaf: 0, mended: 0 });
        await Promise.all(servers.splice(0).map(server => server.close()));
        await proxy.close();
      });
    }
  }

  for (const kind of [ 'pubsub', 'sharded' ] as const) {
    it(`${kind}: a subscription that Redis does not have any more is noticed, made again, logged and counted`, async () => {
      const own = clientsOf(redis.url);
      const [ a, b ] = [ await start({ ...own, kind }), await start({ url: redis.url, kind }) ];
      if (kind === 'sharded') await own.subClient.sunsubscribe();
      else await own.subClient.unsubscribe();
      const [ first, second ] = await a.log.has(2);
      assert.match(first, /^error \[egg-socketio\] Redis at the clients of the app is connected, but this worker does not hear what is sent through it: namespace \/\w*, 'hearing-.+': what this server sends there does not come back to it\. It subscribes again\.$/);
      assert.match(second, /^warn \[egg-socketio\] Redis at the clients of the app: this worker hears again what is sent through it, after \d+ ms; what others sent meanwhile may be lost\.$/);
      assert.deepEqual(a.hearing, { deaf: 3, mended: 3 });
      assert.deepEqual(b.hearing, { deaf: 0, mended: 0 });
      await hearEachOther(a, b);
    });
  }

  it('pubsub: a single pattern that is gone is noticed', async () => {
    const own = clientsOf(redis.url);
    const [ a, b ] = [ await start({ ...own, kind: 'pubsub' }), await start({ url: redis.url, kind: 'pubsub' }) ];
    await own.subClient.punsubscribe('hearing-pubsub#/chat#*');
    assert.match((await a.log.has(2))[0], /namespace \/chat, 'hearing-pubsub#\/chat#probe:/);
    assert.deepEqual(a.hearing, { deaf: 1, mended: 1 });
    await hearEachOther(a, b);
  });

  it('streams: a stalled reader is noticed, and continues at the same offset', async () => {
    // ioredis then drops a read whose connection is lost, and never answers it.
    const own = clientsOf(redis.url, { autoResendUnfulfilledCommands: false });
    const [ a, b ] = [ await start({ ...own, kind: 'streams' }), await start({ url: redis.url, kind: 'streams' }) ];
    const client = await a.connect();
    const admin = new Redis(redis.url);
    const isReader = async () => (await admin.client('LIST') as string).split('\n').filter(line => / cmd=xread /.test(line)).length;
    while (await isReader() < 2);
    b.io.emit('n', 0);
    await client.next('n');
    while (await isReader() < 2);
    const ids = (await admin.client('LIST') as string).split('\n').filter(line => / cmd=xread /.test(line)).map(line => /id=(\d+)/.exec(line)![1]);
    for (const id of ids) await admin.client('KILL', 'ID', id);
    for (const n of [ 1, 2, 3 ]) b.io.emit('n', n);
    // The loss of the connection, its return, and what is told of the reader.
    const lines = await a.log.has(4);
    assert.match(lines[2], /all namespaces, 'hearing-streams': what this server sends there does not come back to it/);
    for (const n of [ 1, 2, 3 ]) assert.deepEqual(await client.next('n'), [ n ]);
    admin.disconnect();
    await hearEachOther(a, b);
  });

  it('streams: a stream that begins again with lower ids is read', async () => {
    const [ a, b ] = [ await start({ url: redis.url, kind: 'streams' }), await start({ url: redis.url, kind: 'streams' }) ];
    const client = await a.connect();
    const admin = new Redis(redis.url);
    const ahead = `${Date.now() + 3_600_000}-0`;
    await admin.xadd('hearing-streams', ahead, 'nothing', '');
    b.io.emit('n', 0);
    await client.next('n');
    await admin.del('hearing-streams');
    const heard = once(client, 'back');
    const again = setInterval(() => b.io.emit('back'), 100);
    await heard.finally(() => clearInterval(again));
    admin.disconnect();
  });

  for (const [ step, held, kinds ] of [
    [ 'INFO', 'SETINFO', KINDS ], [ 'INFO', 'INFO', KINDS ], [ 'subscribe', 'SUBSCRIBE', KINDS ], [ 'subscribe', 'confirmation', [ 'pubsub', 'sharded' ]],
    [ 'publish', 'PUBLISH', KINDS ],
  ] as const) {
    it(`the start fails with the step '${step}' if ${held} is held up for ever`, async () => {
      for (const kind of kinds) {
        const proxy = await RedisProxy.start(redis.port);
        proxy.break('hold', held, Infinity);
        await assert.rejects(RedisTestServer.start({ host: '127.0.0.1', port: proxy.port, kind, key: 'held', connectTimeout: 700 }), (error: Error & { code: string }) => {
          assert.equal(error.code, 'REDIS_UNAVAILABLE');
          assert.ok(error.message.includes(`(step: ${step}). `), `${kind}: ${error.message}`);
          return true;
        });
        await proxy.close();
      }
    });
  }

  it('the start fails if Redis denies subscribing or publishing, and the error names the channel and the reason', async () => {
    const locked = await RedisServer.start();
    const admin = new Redis(locked.url);
    try {
      // No channels at all.
      await admin.call('ACL', 'SETUSER', 'mute', 'on', '>p', '~*', '+@all', 'resetchannels');
      for (const kind of KINDS) {
        const options = { host: '127.0.0.1', port: locked.port, username: 'mute', password: 'p', kind, key: 'k', connectTimeout: 700 };
        await assert.rejects(RedisTestServer.start(options), (error: Error & { code: string }) => {
          assert.equal(error.code, 'REDIS_UNAVAILABLE');
          assert.match(error.message, /Redis at 127\.0\.0\.1:\d+ is connected, but this worker does not hear what is sent through it within 700 ms: namespace \/, 'k#\/#.*': a probe cannot be sent: (NOPERM|.*ACL)/);
          return true;
        });
      }
    } finally {
      admin.disconnect();
      await locked.close();
    }
  });

  for (const kind of KINDS) {
    it(`${kind}: servers with the official adapter alone do not notice the probes`, async () => {
      const key = `mixed-${kind}`;
      const { pubClient: pub, subClient: sub } = clientsOf(redis.url);
      const adapter = kind === 'pubsub' ? createAdapter(pub, sub, { key })
        : kind === 'sharded' ? createShardedAdapter(pub, sub, { channelPrefix: key, subscriptionMode: 'static' })
          : createStreamsAdapter(pub, { streamName: key, channelPrefix: key, sessionKeyPrefix: `${key}:session:` });
      const http = createServer();
      const io = new Server(http, { adapter: adapter as never });
      const told: unknown[] = [];
      io.on('hello', (...args) => told.push(args));
      // Redis needs a moment for the subscriptions of the official adapter.
      const admin = new Redis(redis.url);
      const channel = kind === 'pubsub' ? `${key}-request#/#` : `${key}#/#`;
      const count = async () => Number((await admin.call('PUBSUB', kind === 'sharded' ? 'SHARDNUMSUB' : 'NUMSUB', channel) as unknown[])[1]);
      while (await count() < 1);
      const ours = await RedisTestServer.start({ url: redis.url, kind, key, requestsTimeout: 1000 });
      const client = await ours.connect();
      try {
        // Several rounds of probes.
        const stream = once(sub, kind === 'sharded' ? 'smessageBuffer' : kind === 'pubsub' ? 'pmessageBuffer' : 'ready');
        if (kind === 'pubsub') for (let n = 0; n < 3; n++) await once(sub, 'pmessageBuffer');
        else if (kind === 'sharded') await stream;
        else stream.catch(() => undefined);
        io.emit('said', 'by the official one');
        assert.deepEqual(await client.next('said'), [ 'by the official one' ]);
        ours.io.serverSideEmit('hello', 1);
        assert.equal((await io.fetchSockets()).length, 1);
        assert.equal((await ours.io.fetchSockets()).length, 1);
        assert.deepEqual(told, [[ 1 ]]);
        assert.deepEqual(client.pending, []);
        assert.deepEqual(ours.log.lines, []);
      } finally {
        admin.disconnect();
        await ours.close();
        await io.close();
      }
    });
  }
});
