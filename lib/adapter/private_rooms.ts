/** The format of a socket id of Socket.IO, which is also the name of the socket's own room. */
const SOCKET_ID = /^[\w-]{20}$/;

/**
 * With connection state recovery on, Socket.IO sends events for one client as a broadcast to its own room, which other sockets may have
 * joined, on any worker. As they hardly ever do, such a broadcast stays here unless one is known to.
 */
export class PrivateRooms {
  /** Sockets of this worker whose own room may have guests elsewhere. */
  private readonly visited = new Set<string>();

  /** @return the rooms that may be a socket's own room elsewhere */
  foreign(sid: string, rooms: Iterable<string>, here: ReadonlyMap<string, unknown>): string[] {
    return [ ...rooms ].filter(room => room !== sid && SOCKET_ID.test(room) && !here.has(room));
  }

  /** A socket's own room may have guests elsewhere; a recovered socket may be one, because its past is unknown. */
  open(sid: string): void {
    this.visited.add(sid);
  }

  /** A socket has left. */
  gone(sid: string): void {
    this.visited.delete(sid);
  }

  /** Whether a broadcast to these rooms can only be for a socket of this worker. */
  isPrivate(rooms: ReadonlySet<string>, here: ReadonlyMap<string, unknown>): boolean {
    if (rooms.size !== 1) return false;
    const [ room ] = rooms;
    return here.has(room) && SOCKET_ID.test(room) && !this.visited.has(room);
  }
}
