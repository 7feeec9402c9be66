import type { Socket } from 'socket.io';
import type { Refusals } from '../../limits/refusals';
import type { SocketState } from './socket_state';

const WAITING = Symbol('conn#waitingEvents');

/** Bytes that an event takes besides the client's data: its arrays, its ack and the functions that will run it. */
const RECORD = 500;
const OBJECT = 56;
const SLOT = 8;

/** Lets an event wait for the connection handlers of its socket. */
export type HoldEvent = (socket: Socket, connection: SocketState, packet: readonly unknown[], run: () => void) => void;

/**
 * Returns the approximate memory of an event in bytes. It uses a list instead of recursion: with `depth: false`, data may be nested more
 * deeply than the stack allows.
 */
function sizeOf(packet: readonly unknown[]): number {
  let bytes = RECORD;
  const left: unknown[] = [ packet ];
  while (left.length > 0) {
    const value = left.pop();
    bytes += SLOT;
    if (typeof value === 'string') bytes += value.length;
    if (typeof value !== 'object' || value === null) continue;
    bytes += OBJECT;
    if (ArrayBuffer.isView(value)) bytes += value.byteLength;
    else for (const part of Array.isArray(value) ? value as unknown[] : Object.values(value)) left.push(part);
  }
  return bytes;
}

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
    else connection.hold(run, sizeOf(packet));
  };
}
