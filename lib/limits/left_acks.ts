import type { Socket } from 'socket.io';

const END = Symbol('ack#end');
const LEFT = Symbol('Socket#left');

/** The message of Socket.IO's client. */
const MESSAGE = 'socket has been disconnected';

type Ack = (...answers: never[]) => unknown;
interface Ending { [END]?: (this: Internals) => void }

/** The parts of a socket that are not in Socket.IO's types, and the state kept there here. */
interface Internals {
  readonly id: string;
  readonly acks?: Map<number, Ack & Ending>;
  [LEFT]?: true;
}

/** The error of an ack whose client has left. */
export function leftError(): Error {
  return new Error(MESSAGE);
}

/** Calls `end`, on the socket, instead of an ack if the client leaves first. */
export function endIfLeft<T extends Ack>(ack: T, end: (this: Internals) => void): T {
  return Object.assign(ack, { [END]: end });
}

function endAck(socket: Internals, id: number): void {
  const { acks } = socket;
  const end = acks?.get(id)?.[END];
  if (!end) return;
  acks!.delete(id);
  end.call(socket);
}

/**
 * The same for an ack that a socket has registered; also if the client has already left, which nothing would report then, or leaves
 * before its connection is accepted, when there is no disconnect.
 */
export function endRegisteredIfLeft(socket: Socket, id: number, end: () => void): void {
  const internals = socket as unknown as Internals;
  endIfLeft(internals.acks!.get(id)!, end);
  if (socket.connected) return;
  if (internals[LEFT] || socket.conn.readyState === 'closed') process.nextTick(endAck, internals, id);
  else socket.conn.once('close', () => endAck(internals, id));
}

/** A socket has left: its missing acks are no longer awaited. */
export function endAcksOf(socket: Socket): void {
  const internals = socket as unknown as Internals;
  internals[LEFT] = true;
  for (const id of internals.acks?.keys() ?? []) endAck(internals, id);
}
