import { type ChildProcess, fork } from 'node:child_process';
import { on, once } from 'node:events';
import type { Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import mm, { type MockApplication } from 'egg-mock';
import { freePort } from './free_port';

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
  const app = mm.app({ baseDir: `apps/${name}`, cache: false });
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
    const app = mm.app({ baseDir: `apps/${name}`, cache: false });
    await app.ready();
    return { app, port, url: `http://127.0.0.1:${port}`, stop: () => app.close() };
  } finally {
    delete process.env[variable];
  }
}

/**
 * Starts a fixture in processes of its own, as an app is started outside of tests. Not through `mm.cluster()`: that one
 * starts one more process after each test, to restore mocks in the workers.
 *
 * @param name - the fixture's folder
 * @param workers - how many
 */
export async function startCluster(name: string, workers: number): Promise<RunningServer> {
  const port = await freePort();
  const root = path.join(__dirname, '../..');
  const plugins = { socketio: { enable: true, path: root } };
  const options = { baseDir: path.join(root, 'test/fixtures/apps', name), workers, port, plugins };
  const main = fork(path.join(__dirname, 'start_cluster.js'), [ JSON.stringify(options) ], { stdio: [ 'ignore', 'ignore', 'inherit', 'ipc' ] });
  const exited = once(main, 'exit');
  await Promise.race([ ready(main), exited.then(([ code ]) => { throw new Error(`the cluster of apps/${name} exited with ${code}`); }) ]);
  return {
    url: `http://127.0.0.1:${port}`,
    async stop() {
      main.kill('SIGTERM');
      await exited;
    },
  };
}

async function ready(main: ChildProcess): Promise<void> {
  for await (const [ message ] of on(main, 'message')) {
    if ((message as { action?: string }).action === 'egg-ready') return;
  }
}
