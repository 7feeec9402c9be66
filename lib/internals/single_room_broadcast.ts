import type { BroadcastOptions } from 'socket.io-adapter';
import type { Socket } from './socket_io';

type Apply = (opts: BroadcastOptions, callback: (socket: Socket) => void) => void;

/** The parts of Socket.IO's adapter that are used here; {@link apply} is not in its types. */
interface Rooms {
  readonly nsp: { readonly sockets: ReadonlyMap<string, Socket> };
  readonly rooms: ReadonlyMap<string, ReadonlySet<string>>;
  apply?: Apply;
}

/**
 * Makes a Socket.IO adapter iterate over a single room without a list of visited sockets: besides the writing, that list is the largest
 * cost of a broadcast. An adapter of a later version without this method is left alone.
 */
export function broadcastToSingleRoom(adapter: object): void {
  const { apply } = adapter as Rooms;
  if (apply?.length !== 2) return;
  function applyOnce(this: Rooms, opts: BroadcastOptions, callback: (socket: Socket) => void): void {
    const { except, rooms } = opts;
    if (rooms.size !== 1 || (except && except.size > 0)) {
      apply!.call(this, opts, callback);
      return;
    }
    const [ room ] = rooms;
    const members = this.rooms.get(room);
    // A socket that leaves and rejoins in the meantime would be visited again at the end, which this is not.
    let left = members?.size ?? 0;
    if (left === 0) return;
    for (const id of members!) {
      const socket = this.nsp.sockets.get(id);
      if (socket) callback(socket);
      if (--left === 0) return;
    }
  }
  Object.assign(adapter, { apply: applyOnce });
}
