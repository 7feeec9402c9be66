import { SocketIOError } from '../base/errors';
import type { RedisClient } from './types';

/** Changes a key only if it has this value. Keys: the key. Arguments: the value, and milliseconds to live; none to delete it. */
const CHANGE = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
if ARGV[2] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return redis.call('DEL', KEYS[1])`;

/** A client of ioredis or of `redis`. */
interface Commands {
  call?(...args: string[]): Promise<unknown>;
  sendCommand?(args: string[]): Promise<unknown>;
}

/** Values that all servers share. All methods reject with {@link SocketIOError} `REDIS_UNAVAILABLE` while Redis is away. */
export class SharedKeys {
  /** @param prefix - of the keys */
  constructor(private readonly client: RedisClient, private readonly prefix: string) {}

  /** @return whether the key was free, and has this value now */
  async take(key: string, value: string, ttl: number): Promise<boolean> {
    return await this.send('SET', this.prefix + key, value, 'NX', 'PX', `${ttl}`) !== null;
  }

  async get(key: string): Promise<string | undefined> {
    return await this.send('GET', this.prefix + key) as string | null ?? undefined;
  }

  async set(key: string, value: string, ttl: number): Promise<void> {
    await this.send('SET', this.prefix + key, value, 'PX', `${ttl}`);
  }

  /** Lets the key live longer if it still has this value. */
  async renew(key: string, value: string, ttl: number): Promise<void> {
    await this.send('EVAL', CHANGE, '1', this.prefix + key, value, `${ttl}`);
  }

  /** Deletes the key if it still has this value. */
  async drop(key: string, value: string): Promise<void> {
    await this.send('EVAL', CHANGE, '1', this.prefix + key, value);
  }

  private async send(...args: string[]): Promise<unknown> {
    const { client } = this;
    const { call, sendCommand } = client as Commands;
    try {
      return await (call ? call.apply(client, args) : sendCommand!.call(client, args));
    } catch (cause) {
      throw new SocketIOError('REDIS_UNAVAILABLE', `${args[0]} of ${this.prefix}…: ${(cause as Error).message}`, { cause });
    }
  }
}
