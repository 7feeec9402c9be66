import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
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
 * Starts a fixture in this process, behind a server that is made, announced and opened as Egg's worker does it.
 *
 * @param name - the fixture's folder
 */
export async function startOnEggServer(name: string): Promise<RunningApp> {
  const app = mm.app({ baseDir: `apps/${name}`, cache: false });
  await app.ready();
  const server = createServer(app.callback());
  app.emit('server', server);
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
 * Starts a fixture in processes of its own, as an app is started outside of tests.
 *
 * @param name - the fixture's folder
 * @param workers - how many
 */
export async function startCluster(name: string, workers: number): Promise<RunningServer> {
  const port = await freePort();
  const options = { baseDir: `apps/${name}`, workers, port, cache: false, coverage: false };
  const app = mm.cluster(options);
  await app.ready();
  return { url: `http://127.0.0.1:${port}`, stop: () => app.close() };
}
