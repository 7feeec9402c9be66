import type { RedisAdapterOptions, RedisKind } from '../../lib/redis/types';
import { adapterConformance, prepareServer, type ServersUnderTest } from '../support/adapter_conformance';
import { needsRedis, RedisServer } from '../support/redis';
import { REDIS_LIMITS } from '../support/redis_limits';
import { RedisTestServer } from '../support/redis_servers';

async function start(count: number, redis: RedisAdapterOptions, recovery: boolean): Promise<ServersUnderTest> {
  const servers = await Promise.all(Array.from({ length: count }, (_, i) => (
    RedisTestServer.start(redis, { recovery, prepare: ({ io }) => prepareServer(io, `${i}`) })
  )));
  return { servers, async close() { await Promise.all(servers.map(server => server.close())); } };
}

describe('test/redis/conformance.test.ts', () => {
  needsRedis();
  let redis: RedisServer;
  before(async () => { redis = await RedisServer.start(); });
  after(() => redis?.close());

  for (const kind of [ 'pubsub', 'sharded', 'streams' ] satisfies RedisKind[]) {
    for (const servers of [ 1, 3 ] as const) {
      adapterConformance(`Redis, ${kind}`, recovery => start(servers, { url: redis.url, kind }, recovery), {
        servers, limits: REDIS_LIMITS[kind], recovery: kind !== 'streams' ? 'nowhere' : servers > 1 ? 'all servers' : 'same server',
      });
    }
  }
});
