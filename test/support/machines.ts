import { SocketIOTestClient } from '../../lib/mock/typed';
import type { RedisAdapterOptions } from '../../lib/redis/types';
import type { ServersUnderTest } from './adapter_conformance';
import { ClusterProcess } from './cluster_process';

/** Egg clusters, each of which stands for a machine. */
export interface MachinesOptions {
  machines: number;
  /** How many on each machine. */
  workers: number;
  /** What the machines know of each other through. @default none: the app has no adapter of its own */
  redis?: RedisAdapterOptions;
  /** Whether connection state recovery is on. */
  recovery: boolean;
}

/** Starts Egg clusters whose workers the conformance suite can reach one by one. */
export async function startMachines({ machines, workers, redis, recovery }: MachinesOptions): Promise<ServersUnderTest> {
  const clusters = await Promise.all(Array.from({ length: machines }, (_, i) => ClusterProcess.start({
    fixture: 'machine', workers,
    variables: { ...redis && { FIXTURE_REDIS: JSON.stringify(redis) }, FIXTURE_RECOVERY: `${recovery}`, FIXTURE_FIRST: `${i * workers}` },
  })));
  const ports = (await Promise.all(clusters.map(cluster => Promise.all(Array.from({ length: workers }, (_, worker) => (
    cluster.hear('worker', 0, ({ name }) => Number(name) % workers === worker)
  )))))).flat().map(({ port }) => port!);
  return {
    servers: ports.map(port => ({ connect: options => new SocketIOTestClient({ ...options, port }).connect() })),
    async close() { await Promise.all(clusters.map(cluster => cluster.stop())); },
  };
}
