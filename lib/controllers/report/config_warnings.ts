import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Agent, Application as EggApplication, EggLogger } from 'egg';
import type { ServerOptions } from 'socket.io';

/** The keys that egg-socket.io reads from `config.io`. */
const IO_KEYS = [ 'namespace', 'init', 'redis', 'generateId' ];
/** Socket.IO's defaults, in milliseconds. */
const PING = { pingInterval: 25_000, pingTimeout: 20_000 };

type Config = Record<string, unknown>;

/** The parts of `config.socketio` that are checked here. */
type WarnedOptions = Partial<Pick<ServerOptions, 'cors' | 'pingInterval' | 'pingTimeout' | 'transports'>> & { readonly port?: unknown };

function keysOf(value: unknown): string[] {
  return typeof value === 'object' && value !== null ? Object.keys(value) : [];
}

/** For apps from egg-socket.io or Midway: settings that had an effect there, and may have kept strangers out. */
function* leftOver({ baseDir, config, plugins }: Pick<EggApplication, 'baseDir' | 'config' | 'plugins'>): Iterable<string> {
  const { io } = plugins as Record<string, { enable?: boolean } | undefined>;
  if (!io?.enable) {
    const keys = keysOf(config.io).filter(key => IO_KEYS.includes(key));
    if (keys.length > 0) {
      yield `config.io is not read, so its ${keys.join(', ')} have no effect: egg-socket.io, which reads them, is not enabled. Move them to config.socketio and app/socket, and remove config.io: docs/migrating-from-egg-socket.io.md.`;
    }
    if (existsSync(path.join(baseDir, 'app/io'))) {
      yield 'the folder app/io is not loaded, so its middleware and controllers have no effect: egg-socket.io, which loads it, is not enabled. Move its files to app/socket, and remove the folder: docs/migrating-from-egg-socket.io.md.';
    }
  }
  for (const key of keysOf(config)) {
    if (key === 'socketio' || key.replace(/\W|_/g, '').toLowerCase() !== 'socketio' || keysOf((config as Config)[key]).length === 0) continue;
    yield `config.${key} is not read. The options of this plugin are in config.socketio; docs/migrating-from-midway.md says where Midway's have moved.`;
  }
}

function* contradictions(config: Config, { cors, port, transports = [ 'polling' ], ...rest }: WarnedOptions): Iterable<string> {
  if (typeof cors === 'object' && cors.origin === undefined) {
    yield 'config.socketio.cors: without origin, the pages of every origin may connect. Set origin to those that may, or write origin: true for all of them.';
  }
  const { origin, credentials } = (typeof cors === 'object' ? cors : {}) as { origin?: unknown; credentials?: unknown };
  if (Array.isArray(origin) && origin.includes('*')) {
    yield "config.socketio.cors.origin: in an array, '*' is not a wildcard to browsers: pages of other origins can connect by WebSocket, but not by polling. Write cors: { origin: '*' } for any origin, or list them.";
  }
  if (origin === '*' && credentials === true) {
    yield "config.socketio.cors: browsers refuse origin: '*' together with credentials: true, so pages of other origins can connect by WebSocket, but not by polling. List the origins that may connect.";
  }
  const { serverTimeout } = config;
  const { pingInterval, pingTimeout } = { ...PING, ...rest };
  if (typeof serverTimeout !== 'number' || serverTimeout <= 0 || serverTimeout >= pingInterval + pingTimeout) return;
  // The time-out belongs to Node's HTTP server; WebSockets have none.
  if (port !== undefined || !transports.includes('polling')) return;
  yield `config.serverTimeout (${serverTimeout} ms) is below pingInterval + pingTimeout (${pingInterval + pingTimeout} ms): a poll that waits longer is cut off, and its client reconnects again and again. Raise it, or lower config.socketio.pingInterval and pingTimeout.`;
}

/**
 * Warns of configuration that has no effect, or another effect than it seems. Call it once per app.
 *
 * @param options - checked
 */
export function warnOfConfig(app: EggApplication | Agent, options: WarnedOptions, logger: EggLogger): void {
  const { baseDir, config, plugins } = app as EggApplication;
  for (const text of leftOver({ baseDir, config, plugins })) logger.warn('[egg-socketio] %s', text);
  for (const text of contradictions(config as unknown as Config, options)) logger.warn('[egg-socketio] %s', text);
}
