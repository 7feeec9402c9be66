import assert from 'node:assert/strict';
import type { RedisKind } from '../../lib/redis/types';
import { answer, type World } from '../support/adapter/world';
import { adapterConformance } from '../support/adapter_conformance';
import { startMachines } from '../support/machines';
import { needsRedis, RedisServer } from '../support/redis';
import { REDIS_LIMITS } from '../support/redis_limits';

const SIZE = { machines: 2, workers: 2 };

function describeAgent(world: World): void {
  it('the agent of one machine speaks to the clients of all machines, and is no server that anybody waits for', async () => {
    const all = await world.connect([ 'lobby' ]);
    all[0].send('ask the agent', 'hi');
    for (const client of all) assert.deepEqual(await client.next('from the agent'), [ 'hi', Buffer.from('binary') ]);
    const [ server ] = world.servers;
    const found = await server.io([ 'fetchSockets' ]) as { id: string }[];
    assert.deepEqual(found.map(({ id }) => id).sort(), all.map(({ id }) => id!).sort());
    for (const client of all) answer(client, client.id);
    const answers = await server.io([ 'timeout', 5000 ], [ 'emitWithAck', 'ask' ]) as string[];
    assert.deepEqual(answers.sort(), all.map(({ id }) => id!).sort());
    assert.deepEqual(all.flatMap(client => client.pending.filter(({ event }) => event !== 'ask')), []);
  });
}

describe('test/redis/machines.test.ts', () => {
  needsRedis();
  let redis: RedisServer;
  before(async () => { redis = await RedisServer.start(); });
  after(() => redis?.close());

  for (const kind of [ 'pubsub', 'sharded', 'streams' ] satisfies RedisKind[]) {
    adapterConformance(`two Egg clusters of two workers, ${kind}`, recovery => startMachines({ ...SIZE, redis: { url: redis.url, kind }, recovery }), {
      servers: SIZE.machines * SIZE.workers, limits: [ ...REDIS_LIMITS[kind], 'values that JSON loses' ], recovery: kind === 'streams' ? 'all servers' : 'nowhere',
      besides: describeAgent,
    });
  }
});
