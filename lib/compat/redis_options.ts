import { startupError } from '../base/errors';
import { didYouMeanOr } from '../base/similar_names';
import { createRedisAdapter, type RedisAdapterConfig } from '../redis/config';
import type { RedisAdapterOptions } from '../redis/types';

/** The options of socket.io-redis 5 and of redis 2, and their names in `createRedisAdapter()`. */
const NAMES: Readonly<Record<string, keyof RedisAdapterOptions>> = {
  host: 'host', port: 'port', path: 'path', url: 'url', db: 'db', family: 'family', tls: 'tls', user: 'username',
  auth_pass: 'password', password: 'password', key: 'key', requestsTimeout: 'requestsTimeout', pubClient: 'pubClient', subClient: 'subClient',
};

/**
 * Turns `config.io.redis` into the plugin's own adapter for Redis.
 *
 * @throws {SocketIOError} `INVALID_CONFIG` for an option that has no counterpart
 */
export function redisOptionsOf(redis: string | Readonly<Record<string, unknown>>): RedisAdapterConfig {
  if (typeof redis === 'string') return createRedisAdapter(redis);
  const options: Record<string, unknown> = {};
  for (const [ key, value ] of Object.entries(redis)) {
    // Egg merges configs, so an environment unsets a key with undefined; redis 2 also takes null for no value.
    if (value === undefined || value === null) continue;
    if (!Object.hasOwn(NAMES, key)) {
      throw startupError('INVALID_CONFIG', `config.io.redis.${key}: unknown option.${didYouMeanOr('Known options:', key, Object.keys(NAMES).sort())}`
        + ' For others, set config.socketio.adapter to createRedisAdapter({ … }), and remove config.io.redis.');
    }
    options[NAMES[key]] = value;
  }
  return createRedisAdapter(options as RedisAdapterOptions);
}
