import { type ChildProcess, fork } from 'node:child_process';
import { on, once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import type { Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import type { MockApplication } from 'egg-mock';
import { freePort, ownPorts } from './free_port';
import { compiledFixture } from './compiled_plugin';
import { mockApp } from './mock_app';
import { clusterPlugins, quickVariables } from './quick_start';
import { startRoundRobin, type Target } from './round_robin';

/** A fixture that listens. */
export interface RunningServer {
  /** Without a slash at the end. */
  readonly url: string;
  stop(): Promise<void>;
}

/** A fixture that listens, in the process of the test. */
export interface RunningApp extends RunningServer {
  readonly app: MockApplication;
}

/**
 * Starts a fixture in this process. The server is the one that egg-mock makes and announces as Egg's worker does.
 *
 * @param name - the fixture's folder
 */
export async function startOnEggServer(name: string): Promise<RunningApp> {
  const app = mockApp({ baseDir: `apps/${name}`, cache: false });
  await app.ready();
  const { server } = app as unknown as { server: HttpServer };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    app,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      await app.close();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/**
 * Starts a fixture in this process on a port of Socket.IO's own.
 *
 * @param name - the fixture's folder
 * @param variable - the environment variable from which the fixture's config takes the port
 */
export async function startOnOwnPort(name: string, variable: string): Promise<RunningApp & { port: number }> {
  const port = await freePort();
  process.env[variable] = String(port);
  try {
    const app = mockApp({ baseDir: `apps/${name}`, cache: false });
    await app.ready();
    return { app, port, url: `http://127.0.0.1:${port}`, stop: () => app.close() };
  } finally {
    delete process.env[variable];
  }
}

/** How the workers of a cluster are started. */
export interface ClusterOptions {
  /**
   * With Egg's option `sticky`, which gives all connections of one address to one worker. The server's `url` leads to it
   * through a proxy with as many addresses as there are workers, so that a session's requests come to all of them.
   */
  sticky?: boolean;
  /** As threads of one process. Egg gives each a port of its own; the server's `url` leads to all of them in turn. */
  threads?: boolean;
  /** Environment variables for the processes. */
  env?: Record<string, string>;
}

/** What Egg's `startCluster` is told of ports, and how its workers are then reached. */
async function planPorts(
  workers: number, { sticky, threads }: ClusterOptions,
): Promise<{ options: object; port: number; targets: Target[] }> {
  const ports: number[] = [];
  while (ports.length < (threads ? workers : 1)) ports.push(await freePort());
  const [ port ] = ports;
  if (threads) return { options: { startMode: 'worker_threads', ports }, port, targets: ports.map(each => ({ port: each })) };
  const addresses = Array.from({ length: workers }, (_, i) => `127.0.0.${i + 1}`);
  return { options: { port, sticky }, port, targets: sticky ? addresses.map(localAddress => ({ port, localAddress })) : [] };
}

/**
 * Starts a fixture in processes of its own, as an app is started outside of tests. Not through `mm.cluster()`: that one
 * starts one more process after each test, to restore mocks in the workers.
 *
 * @param name - the fixture's folder
 * @param workers - how many
 */
export async function startCluster(name: string, workers: number, how: ClusterOptions = {}): Promise<RunningServer> {
  const { port, targets, options: start } = await planPorts(workers, how);
  const options = { baseDir: compiledFixture(name), env: 'prod', workers, plugins: clusterPlugins(), ...start, ownPorts: await ownPorts() };
  const home = mkdtempSync(path.join(os.tmpdir(), 'cluster-'));
  const main = fork(path.join(__dirname, 'start_cluster.js'), [ JSON.stringify(options) ], {
    stdio: [ 'ignore', 'ignore', 'inherit', 'ipc' ],
    env: { ...process.env, ...quickVariables(), EGG_TYPESCRIPT: 'false', EGG_HOME: home, EGG_SERVER_ENV: 'prod', ...how.env },
  });
  const exited = once(main, 'exit');
  await Promise.race([ ready(main), exited.then(([ code ]) => { throw new Error(`the cluster of apps/${name} exited with ${code}`); }) ]);
  const front = targets.length > 0 ? await startRoundRobin(targets) : undefined;
  return {
    url: `http://127.0.0.1:${front?.port ?? port}`,
    async stop() {
      await front?.close();
      main.kill('SIGTERM');
      await exited;
      rmSync(home, { recursive: true, force: true });
    },
  };
}

async function ready(main: ChildProcess): Promise<void> {
  for await (const [ message ] of on(main, 'message')) {
    if ((message as { action?: string }).action === 'egg-ready') return;
  }
}
