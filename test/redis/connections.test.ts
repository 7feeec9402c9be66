import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { createRedisAdapter } from 'egg-socketio';
import Redis from 'ioredis';
import { checkOptions } from '../../lib/boot/options';
import { planRedis } from '../../lib/redis/options';
import type { RedisKind } from '../../lib/redis/types';
import { withInlineApp } from '../support/inline_app';
import { needsRedis, RedisServer } from '../support/redis';
import { RedisTestServer } from '../support/redis_servers';

const KINDS = [ 'pubsub', 'sharded', 'streams' ] satisfies RedisKind[];

describe('test/redis/connections.test.ts', () => {
  it('no connection is opened by creating and planning the adapter', async () => {
    const connections: Socket[] = [];
    const server = createServer(socket => connections.push(socket)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    for (const kind of KINDS) {
      for (const adapter of [ createRedisAdapter({ host: '127.0.0.1', port, kind }), { redis: `redis://127.0.0.1:${port}` }]) {
        assert.ok(planRedis(checkOptions({ adapter }), false, { name: 'x', redis: undefined }));
      }
    }
    await turn();
    // It would come behind theirs.
    const own = connect(port, '127.0.0.1');
    await once(server, 'connection');
    assert.equal(connections.length, 1);
    own.destroy();
    server.close();
  });

  describe('with Redis', () => {
    needsRedis();
    let redis: RedisServer;
    before(async () => { redis = await RedisServer.start(); });
    after(() => redis?.close());

    for (const kind of KINDS) {
      it(`no connection stays open after the app is closed: ${kind}`, async () => {
        const admin = new Redis(redis.url);
        const others = async () => (await admin.client('LIST') as string).trim().split('\n').length - 1;
        const configs = { 'config/config.default.js': `
          const { createRedisAdapter } = require('egg-socketio');
          module.exports = () => ({ keys: 'k', socketio: { adapter: createRedisAdapter({ url: '${redis.url}', kind: '${kind}' }) } });` };
        try {
          // Those of the test before may be about to end.
          while (await others() > 0);
          await withInlineApp(configs, async ({ app }, error) => {
            assert.equal(error, undefined);
            app.io.of('/chat').emit('hi');
            assert.ok(await others() >= 2);
            await app.close();
            // Redis has to notice.
            while (await others() > 0);
          });
        } finally {
          admin.disconnect();
        }
      });

      it(`apps with different keys do not get each other's messages: ${kind}`, async () => {
        const keys = [ 'app:one', 'app:two', 'app:one', 'app:one:too' ];
        const servers = await Promise.all(keys.map(key => RedisTestServer.start({ url: redis.url, key, kind })));
        try {
          const all = await Promise.all(servers.map(server => server.connect()));
          for (const [ i, { io }] of servers.entries()) io.emit('hi', i);
          const expected = [[ 0, 2 ], [ 1 ], [ 0, 2 ], [ 3 ]];
          for (const [ i, client ] of all.entries()) {
            const heard: number[] = [];
            while (heard.length < expected[i].length) heard.push((await client.next<[number]>('hi'))[0]);
            assert.deepEqual(heard.sort(), expected[i]);
          }
          for (const [ i, { io }] of servers.entries()) assert.equal((await io.fetchSockets()).length, expected[i].length);
          assert.deepEqual(all.flatMap(({ pending }) => pending), []);
        } finally {
          await Promise.all(servers.map(server => server.close()));
        }
      });
    }
  });
});
