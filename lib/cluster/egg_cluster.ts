import cluster from 'node:cluster';
import { createHash } from 'node:crypto';
import os from 'node:os';
import path from 'node:path';
import { isMainThread, threadId } from 'node:worker_threads';
import type { Agent, Application as EggApplication } from 'egg';
import { clusterKey, type Rendezvous, rendezvousOf } from './rendezvous';

/** The information about the cluster that Egg's master gives each process. */
interface ClusterOptions { workers?: number; clusterPort?: number; port?: number }

function optionsOf(app: EggApplication | Agent): ClusterOptions {
  return (app as unknown as { options: ClusterOptions }).options;
}

/** Whether Egg's master has started the app, and not one process with its agent. */
export function isClustered(app: EggApplication | Agent): boolean {
  return (optionsOf(app).workers ?? 0) > 0;
}

/** Egg's number of this worker, from 1; in an app with threads, the number of its thread. */
export function workerNumber(): number {
  return cluster.worker?.id ?? (isMainThread ? 1 : threadId);
}

/** The place where the processes of an app's cluster meet. */
export function rendezvousFor(app: EggApplication | Agent): Rendezvous {
  return rendezvousOf(clusterKey(optionsOf(app).clusterPort));
}

/**
 * The folder for what the workers leave at the end of the app: the same at its next start, but not for an app on another port or another
 * machine that has the same `run` folder.
 */
export function stateFolderOf(app: EggApplication): string {
  const { rundir, name, env } = app.config;
  // The types of Egg 3 do not have it.
  const { listen } = (app.config as Record<string, unknown>).cluster as { listen?: { port?: number; path?: string } } | undefined ?? {};
  const { port = listen?.port } = optionsOf(app);
  const place = JSON.stringify([ name, env, os.hostname(), port, listen?.path ]);
  const digest = createHash('sha256').update(place).digest('hex').slice(0, 12);
  return path.join(rundir, `egg-socketio-sessions-${digest}`);
}
