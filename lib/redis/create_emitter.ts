import { startupError } from '../base/errors';
import { lazy } from '../base/lazy';
import { RedisAdapterConfig } from './config';
import type { EmitterLogger, RedisEmitter } from './emitter';
import type { RedisAdapterOptions } from './types';

// Every controller imports the package that contains this function.
const planning = lazy(() => require('./options') as typeof import('./options'));
const emitting = lazy(() => require('./emitter') as typeof import('./emitter'));

/**
 * Connects a process that is neither a worker nor the agent of the app, such as a script or another program, so that it can emit to the
 * app's clients.
 *
 * @param options - the same as for `createRedisAdapter()`; `key` is required, because there is no app name for its default
 * @param logger - logs outages. Default: the console
 * @throws {SocketIOError} `INVALID_CONFIG`, `REDIS_UNAVAILABLE`
 * @see docs/redis.md#from-other-processes
 */
export async function createRedisEmitter(
  options: RedisAdapterOptions & { key: string; recovery?: boolean }, logger: EmitterLogger = console,
): Promise<RedisEmitter> {
  const { recovery = false, ...rest } = options;
  if (!rest.key) throw startupError('INVALID_CONFIG', "createRedisEmitter(): key: expected the app's key, by default 'egg-socketio:' and the app's name. Set it.");
  const plan = planning().planRedis({ adapter: new RedisAdapterConfig(rest) }, recovery, { name: '', redis: undefined })!;
  const emitter = new (emitting().RedisEmitter)(plan, { recovery }, logger);
  await emitter.open();
  return emitter;
}
