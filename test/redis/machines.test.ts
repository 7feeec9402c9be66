import type { RedisKind } from '../../lib/redis/types';
import { adapterConformance } from '../support/adapter_conformance';
import { startMachines } from '../support/machines';
import { needsRedis, RedisServer } from '../support/redis';
import { REDIS_LIMITS } from '../support/redis_limits';

const SIZE = { machines: 2, workers: 2 };

describe('test/redis/machines.test.ts', () => {
  needsRedis();
  let redis: RedisServer;
  before(async () => { redis = await RedisServer.start(); });
  after(() => redis?.close());

  for (const kind of [ 'pubsub', 'sharded', 'streams' ] satisfies RedisKind[]) {
    adapterConformance(`two Egg clusters of two workers, ${kind}`, recovery => startMachines({ ...SIZE, redis: { url: redis.url, kind }, recovery }), {
      servers: SIZE.machines * SIZE.workers, limits: [ ...REDIS_LIMITS[kind], 'values that JSON loses' ], recovery: kind === 'streams' ? 'all servers' : 'nowhere',
    });
  }
});
