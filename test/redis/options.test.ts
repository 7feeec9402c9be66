import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createRedisAdapter } from 'egg-socketio';
import Redis from 'ioredis';
import { checkOptions } from '../../lib/boot/options';
import { planRedis } from '../../lib/redis/options';
import { FIXED_OPTIONS, type RedisAdapterOptions } from '../../lib/redis/types';
import { type SocketIOTestClient } from '../../lib/mock/typed';
import { startErrorOf, withInlineApp } from '../support/inline_app';
import { needsRedis, RedisServer } from '../support/redis';
import { RedisTestServer } from '../support/redis_servers';

const extend = require('extend2') as (deep: true, ...configs: object[]) => { adapter: unknown; pubClient?: unknown };

const APP = { name: 'shop', redis: { default: { db: 2 }, clients: {
  chat: { host: 'chat.example', port: 1, password: 'p', keyPrefix: 'pre:' },
  ring: { cluster: true, nodes: [{ host: 'a', port: 1 }], password: 'q' },
} } };

function plan(redis: object | string, recovery = false) {
  return planRedis({ adapter: { redis } }, recovery, APP)!;
}

const client = () => Object.assign(new EventEmitter(), { publish: () => undefined });
const known = client();

const WRONG: [options: object, says: string][] = [
  [{ hots: 'x' }, 'config.socketio.adapter.redis.hots: unknown option. Did you mean \'host\'?' ],
  [{ port: 0 }, 'config.socketio.adapter.redis.port: expected a port number, but got 0' ],
  [{ url: 'http://x' }, "config.socketio.adapter.redis.url: expected a URL that begins with 'redis://' or 'rediss://', but got \"http://x\" (string)" ],
  [{ kind: 'queue' }, "config.socketio.adapter.redis.kind: expected 'pubsub', 'sharded' or 'streams', but got \"queue\" (string)" ],
  [{ key: 'a*' }, 'config.socketio.adapter.redis.key: expected letters, digits and any of _ . : @ / { } -, but got "a*" (string)' ],
  [{ requestsTimeout: 0 }, 'config.socketio.adapter.redis.requestsTimeout: expected a number of milliseconds from 1 to 2147483647, but got 0' ],
  [{ optional: 1 }, 'config.socketio.adapter.redis.optional: expected true or false, but got 1' ],
  [{ streams: { maxLen: 0 } }, 'config.socketio.adapter.redis.streams.maxLen: expected a whole number, 1 or more, but got 0' ],
  [{ cluster: [] }, 'config.socketio.adapter.redis.cluster: expected an array of nodes' ],
  [{ url: 'redis://x', cluster: [{}] }, 'config.socketio.adapter.redis: expected one of url, cluster, sentinels, client, pubClient, but got url and cluster.' ],
  [{ pubClient: known }, 'config.socketio.adapter.redis.pubClient: expected subClient as well' ],
  [{ pubClient: known, subClient: known }, 'config.socketio.adapter.redis.subClient: expected another client than pubClient' ],
  [{ pubClient: {}, subClient: known }, 'config.socketio.adapter.redis.pubClient: expected a client of ioredis or redis' ],
  [{ client: 'cache' }, 'config.socketio.adapter.redis.client: expected config.redis.clients.cache to exist; there are: chat, ring.' ],
  [{ client: true }, 'config.socketio.adapter.redis.client: expected config.redis.client to exist' ],
  [{ keyPrefix: 'x' }, 'config.socketio.adapter.redis.keyPrefix: ioredis would not recognise its own channels with it.' ],
  ...FIXED_OPTIONS.filter(name => name !== 'keyPrefix').map((name): [object, string] => [
    { [name]: 1 }, `config.socketio.adapter.redis.${name}: this is set by the plugin`,
  ]),
];

describe('test/redis/options.test.ts', () => {
  describe('what is planned', () => {
    it('has these defaults', () => {
      assert.deepEqual(plan({}), {
        target: { type: 'node', url: undefined, options: {} }, kind: 'pubsub', key: 'egg-socketio:shop', requestsTimeout: 5000, optional: false,
        streams: { maxLen: 10_000, maxBytes: 256 * 1024 * 1024, readCount: 100 },
      });
      assert.equal(planRedis({ adapter: { redis: {} } }, false, { name: '@a/b c*', redis: undefined })!.key, 'egg-socketio:@a/b_c_');
      assert.equal(planRedis({}, true, APP), undefined);
      assert.equal(planRedis({ adapter: () => undefined }, true, APP), undefined);
    });

    it('is equal for createRedisAdapter() and the plain form', () => {
      const options: RedisAdapterOptions = { host: 'h', port: 1, db: 3, tls: {}, kind: 'streams', key: 'k', streams: { maxLen: 5 } };
      assert.deepEqual(planRedis({ adapter: createRedisAdapter(options) }, true, APP), plan(options, true));
      assert.deepEqual(planRedis({ adapter: createRedisAdapter('redis://h') }, false, APP), plan('redis://h'));
    });

    it('accepts nodes, sentinels, clients, and the settings of egg-redis', () => {
      assert.deepEqual(plan({ cluster: [ 'redis://a' ], password: 'p' }).target, { type: 'cluster', nodes: [ 'redis://a' ], options: { redisOptions: { password: 'p' } } });
      assert.deepEqual(plan({ sentinels: [{ host: 'a', port: 1 }], name: 'm' }).target, {
        type: 'node', url: undefined, options: { sentinels: [{ host: 'a', port: 1 }], name: 'm' },
      });
      const [ pub, sub ] = [ client(), client() ] as never[];
      for (const settings of [{ pubClient: pub, subClient: sub }, { adapter: { redis: {} }, pubClient: pub, subClient: sub }]) {
        assert.deepEqual(planRedis(settings, false, APP)!.target, { type: 'clients', pub, sub });
      }
      const { target, key } = plan({ client: 'chat' });
      assert.deepEqual(target, { type: 'node', url: undefined, options: { db: 2, host: 'chat.example', port: 1, password: 'p' } });
      assert.equal(key, 'pre:egg-socketio:shop');
      assert.deepEqual(plan({ client: 'ring' }).target, { type: 'cluster', nodes: [{ host: 'a', port: 1 }], options: { redisOptions: { db: 2, password: 'q' } } });
    });

    for (const [ options, says ] of WRONG) {
      it(`refuses ${Object.keys(options).join(' and ')}: ${says.slice(0, 90)}`, () => {
        assert.throws(() => plan(options), (error: Error & { code: string }) => {
          assert.equal(error.code, 'INVALID_CONFIG');
          assert.ok(error.message.startsWith(`[egg-socketio] ${says}`), error.message);
          return true;
        });
      });
    }

    it('names createRedisAdapter() or the top level in its error, whichever is wrong', () => {
      assert.throws(() => planRedis({ adapter: createRedisAdapter({ kind: 'x' as never }) }, false, APP), /config\.socketio\.adapter: createRedisAdapter\(\)\.kind: expected 'pubsub'/);
      assert.throws(() => planRedis({ pubClient: known as never }, false, APP), /config\.socketio\.pubClient: expected subClient as well/);
      assert.throws(() => planRedis({ pubClient: known as never, adapter: () => undefined }, false, APP), /config\.socketio\.pubClient: expected no other adapter/);
      assert.throws(() => checkOptions({ adapter: { redis: 1 } }), /config\.socketio\.adapter: expected an adapter class, a function/);
    });

    it('refuses connection state recovery with a kind that has none', () => {
      for (const kind of [ 'pubsub', 'sharded' ]) {
        assert.throws(() => plan({ kind }, true), new RegExp(`config\\.socketio\\.connectionStateRecovery: kind '${kind}' of the Redis adapter cannot recover anything\\. Set kind: 'streams'`));
      }
      assert.equal(plan({ kind: 'streams' }, true).kind, 'streams');
    });
  });

  describe('in a config', () => {
    it('survives the merge of configs, alone and over another form', () => {
      const [ first, second ] = [ createRedisAdapter({ host: 'a' }), createRedisAdapter({ host: 'b' }) ];
      assert.equal(extend(true, {}, { adapter: first }).adapter, first);
      assert.equal(extend(true, {}, { adapter: first }, { adapter: second }).adapter, second);
      assert.equal(extend(true, {}, { adapter: { redis: { host: 'a' } } }, { adapter: second }).adapter, second);
      assert.deepEqual(extend(true, {}, { adapter: first }, { adapter: { redis: { host: 'c' } } }).adapter, { redis: { host: 'c' } });
      const pubClient = new Redis({ lazyConnect: true });
      const merged = extend(true, {}, { pubClient, adapter: { redis: { pubClient } } });
      assert.equal(merged.pubClient, pubClient);
      assert.equal((merged.adapter as { redis: { pubClient: unknown } }).redis.pubClient, pubClient);
      pubClient.disconnect();
    });
  });

  describe('in an app', () => {
    needsRedis();
    let redis: RedisServer;
    const clients: SocketIOTestClient[] = [];

    before(async () => { redis = await RedisServer.start('--requirepass', 's3cret-word'); });
    after(() => redis?.close());
    afterEach(() => Promise.all(clients.splice(0).map(each => each.close())));

    function config(socketio: string, more = ''): Record<string, string> {
      return {
        'config/config.default.js': `
          const { createRedisAdapter } = require('egg-socketio');
          const Redis = require('ioredis');
          const connection = { host: '127.0.0.1', port: ${redis.port}, password: 's3cret-word' };
          const url = 'redis://:s3cret-word@127.0.0.1:${redis.port}';
          module.exports = () => ({ keys: 'k', socketio: ${socketio}, ${more} });`,
      };
    }

    /** A server outside of the app, which hears what the app says. */
    async function outside(key = 'egg-socketio:inline'): Promise<RedisTestServer> {
      return RedisTestServer.start({ port: redis.port, host: '127.0.0.1', password: 's3cret-word', key });
    }

    const FORMS: Record<string, [socketio: string, more?: string]> = {
      'createRedisAdapter({ host, port })': [ '{ adapter: createRedisAdapter(connection) }' ],
      'createRedisAdapter(url)': [ '{ adapter: createRedisAdapter(url) }' ],
      '{ redis: { host, port } }': [ '{ adapter: { redis: connection } }' ],
      '{ redis: url }': [ '{ adapter: { redis: url } }' ],
      'pubClient and subClient': [ '{ pubClient: new Redis({ ...connection, lazyConnect: true }), subClient: new Redis({ ...connection, lazyConnect: true }) }' ],
      "{ redis: { client: 'chat' } }": [ "{ adapter: { redis: { client: 'chat' } } }", 'redis: { clients: { chat: { ...connection, db: 0 } } }' ],
    };
    for (const [ name, form ] of Object.entries(FORMS)) {
      it(`${name} is all that is needed, and its password is not shown`, async () => {
        const files = config(...form);
        if (form[1]) files['config/plugin.js'] = `exports.redis = { enable: true, path: ${JSON.stringify(path.dirname(require.resolve('egg-redis/package.json')))} };`;
        const other = await outside();
        try {
          await withInlineApp(files, async ({ app, baseDir }, error) => {
            assert.equal(error, undefined);
            const onOther = await other.connect();
            clients.push(await app.createSocketIOClient());
            app.io.emit('from the app', Buffer.from('x'));
            assert.deepEqual(await onOther.next('from the app'), [ Buffer.from('x') ]);
            other.io.emit('from outside');
            await clients[0].next('from outside');
            assert.equal((await app.io.fetchSockets()).length, 2);
            (app as unknown as { dumpConfig(): void }).dumpConfig();
            const dump = readFileSync(path.join(baseDir, 'run/application_config.json'), 'utf8');
            assert.match(dump, /"socketio": \{/);
            assert.doesNotMatch(dump, /s3cret-word/);
            const { pubClient, subClient } = app.config.socketio as { pubClient?: Redis; subClient?: Redis };
            clients.splice(0).forEach(each => void each.close());
            await app.close();
            // Who makes a client closes it.
            if (pubClient) assert.equal(pubClient.status, 'ready');
            pubClient?.disconnect();
            subClient?.disconnect();
          });
        } finally {
          await other.close();
        }
      });
    }

    it('stops the start if Redis refuses the connection', async () => {
      const error = await startErrorOf({
        'config/config.default.js': `module.exports = () => ({ keys: 'k', socketio: { adapter: { redis: { host: '127.0.0.1', port: ${redis.port} } } } });`,
      });
      assert.match(error.message, /config\.socketio\.adapter: Redis at 127\.0\.0\.1:\d+ cannot be reached: .*NOAUTH/);
    });
  });
});
