import { setTimeout as sleep } from 'node:timers/promises';
import type { Adapter, Session, SocketId } from 'socket.io-adapter';
import { NO_OFFSET, restoreWithoutOffset } from '../adapter/recovery/no_offset';
import { msgpack } from '../base/msgpack';
import type { SessionClaim } from './session_claim';
import type { StoredSession } from './session_keys';
import { isAfter } from './stream_reader';
import type { RedisClient } from './types';

/** The exact format of an entry's id in Redis. */
const OFFSET = /^\d+-(0|[1-9]\d*)$/;
/** Socket.IO makes them 20 characters long. */
const LONGEST_PID = 64;
/** Milliseconds before each look for a session: another server may have stored it only now, and it is on its way to Redis. */
const LOOKS = [ 0, 50, 200 ];

/** The parts of an ioredis client. */
interface Reader { xrange?: (key: string, start: string, end: string) => Promise<unknown[]> }
interface Getter { get(key: string): Promise<string | null> }

const decoder = msgpack();

/** The parts of the stream that are used here. */
export interface RecoveryStream {
  readonly name: string;
  /** The prefix of the keys of sessions. */
  readonly sessions: string;
  readonly client: RedisClient;
  /** The last entry that this server has read. */
  position(): string;
  /** Takes sessions that are also kept while clients are connected. Default: they are stored when a client is away, by the adapter */
  readonly claim: SessionClaim | undefined;
}

/**
 * Lets the streams adapter take a session out of Redis only if the client's offset can be right: it deletes the session before it checks.
 * A client is sent nothing from before its session: without an event it has no offset, and socket.io-client also sends that of an earlier
 * session.
 *
 * @return the place in the stream at which the session of a socket began
 */
export function restoreSafely(
  adapter: Adapter, { name: stream, sessions, client, position, claim }: RecoveryStream,
): (sid: SocketId) => string | undefined {
  const restoreSession = adapter.restoreSession.bind(adapter);
  const beginnings = keepBeginnings(adapter, position);
  restoreWithoutOffset(adapter.nsp as object);
  const stored = async (pid: string) => {
    const session = await (claim ? claim.read(pid) : (client as unknown as Getter).get(`${sessions}${pid}`)).catch(() => null);
    return session === null ? undefined : decoder.unpack(Buffer.from(session, 'base64')) as StoredSession;
  };
  const find = async (pid: string) => {
    for (const delay of LOOKS) {
      if (delay > 0) await sleep(delay);
      const session = await stored(pid);
      if (session) return session;
    }
    return undefined;
  };
  const exists = async (offset: string) => {
    const { xrange } = client as Reader;
    return !xrange || (await xrange.call(client, stream, offset, offset)).length > 0;
  };
  adapter.restoreSession = async (pid, given): Promise<Session> => {
    // Socket.IO's own adapter returns null for a missing session, whatever its types say.
    const missing = null as unknown as Session;
    if (!(given === NO_OFFSET || OFFSET.test(given)) || pid.length > LONGEST_PID) return missing;
    const { since = '' } = await find(pid) ?? {};
    const offset = given === NO_OFFSET || (since && isAfter(since, given)) ? since : given;
    if (!OFFSET.test(offset) || !await exists(offset)) return missing;
    if (claim && !await claim.take(pid)) return missing;
    const session = await restoreSession(pid, offset);
    beginnings.keep(session);
    return claim ? claim.open(session) : session;
  };
  return beginnings.of;
}

/**
 * Adds the place in the stream at which the client was connected to a stored session.
 *
 * @return `keep` is to be called with a session that is about to be connected again
 */
function keepBeginnings(adapter: Adapter, position: () => string) {
  const { addAll, delAll, persistSession } = adapter;
  const beginnings = new Map<SocketId, string>();
  adapter.addAll = (id, rooms) => {
    if (!beginnings.has(id)) beginnings.set(id, position());
    return addAll.call(adapter, id, rooms);
  };
  adapter.delAll = id => {
    beginnings.delete(id);
    return delAll.call(adapter, id);
  };
  adapter.persistSession = session => persistSession.call(adapter, { ...session, since: beginnings.get(session.sid) } as StoredSession);
  // Its missed packets may not arrive, so it is not the place of the new connection.
  return {
    of: (sid: SocketId) => beginnings.get(sid),
    keep({ sid, since }: StoredSession) { if (since) beginnings.set(sid, since); },
  };
}
