import type { Adapter, BroadcastOptions, Room, Session, SocketId } from 'socket.io-adapter';
import { EVENT, type Packet } from '../internals/packet';
import { isAfter } from './stream_reader';

/** Milliseconds that a client may take from the restoring of its session to its connection. */
const LIMIT = 10_000;

interface Heard { readonly offset: string; readonly data: unknown[]; readonly opts: BroadcastOptions }

/** A client that is reconnecting. */
interface Returning {
  /** The messages that this server has sent to others since its session was looked for. */
  readonly heard: Heard[];
  readonly timer: NodeJS.Timeout;
  sid: SocketId | undefined;
  /** The offset of the last message that it has got, or gets with its session. */
  has: string;
}

/** The parts of the adapter and of Socket.IO that are not in their types. */
interface OfficialAdapter extends Adapter {
  addOffsetIfNecessary(packet: Packet, opts: BroadcastOptions, offset: string | undefined): void;
}
interface ReturnedSocket { packet(packet: Packet): void }

/**
 * Gives a recovered client each broadcast once. The streams adapter reads the missed messages for it up to the end of the stream, but
 * reads the stream on another connection, and from there
 *
 * - messages that arrive before the client is connected would miss it: they are sent when the client is connected;
 * - messages that it already has, from its previous server or with its session, may arrive after it is
 * connected: they are kept from it.
 */
export function closeRecoveryGap(adapter: Adapter): void {
  const official = adapter as OfficialAdapter;
  const returning = new Set<Returning>();
  /** By the id of a recovered socket, the place up to which it has everything. Only while this server has not read that far. */
  const ahead = new Map<SocketId, string>();
  const { addOffsetIfNecessary, restoreSession, addAll } = official;
  let read = '0-0';

  // The adapter's last step before it sends a broadcast to the sockets of this server.
  official.addOffsetIfNecessary = (packet, opts, offset) => {
    const { length } = packet.data;
    addOffsetIfNecessary.call(official, packet, opts, offset);
    if (offset === undefined) return;
    // A volatile event is in the stream as well. Without its offset at the end, a client would take a text there for the offset.
    if (packet.type === EVENT && (packet as { id?: number }).id === undefined && packet.data.length === length) packet.data.push(offset);
    read = offset;
    if (ahead.size > 0) {
      opts.except = new Set(opts.except);
      for (const [ sid, has ] of ahead) {
        if (isAfter(offset, has)) ahead.delete(sid);
        else opts.except.add(sid);
      }
    }
    if (packet.data.length === length) return;
    for (const { heard } of returning) heard.push({ offset, data: packet.data, opts });
  };

  official.restoreSession = async (pid, offset): Promise<Session> => {
    const one: Returning = { heard: [], timer: setTimeout(() => returning.delete(one), LIMIT).unref(), sid: undefined, has: offset };
    returning.add(one);
    let session: Session | undefined;
    try {
      session = await restoreSession.call(official, pid, offset);
      return session;
    } finally {
      if (session) {
        one.sid = session.sid;
        one.has = (session.missedPackets as unknown[][]).at(-1)?.at(-1) as string | undefined ?? offset;
      } else {
        clearTimeout(one.timer);
        returning.delete(one);
      }
    }
  };

  official.addAll = (id, rooms: Set<Room>) => {
    const done = addAll.call(official, id, rooms);
    if (returning.size === 0) return done;
    const socket = official.nsp.sockets.get(id) as ReturnedSocket | undefined;
    // Socket.IO makes a socket join its own room when it is connected.
    const one = socket && [ ...returning ].find(({ sid }) => sid === id);
    if (!socket || !one) return done;
    clearTimeout(one.timer);
    returning.delete(one);
    if (isAfter(one.has, read)) ahead.set(id, one.has);
    const own = official.sids.get(id)!;
    for (const { offset, data, opts } of one.heard) {
      const isFor = opts.rooms.size === 0 || [ ...opts.rooms ].some(room => own.has(room));
      if (isFor && isAfter(offset, one.has) && ![ ...opts.except ?? [] ].some(room => own.has(room))) socket.packet({ type: EVENT, data });
    }
    return done;
  };
}
