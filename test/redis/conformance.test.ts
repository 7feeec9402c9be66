import { planRedis } from '../../lib/redis/options';
import { RedisLayer } from '../../lib/redis/layer';
import type { RedisAdapterOptions, RedisKind } from '../../lib/redis/types';
import { TestServer } from '../support/adapter/memory_cluster';
import { adapterConformance, prepareServer, type ServersUnderTest } from '../support/adapter_conformance';
import { needsRedis, RedisServer } from '../support/redis';
import { REDIS_LIMITS } from '../support/redis_limits';

const logger = { error: console.error, warn: console.warn } as never;

/** Servers in one process, each with its own connections to Redis. */
async function start(count: number, redis: RedisAdapterOptions, recovery: boolean): Promise<ServersUnderTest> {
  const plan = planRedis({ adapter: { redis } }, recovery, { name: 'conformance', redis: undefined })!;
  const layers = Array.from({ length: count }, () => new RedisLayer(plan, recovery, logger));
  const servers = await Promise.all(layers.map(async ({ adapter }, i) => {
    const server = new TestServer({
      adapter: function(nsp: unknown) { return adapter(nsp); } as never,
      connectionStateRecovery: recovery ? {} : undefined,
    });
    prepareServer(server.io, `${i}`);
    return server.listen();
  }));
  await Promise.all(layers.map(layer => layer.open()));
  return {
    servers,
    async close() {
      layers.forEach(layer => layer.retire());
      await Promise.all(servers.map(server => server.close()));
      layers.forEach(layer => layer.close());
    },
  };
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
