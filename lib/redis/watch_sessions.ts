import type { Adapter, BroadcastOptions, Room, Session, SocketId } from 'socket.io-adapter';
import type { Packet } from '../internals/packet';
import type { Namespace } from '../internals/socket_io';
import type { LiveSessions } from './live_sessions';
import type { StoredSession } from './session_keys';

/** The parts of the streams adapter that are not in its types. */
interface OfficialAdapter extends Adapter {
  addOffsetIfNecessary(packet: Packet, opts: BroadcastOptions, offset: string | undefined): void;
}

/** Makes an adapter keep the sessions of clients that are away with those of connected ones. Call it before {@link watchSessions}. */
export function keepSessions(adapter: Adapter, live: LiveSessions): void {
  const persistSession = adapter.persistSession.bind(adapter);
  adapter.persistSession = session => {
    void live.keep(adapter, session as StoredSession).then(isAllowed => { if (!isAllowed) persistSession(session); });
  };
}

/**
 * Tells the sessions in Redis what an adapter does with its sockets. Call it last.
 *
 * @param sinceOf - returns the place in the stream at which the session of a socket began
 */
export function watchSessions(adapter: Adapter, live: LiveSessions, sinceOf: (sid: SocketId) => string | undefined): void {
  const official = adapter as OfficialAdapter;
  const { sockets } = official.nsp as unknown as Namespace;
  const { addAll, del, delAll, broadcast, addOffsetIfNecessary, restoreSession } = official;
  Object.assign(official, {
    addAll(id: SocketId, rooms: Set<Room>) {
      const done = addAll.call(official, id, rooms);
      // Socket.IO makes a socket join its own room when it is connected.
      if (rooms.has(id)) live.welcome(official, id, () => sinceOf(id));
      live.changed(official, id);
      return done;
    },
    del(id: SocketId, room: Room) {
      const done = del.call(official, id, room);
      live.changed(official, id);
      return done;
    },
    delAll(id: SocketId) {
      live.gone(official, id);
      return delAll.call(official, id);
    },
    broadcast(packet: Packet, opts: BroadcastOptions) {
      // On the same connection as the message: it is not in the stream before what the app has done earlier is in the session.
      const [ room ] = opts.rooms;
      const pid = opts.rooms.size === 1 ? sockets.get(room)?.pid : undefined;
      if (pid === undefined) live.flush();
      else live.check(pid);
      return broadcast.call(official, packet, opts);
    },
    // The adapter's last step before it sends a broadcast to the sockets of this server: a message before it may have made them join.
    addOffsetIfNecessary(packet: Packet, opts: BroadcastOptions, offset: string | undefined) {
      live.flush();
      return addOffsetIfNecessary.call(official, packet, opts, offset);
    },
    async restoreSession(pid: string, offset: string): Promise<Session> {
      live.letGo(pid);
      return restoreSession.call(official, pid, offset);
    },
  });
}
