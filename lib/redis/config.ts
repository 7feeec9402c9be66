import { inspect } from 'node:util';
import type { RedisAdapterOptions } from './types';

/**
 * What `createRedisAdapter()` returns: settings, and nothing that is connected. A class, because Egg copies plain objects
 * when it merges configs, and shows what is in them in `run/application_config.json`.
 *
 * @see docs/redis.md#options
 */
export class RedisAdapterConfig {
  readonly #options: RedisAdapterOptions;

  constructor(options: RedisAdapterOptions) {
    this.#options = options;
  }

  /** The options as they were given. */
  static optionsOf(config: RedisAdapterConfig): RedisAdapterOptions {
    return config.#options;
  }

  [inspect.custom](): string {
    return '<RedisAdapterConfig>';
  }
}

/**
 * For `config.socketio.adapter`: broadcasts, rooms and questions cross machines through Redis. Connects to nothing;
 * workers and the agent connect when they start.
 *
 * @param options - where Redis is, as an URL or as options
 * @see docs/redis.md#options
 * @example adapter: createRedisAdapter({ host: '127.0.0.1', port: 6379 })
 */
export function createRedisAdapter(options: RedisAdapterOptions | string = {}): RedisAdapterConfig {
  return new RedisAdapterConfig(typeof options === 'string' ? { url: options } : options);
}
