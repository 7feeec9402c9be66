import type { Session } from 'socket.io-adapter';
import type { RedisClient } from './types';

/** A session as this server stores it. */
export type StoredSession = Session & {
  /** The place in the stream at which its client connected for the first time. */
  since?: string;
};

/**
 * Writes a session, unless another server has taken it.
 * Keys: the session. Arguments: its owner, the encoded session, milliseconds to live, and '1' if its client is not connected.
 */
const WRITE = `
local owner = redis.call('HGET', KEYS[1], 'owner')
if owner and owner ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'owner', ARGV[1], 'session', ARGV[2], 'away', ARGV[4])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1`;

/** Deletes a session, unless another server has taken it. Keys: the session. Arguments: its owner. */
const DROP = `
if redis.call('HGET', KEYS[1], 'owner') == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0`;

/**
 * Takes a session: its former owner can no longer write it. The streams adapter finds it under the second key. Of several servers that
 * take it at once, one gets it.
 * Keys: the session, and the one of the adapter. Arguments: the new owner, and milliseconds to live.
 */
const TAKE = `
local owner, session, away = unpack(redis.call('HMGET', KEYS[1], 'owner', 'session', 'away'))
if not session then return false end
redis.call('HSET', KEYS[1], 'owner', ARGV[1])
redis.call('HDEL', KEYS[1], 'session', 'away')
redis.call('PEXPIRE', KEYS[1], ARGV[2])
redis.call('SET', KEYS[2], session, 'PX', ARGV[2])
return away == '0' and owner or ''`;

/** Whether Redis does not run scripts for this user. The sessions of clients that are away are then stored by the streams adapter. */
export function isDenied(error: unknown): boolean {
  return /NOPERM|unknown command/i.test((error as Error).message);
}

/** A client of ioredis or of `redis`. */
interface Commands {
  call?(...args: string[]): Promise<unknown>;
  sendCommand?(args: string[]): Promise<unknown>;
}

/**
 * The sessions of connected clients in Redis, each with the server that owns it. A server that has lost a session to another one, such as
 * one that was paused, cannot overwrite it.
 */
export class SessionKeys {
  /** @param prefix - that of the keys in which the streams adapter looks for sessions */
  constructor(private readonly client: RedisClient, private readonly prefix: string) {}

  /** @return whether this server still owns the session */
  async write(pid: string, owner: string, session: string, ttl: number, isAway: boolean): Promise<boolean> {
    return await this.run(WRITE, [ this.keyOf(pid) ], [ owner, session, `${ttl}`, isAway ? '1' : '0' ]) !== 0;
  }

  async drop(pid: string, owner: string): Promise<void> {
    await this.run(DROP, [ this.keyOf(pid) ], [ owner ]);
  }

  /** @return the server to which its client may still be connected, or `''`; `null` if there is no session */
  async take(pid: string, owner: string, ttl: number): Promise<string | null> {
    return await this.run(TAKE, [ this.keyOf(pid), `${this.prefix}${pid}` ], [ owner, `${ttl}` ]) as string | null;
  }

  /** The encoded session. */
  async read(pid: string): Promise<string | null> {
    return await this.send('HGET', this.keyOf(pid), 'session') as string | null;
  }

  /** The server to which its client may be connected, or `''`; `null` if there is no session. */
  async ownerOf(pid: string): Promise<string | null> {
    const [ owner, away ] = await this.send('HMGET', this.keyOf(pid), 'owner', 'away') as (string | null)[];
    return away === '1' ? '' : owner;
  }

  private keyOf(pid: string): string {
    return `${this.prefix}live:${pid}`;
  }

  private run(script: string, keys: readonly string[], args: readonly string[]): Promise<unknown> {
    return this.send('EVAL', script, `${keys.length}`, ...keys, ...args);
  }

  private async send(...args: string[]): Promise<unknown> {
    const { client } = this;
    const { call, sendCommand } = client as Commands;
    return call ? call.apply(client, args) : sendCommand!.call(client, args);
  }
}
