import { setTimeout as sleep } from 'node:timers/promises';
import type { Adapter, Session } from 'socket.io-adapter';
import type { RedisClient } from './types';

/** As Redis writes the id of an entry, and in no other way. */
const OFFSET = /^\d+-(0|[1-9]\d*)$/;
/** Socket.IO makes them 20 characters long. */
const LONGEST_PID = 64;
/** Milliseconds before a session is looked for once more. */
const ONCE_MORE = 50;

/** Of an ioredis client. */
interface Reader { xrange?: (key: string, start: string, end: string) => Promise<unknown[]> }

/**
 * Has the streams adapter take a session out of Redis only if the client's offset can be right: it deletes the session
 * before it looks. And what another server has just stored may be on its way to Redis still.
 */
export function restoreCarefully(adapter: Adapter, stream: string, client: RedisClient): void {
  const restoreSession = adapter.restoreSession.bind(adapter);
  const exists = async (offset: string) => {
    const { xrange } = client as Reader;
    return !xrange || (await xrange.call(client, stream, offset, offset)).length > 0;
  };
  adapter.restoreSession = async (pid, offset): Promise<Session> => {
    // Socket.IO's own adapter returns null for a session that there is not, whatever its types say.
    if (!OFFSET.test(offset) || pid.length > LONGEST_PID || !await exists(offset)) return null as unknown as Session;
    try {
      return await restoreSession(pid, offset);
    } catch {
      await sleep(ONCE_MORE);
      return restoreSession(pid, offset);
    }
  };
}
