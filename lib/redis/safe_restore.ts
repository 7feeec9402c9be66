import { setTimeout as sleep } from 'node:timers/promises';
import { Unpackr } from 'msgpackr';
import type { Adapter, Session, SocketId } from 'socket.io-adapter';
import { NO_OFFSET, restoreWithoutOffset } from '../adapter/no_offset';
import type { RedisClient } from './types';

/** The exact format of an entry's id in Redis. */
const OFFSET = /^\d+-(0|[1-9]\d*)$/;
/** Socket.IO makes them 20 characters long. */
const LONGEST_PID = 64;
/** Milliseconds before a session is looked for again. */
const ONCE_MORE = 50;

/** The parts of an ioredis client. */
interface Reader { xrange?: (key: string, start: string, end: string) => Promise<unknown[]> }
interface Getter { get(key: string): Promise<string | null> }

const msgpack = new Unpackr({ useRecords: false });

/** The parts of the stream that are used here. */
export interface RecoveryStream {
  readonly name: string;
  /** The prefix of the keys of sessions. */
  readonly sessions: string;
  readonly client: RedisClient;
  /** The last entry that this server has read. */
  position(): string;
}

/**
 * Lets the streams adapter take a session out of Redis only if the client's offset can be right: it deletes the session before it checks.
 * A session that another server has just stored may still be on its way to Redis.
 */
export function restoreSafely(adapter: Adapter, { name: stream, sessions, client, position }: RecoveryStream): void {
  const restoreSession = adapter.restoreSession.bind(adapter);
  keepBeginnings(adapter, position);
  restoreWithoutOffset(adapter.nsp as object);
  // A client that got no event sends no offset; its session has the place in the stream at which it was connected.
  const beginningOf = async (pid: string) => {
    const session = pid.length > LONGEST_PID ? null : await (client as unknown as Getter).get(`${sessions}${pid}`);
    return session === null ? '' : (msgpack.unpack(Buffer.from(session, 'base64')) as { since?: string }).since ?? '';
  };
  const exists = async (offset: string) => {
    const { xrange } = client as Reader;
    return !xrange || (await xrange.call(client, stream, offset, offset)).length > 0;
  };
  adapter.restoreSession = async (pid, given): Promise<Session> => {
    const offset = given === NO_OFFSET ? await beginningOf(pid).catch(() => '') : given;
    // Socket.IO's own adapter returns null for a missing session, whatever its types say.
    if (!OFFSET.test(offset) || pid.length > LONGEST_PID || !await exists(offset)) return null as unknown as Session;
    try {
      return await restoreSession(pid, offset);
    } catch {
      await sleep(ONCE_MORE);
      return restoreSession(pid, offset);
    }
  };
}

/** Adds the place in the stream at which the client was connected to a stored session. */
function keepBeginnings(adapter: Adapter, position: () => string): void {
  const { addAll, delAll, persistSession } = adapter;
  const since = new Map<SocketId, string>();
  adapter.addAll = (id, rooms) => {
    if (!since.has(id)) since.set(id, position());
    return addAll.call(adapter, id, rooms);
  };
  adapter.delAll = id => {
    since.delete(id);
    return delAll.call(adapter, id);
  };
  adapter.persistSession = session => persistSession.call(adapter, { ...session, since: since.get(session.sid) } as typeof session);
}
