import type { Agent, Application as EggApplication } from 'egg';
import { clusterKey, type Rendezvous, rendezvousOf } from './rendezvous';

/** What Egg's master tells each process about the cluster. */
interface ClusterOptions { workers?: number; clusterPort?: number }

function optionsOf(app: EggApplication | Agent): ClusterOptions {
  return (app as unknown as { options: ClusterOptions }).options;
}

/** Whether an app was started by Egg's master, and not in one process with its agent. */
export function isClustered(app: EggApplication | Agent): boolean {
  return (optionsOf(app).workers ?? 0) > 0;
}

/** Where the processes of an app's cluster meet. */
export function rendezvousFor(app: EggApplication | Agent): Rendezvous {
  return rendezvousOf(clusterKey(optionsOf(app).clusterPort));
}
