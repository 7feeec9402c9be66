import { readFileSync } from 'node:fs';
import path from 'node:path';
import { replaceMockMethod } from '../base/egg_compat';
import type { OwnPortOptions } from '../types/own_port';
import type { SocketIOConfig } from '../boot/config';
import { callWorker } from './call_worker';
import type { SocketEventResult } from './event_types';
import type { CallArguments } from './remote';
import { type ClientOptions, TestClient } from './test_client';

/** The parts of `mm.cluster()`'s result that are used here. */
export interface ClusterApp {
  ready(): Promise<void>;
  readonly port: number;
  readonly baseDir: string;
  createSocketIOClient?(options?: ClientOptions): Promise<TestClient>;
  mockSocketEvent?(...call: CallArguments): Promise<SocketEventResult>;
}

type StartCluster = (options?: object) => ClusterApp;

/** Egg writes the config of its workers to `run/`; the test process has no other way to read it. */
function readConfig(baseDir: string): { path?: string; port?: SocketIOConfig['port'] } {
  const file = path.join(baseDir, 'run', 'application_config.json');
  try {
    return JSON.parse(readFileSync(file, 'utf8')).config.socketio ?? {};
  } catch (cause) {
    throw new Error(`egg-socketio/mock: cannot read ${file}, which the cluster should have written at its start.`, { cause });
  }
}

/**
 * Connects a client to an app that `mm.cluster()` has started.
 *
 * @param app - the app; its `ready()` is awaited
 * @param options - default: the port and path of the app's config
 */
export async function connectToCluster(app: ClusterApp, options: ClientOptions = {}): Promise<TestClient> {
  await app.ready();
  const { path: ioPath, port } = readConfig(app.baseDir);
  const own: Partial<OwnPortOptions> = typeof port === 'object' ? port : { port };
  const secure: ClientOptions = own.https ? { protocol: 'https', rejectUnauthorized: false } : {};
  return new TestClient({ port: own.port ?? app.port, host: own.hostname, path: ioPath, ...secure, ...options }).connect();
}

/**
 * Adds `createSocketIOClient()` and `mockSocketEvent()` to the started apps. They are proxies of another process, which no `app/extend`
 * reaches.
 *
 * @param start - `mm.cluster()`
 */
export function withClients(start: StartCluster): StartCluster {
  return Object.assign((options?: object) => {
    const app = start(options);
    app.createSocketIOClient = clientOptions => connectToCluster(app, clientOptions);
    app.mockSocketEvent = async (...call) => {
      await app.ready();
      return callWorker(app.port, ...call);
    };
    return app;
  }, start);
}

/** Makes `mm.cluster()` start apps {@link withClients}. */
export function patchCluster(): void {
  replaceMockMethod('cluster', withClients);
}
