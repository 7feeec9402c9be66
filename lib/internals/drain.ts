import type { Socket } from 'socket.io';
import { atMost } from '../base/at_most';
import type { Application } from '../types/application';
import type { DrainOptions } from '../types/drain';

type Connection = Socket['conn'];

/** Milliseconds that the last clients have to receive the close of their connection; a poll has to arrive for it. */
const LAST_WORD = 1000;
/** The share of the limit over which a worker that is in no hurry spreads its closes. */
const SPREAD_SHARE = 0.5;
/** The share of the limit that is reserved for closing connections whose events hang, and for their disconnect handlers. */
const CLOSING_SHARE = 0.1;

/** Closes something. */
type Close = () => void;

/** The sockets of each connection; empty if its client is in no namespace yet. */
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

/** How the events of a connection that is about to be closed are completed. */
export interface Finishing {
  /** Accepts no more events of these sockets; resolves when those in progress are handled and acked. */
  finish(sockets: readonly Socket[]): Promise<void>;
  /** Records that these sockets' events have not finished in time, and are cut off. */
  cutOff(sockets: readonly Socket[]): void;
}

/** Closes a connection after its events; resolves when it is closed, or its client does not receive the close. */
async function closeConnection(connection: Connection, sockets: readonly Socket[], finishing: Finishing, eventsEnd: Promise<'late'>): Promise<void> {
  if (await Promise.race([ finishing.finish(sockets), eventsEnd ]) === 'late') finishing.cutOff(sockets);
  for (const socket of sockets) socket._onclose('server shutting down');
  if (connection.readyState === 'closed') return;
  const closed = new Promise(resolve => { connection.once('close', resolve); });
  connection.close();
  await atMost(LAST_WORD, closed);
}

/**
 * Closes a list, not all at once, so that the clients do not all reconnect at once.
 *
 * @param end - as of `Date.now()`; then the rest is closed without waiting
 * @param othersStay - whether other workers take the clients at once. Then as few are closed at a time as the limit allows: many clients
 * that reconnect together wait for each other. If all workers stop, clients wait for the next start, and each pause would make that later
 */
export async function closeInBatches(
  all: readonly Close[], { batch, interval, limit }: Required<DrainOptions>, end: number, othersStay = () => false,
): Promise<void> {
  const open = shuffle([ ...all ]);
  const few = Math.ceil(open.length * interval / (limit * SPREAD_SHARE));
  while (open.length > 0) {
    for (const close of open.splice(0, othersStay() ? Math.min(few, batch) : batch)) close();
    const left = end - Date.now();
    if (open.length === 0 || left < 0) continue;
    await new Promise(resolve => { setTimeout(resolve, Math.min(interval * (0.5 + Math.random()), left)); });
  }
}

/**
 * Closes all connections of this worker. Until its turn comes, a connection works as usual; then no more events are accepted from it, and
 * those in progress are finished first. Its transport is closed after the remaining data is written, so its client reconnects by itself,
 * which a client that the server disconnects does not do (https://socket.io/docs/v4/client-api/#event-disconnect).
 *
 * @param deadline - as of `Date.now()`
 * @param othersStay - whether other workers take the clients
 * @return the number of connections
 */
export async function drain(
  io: Application, options: Required<DrainOptions>, deadline: number, finishing: Finishing, othersStay?: () => boolean,
): Promise<number> {
  const closing: Promise<void>[] = [];
  const connections = connectionsOf(io);
  const end = deadline - options.limit * CLOSING_SHARE;
  let timer: NodeJS.Timeout | undefined;
  const eventsEnd = new Promise<'late'>(resolve => { timer = setTimeout(() => resolve('late'), end - Date.now()); });
  await closeInBatches(connections.map(([ connection, sockets ]) => () => {
    closing.push(closeConnection(connection, sockets, finishing, eventsEnd));
  }), options, end, othersStay);
  await atMost(deadline - Date.now(), Promise.all(closing));
  clearTimeout(timer);
  return connections.length;
}
