import { isDeepStrictEqual } from 'node:util';
import type { Agent, Application as EggApplication } from 'egg';
import * as v from 'valibot';
import { configFileOf, hideInDump } from '../base/egg_compat';
import { startupError } from '../base/errors';
import { describeIssues } from '../base/issues';
import { shownFile } from '../base/paths';
import type { SocketIOConfig } from '../boot/config';
import { createDefaults } from '../boot/defaults';
import { optionsOfInit } from './init_options';
import { redisOptionsOf } from './redis_options';
import type { IOConfig } from './types';

const names = 'an array of names of files in app/io/middleware';
const middleware = v.array(v.pipe(v.string(names), v.nonEmpty(names)), names);
const namespace = v.strictObject({
  connectionMiddleware: v.optional(middleware), packetMiddleware: v.optional(middleware),
}, 'an object with connectionMiddleware and packetMiddleware');
const init = "an object with options of Engine.IO's server";
const namespaces = 'an object of namespaces';
const redis = 'a URL, or an object with host, port, auth_pass and db';

const schema = v.strictObject({
  init: v.optional(v.record(v.string(), v.any(), init)),
  namespace: v.optional(v.record(v.string(), namespace, namespaces)),
  redis: v.optional(v.union([ v.string(), v.record(v.string(), v.any()) ], redis)),
  generateId: v.optional(v.function('a function (request) => id')),
} satisfies Record<keyof IOConfig, v.GenericSchema>, 'an object with init, namespace, redis and generateId');

/** A value of `config.io` on its way to `config.socketio`. */
interface Moved {
  /** The key in `config.socketio`. */
  readonly to: keyof SocketIOConfig;
  readonly value: unknown;
  /** The keys below `config.io`. */
  readonly from: readonly string[];
}

/** Returns `config.io`, as it was given. */
export function ioConfigOf(app: EggApplication | Agent): IOConfig {
  const { io = {} } = app.config as Record<string, IOConfig | undefined>;
  return io;
}

function* moves(config: IOConfig): Iterable<Moved> {
  for (const [ from, to, value ] of optionsOfInit(config.init ?? {})) yield { to, value, from: [ 'init', from ] };
  if (config.generateId) yield { to: 'generateId', value: config.generateId, from: [ 'generateId' ] };
  if (config.redis !== undefined) yield { to: 'adapter', value: redisOptionsOf(config.redis), from: [ 'redis' ] };
}

/** A key of the config with its file, if Egg knows it. */
function placeOf(app: EggApplication | Agent, keys: readonly string[]): string {
  const file = configFileOf(app, keys);
  return `config.${keys.join('.')}${file ? ` (${shownFile(app.baseDir, file)})` : ''}`;
}

/**
 * Checks `config.io`, and moves its options to `config.socketio`. Call it before that is read.
 *
 * @throws {SocketIOError} `INVALID_CONFIG`: an unknown key, a wrong value, or an option that `config.socketio` has with another value
 */
export function moveConfig(app: EggApplication | Agent): void {
  const config = v.safeParse(schema, ioConfigOf(app), { abortPipeEarly: true });
  if (!config.success) throw startupError('INVALID_CONFIG', describeIssues(config.issues, 'config.io', schema));
  // Names that egg-socket.io also takes for a password.
  for (const name of [ 'auth_pass', 'password' ]) hideInDump(app, name);
  const socketio = app.config.socketio as Record<string, unknown>;
  const defaults = createDefaults() as Record<string, unknown>;
  for (const { to, value, from } of moves(ioConfigOf(app))) {
    const present = socketio[to];
    if (present !== undefined && !isDeepStrictEqual(present, defaults[to]) && !isDeepStrictEqual(present, value)) {
      throw startupError('INVALID_CONFIG', `${placeOf(app, [ 'io', ...from ])} and ${placeOf(app, [ 'socketio', to ])} say different things. Remove one of them; config.socketio is the one that stays.`);
    }
    socketio[to] = value;
  }
  socketio.allowEIO3 ??= true;
}
