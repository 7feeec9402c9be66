import type { Socket } from 'socket.io';
import type { Application, DrainOptions } from '../types';

type Connection = Socket['conn'];

/** The sockets of each connection. */
function connectionsOf(io: Application): [Connection, Socket[]][] {
  const connections = new Map<Connection, Socket[]>();
  for (const namespace of io._nsps.values()) {
    for (const socket of namespace.sockets.values()) {
      const sockets = connections.get(socket.conn);
      if (sockets) sockets.push(socket);
      else connections.set(socket.conn, [ socket ]);
    }
  }
  return [ ...connections ];
}

function shuffle<T>(values: T[]): T[] {
  for (let i = values.length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1));
    [ values[i], values[j] ] = [ values[j], values[i] ];
  }
  return values;
}

/**
 * Closes all connections, not all at once, so that their clients do not all come back at once. A connection is closed
 * by its transport, after what is still to be written: its client then reconnects by itself, which one that is
 * disconnected by the server does not (https://socket.io/docs/v4/client-api/#event-disconnect).
 *
 * @param deadline - as of `Date.now()`; then the rest is closed without waiting
 */
export async function drain(io: Application, { batch, interval }: Required<DrainOptions>, deadline: number): Promise<void> {
  const connections = shuffle(connectionsOf(io));
  while (connections.length > 0) {
    for (const [ connection, sockets ] of connections.splice(0, batch)) {
      for (const socket of sockets) socket._onclose('server shutting down');
      connection.close();
    }
    if (connections.length === 0 || Date.now() > deadline) continue;
    await new Promise(resolve => { setTimeout(resolve, interval * (0.5 + Math.random())); });
  }
}
