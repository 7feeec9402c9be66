import type { Socket } from 'socket.io';
import { sizeOf } from '../../base/size';
import type { Refusals } from '../../limits/refusals';
import type { SocketState } from './socket_state';

const WAITING = Symbol('conn#waitingEvents');

/** Bytes that an event takes besides the client's data: its arrays, its ack and the functions that will run it. */
const RECORD = 500;

/** Lets an event wait for the connection handlers of its socket. */
export type HoldEvent = (socket: Socket, connection: SocketState, packet: readonly unknown[], run: () => void) => void;

/**
 * Returns a function that lets events wait, up to `most` bytes on one connection with all its namespaces; if a client sends more, its
 * connection is closed. An event is only measured if it has to wait.
 *
 * @param most - bytes; a single event may be larger
 */
export function createHoldEvent(most: number, refusals: Refusals): HoldEvent {
  if (most === Infinity) return (_socket, connection, _packet, run) => connection.hold(run, 0);

  function close({ conn, id, handshake }: Socket, connections: Iterable<SocketState>): void {
    for (const connection of connections) connection.dropEvents();
    if (conn.readyState !== 'open') return;
    refusals.add('waitingBytes', () => `closed the connection of ${id} (${handshake.address}): its connection handlers had not finished, and more than ${most} bytes of events waited for them (config.socketio.limits.waitingBytes).`);
    conn.close();
  }

  return (socket, connection, packet, run) => {
    const holder = socket.conn as { [WAITING]?: Set<SocketState> };
    const connections = holder[WAITING] ??= new Set();
    let bytes = 0;
    for (const each of connections) {
      if (each.waitingBytes === 0) connections.delete(each);
      bytes += each.waitingBytes;
    }
    connections.add(connection);
    if (bytes > most) close(socket, connections);
    else connection.hold(run, RECORD + sizeOf(packet));
  };
}
