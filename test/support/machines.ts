import { SocketIOTestClient } from '../../lib/mock/test_client';
import type { RedisAdapterOptions } from '../../lib/redis/types';
import type { ServersUnderTest } from './adapter_conformance';
import { ClusterProcess } from './cluster_process';

/** Workers on one machine. */
const WORKERS = 2;

/** Starts Egg clusters of two workers each, which know of each other through Redis only. */
export async function startMachines(count: number, redis: RedisAdapterOptions, recovery: boolean): Promise<ServersUnderTest> {
  const machines = await Promise.all(Array.from({ length: count }, (_, i) => ClusterProcess.start({
    fixture: 'redis', workers: WORKERS,
    variables: { FIXTURE_REDIS: JSON.stringify(redis), FIXTURE_RECOVERY: `${recovery}`, FIXTURE_FIRST: `${i * WORKERS}` },
  })));
  const ports = (await Promise.all(machines.map(machine => Promise.all(Array.from({ length: WORKERS }, (_, worker) => (
    machine.hear('worker', 0, ({ name }) => Number(name) % WORKERS === worker)
  )))))).flat().map(({ port }) => port!);
  return {
    servers: ports.map(port => ({ connect: options => new SocketIOTestClient({ ...options, port }).connect() })),
    async close() { await Promise.all(machines.map(machine => machine.stop())); },
  };
}
