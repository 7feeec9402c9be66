import { inspect } from 'node:util';
import type { RedisAdapterOptions } from './types';

/**
 * The result of `createRedisAdapter()`: settings, without a connection. It is a class, because Egg copies plain objects when it merges
 * configs, and shows their content in `run/application_config.json`.
 *
 * @see docs/redis.md#options
 */
export class RedisAdapterConfig {
  readonly #options: RedisAdapterOptions;

  constructor(options: RedisAdapterOptions) {
    this.#options = options;
  }

  /** The original options. */
  static optionsOf(config: RedisAdapterConfig): RedisAdapterOptions {
    return config.#options;
  }

  [inspect.custom](): string {
    return '<RedisAdapterConfig>';
  }
}

/**
 * For `config.socketio.adapter`: broadcasts, rooms and requests cross machines through Redis. It does not connect; workers and the agent
 * connect when they start.
 *
 * @param options - the address of Redis, as a URL or as options
 * @see docs/redis.md#options
 * @example adapter: createRedisAdapter({ host: '127.0.0.1', port: 6379 })
 */
export function createRedisAdapter(options: RedisAdapterOptions | string = {}): RedisAdapterConfig {
  return new RedisAdapterConfig(typeof options === 'string' ? { url: options } : options);
}
