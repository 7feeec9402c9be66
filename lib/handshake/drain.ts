import type { Socket } from 'socket.io';
import type { Application, DrainOptions } from '../types';

type Connection = Socket['conn'];

/** Milliseconds that the last clients have to take the word that their connection is closed; a poll has to come for it. */
const LAST_WORD = 1000;

/** Something that {@link drain} closes. */
type Close = () => void;

/** Resolves after so many milliseconds, or sooner. */
export async function atMost(milliseconds: number, promise: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([ promise, new Promise(resolve => { timer = setTimeout(resolve, milliseconds); }) ]);
  clearTimeout(timer);
}

/** The sockets of each connection; none, if its client is in no namespace yet. */
function connectionsOf(io: Application): [Connection, Socket[]][] {
  const { clients } = io.engine as unknown as { clients: Record<string, Connection> };
  const connections = new Map<Connection, Socket[]>(Object.values(clients).map(connection => [ connection, []]));
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

/** Closes a connection; resolves once it is closed. */
async function closeConnection(connection: Connection, sockets: readonly Socket[]): Promise<void> {
  for (const socket of sockets) socket._onclose('server shutting down');
  if (connection.readyState === 'closed') return;
  const closed = new Promise(resolve => { connection.once('close', resolve); });
  connection.close();
  await closed;
}

/**
 * Closes all connections, not all at once, so that their clients do not all come back at once. A connection is closed
 * by its transport, after what is still to be written: its client then reconnects by itself, which one that is
 * disconnected by the server does not (https://socket.io/docs/v4/client-api/#event-disconnect).
 *
 * @param relays - each breaks one connection between a client and another worker
 * @param deadline - as of `Date.now()`; then the rest is closed without waiting
 */
export async function drain(
  io: Application, relays: readonly Close[], { batch, interval }: Required<DrainOptions>, deadline: number,
): Promise<void> {
  const closing: Promise<void>[] = [];
  const open = shuffle([
    ...connectionsOf(io).map(([ connection, sockets ]) => () => { closing.push(closeConnection(connection, sockets)); }),
    ...relays,
  ]);
  while (open.length > 0) {
    for (const close of open.splice(0, batch)) close();
    const left = deadline - Date.now();
    if (open.length === 0 || left < 0) continue;
    await new Promise(resolve => { setTimeout(resolve, Math.min(interval * (0.5 + Math.random()), left)); });
  }
  await atMost(Math.min(LAST_WORD, deadline - Date.now()), Promise.all(closing));
}
