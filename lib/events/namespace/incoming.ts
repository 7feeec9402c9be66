import { Socket } from 'socket.io';
import { pendingAcksOf } from '../../context/pending_acks';
import type { SocketContext } from '../../context/socket_context';
import { type AppMiddleware, runAppMiddleware } from '../../base/app_code';
import { socketStateOf } from './socket_state';
import { callListeners } from './app_listeners';
import { markPluginListener } from './shared_acks';
import type { HoldEvent } from './waiting_events';

/**
 * Called with `[event, ...args]`, the ack being the last argument if the client asked for one; may change the array. `heard` is whether
 * the app also listens to the event with `socket.on()`. `ctx` becomes the context of the event, if there is one already. Must not throw.
 *
 * @return the end of the handler, if that waits for something
 */
export type Receive = (socket: Socket, packet: unknown[], heard: boolean, ctx?: SocketContext) => PromiseLike<void> | void;

/** Hands a packet to its handler, as {@link Receive} does, and to the app's own listeners. Must not throw. */
export type Deliver = (socket: Socket, packet: unknown[], ctx?: SocketContext) => PromiseLike<void> | void;

/** Whether a packet may be handled; if not, it has been answered already. */
export type Admit = (socket: Socket, packet: readonly unknown[]) => boolean;

/** Handles an error of the app's own listeners or middleware for `[event, ...args]`. Must not throw. */
export type OwnError = (socket: Socket, packet: readonly unknown[], thrown: unknown) => void;

/** Tracks whose events make this worker send more than the others can take, while there is a reason to. */
export interface Watch {
  readonly isWatching: boolean;
  /** Handles a packet of a socket. */
  run(socket: Socket, handle: () => void): void;
}

/** Intercepts the packets of a socket with a {@link Receive}. */
export type Intercept = (socket: Socket) => void;

/** The parts of Socket.IO's socket that are not in its types. */
interface SocketInternals {
  fns: AppMiddleware<unknown[]>[];
  dispatch(packet: unknown[]): void;
  _onerror(error: Error): void;
}

/** Whether this version of Socket.IO has the method that gets every packet in the expected place. */
export function hasDispatch(): boolean {
  const { dispatch, _onerror } = Socket.prototype as unknown as Partial<SocketInternals>;
  return dispatch?.length === 1 && _onerror?.length === 1;
}

/** Whether the app listens to an event itself. */
export function isHeard(socket: Socket, event: unknown): boolean {
  // Socket.IO itself listens to 'error', and the app expects it to be an error of the connection, so no client may send one.
  return typeof event === 'string' && event !== 'error' && socket.listenerCount(event) > 0;
}

/** Lets a stop wait for the ack of an event that the app's own listeners may answer, because it is unknown when they have finished. */
function oweAck(socket: Socket, packet: unknown[]): void {
  const ack = packet.at(-1);
  if (typeof ack !== 'function') return;
  const event = packet[0] as string;
  const pendingAcks = pendingAcksOf(socket);
  let given = false;
  pendingAcks.add(event);
  packet[packet.length - 1] = (...values: unknown[]): void => {
    if (!given) pendingAcks.remove(event);
    given = true;
    (ack as (...values: unknown[]) => void)(...values);
  };
}

/**
 * Accepts no more events from a socket: they stay without an ack, and the client notices the end of its connection.
 *
 * @param onLate - called for each late event
 */
export function takeNoMore(socket: Socket, onLate: () => void): void {
  (socket as unknown as SocketInternals).dispatch = onLate;
}

/**
 * One method instead of a listener for each event and socket: `socket.dispatch` is replaced. `socket.use()` and `socket.on()` still work.
 *
 * @param around - what runs for each packet instead of its delivery, and may call it
 */
export function interceptDispatch(
  receive: Receive, admit: Admit, hold: HoldEvent, ownError: OwnError, watch?: Watch, around = (usual: Deliver): Deliver => usual,
): Intercept {
  const deliver = around((socket, packet, ctx) => {
    const heard = isHeard(socket, packet[0]);
    if (heard) oweAck(socket, packet);
    const copy = heard ? [ ...packet ] : undefined;
    const ending = receive(socket, packet, heard, ctx);
    if (copy) callListeners(socket, copy[0] as string, copy.slice(1), thrown => ownError(socket, copy, thrown));
    return ending;
  });

  function arrive(socket: Socket, packet: unknown[]): void {
    if (!socket.connected || !admit(socket, packet)) return;
    const connection = socketStateOf(socket);
    if (connection.open) void deliver(socket, packet);
    else hold(socket, connection, packet, () => { void deliver(socket, packet); });
  }

  function dispatch(this: SocketInternals, packet: unknown[]): void {
    const socket = this as unknown as Socket;
    if (this.fns.length === 0) {
      arrive(socket, packet);
      return;
    }
    runAppMiddleware(this.fns, packet, error => {
      if (error) this._onerror(error);
      else arrive(socket, packet);
    }, thrown => ownError(socket, packet, thrown));
  }

  function dispatchWatched(this: SocketInternals, packet: unknown[]): void {
    if (watch!.isWatching) watch!.run(this as unknown as Socket, () => dispatch.call(this, packet));
    else dispatch.call(this, packet);
  }

  const own = watch ? dispatchWatched : dispatch;
  return socket => { (socket as unknown as SocketInternals).dispatch = own; };
}

/** The alternative with public methods only, for a version of Socket.IO with changed internals. */
export function interceptListeners(receive: Receive, admit: Admit, hold: HoldEvent, events: Iterable<string>): Intercept {
  const routed = new Set(events);
  routed.delete('error');
  return socket => {
    const connection = socketStateOf(socket);
    const arrive = (packet: unknown[], heard: boolean) => {
      if (!socket.connected || !admit(socket, packet)) return;
      if (connection.open) void receive(socket, packet, heard);
      else hold(socket, connection, packet, () => { void receive(socket, packet, heard); });
    };
    for (const event of routed) socket.on(event, (...args: unknown[]) => arrive([ event, ...args ], true));
    socket.onAny(markPluginListener((event: unknown, ...args: unknown[]) => {
      if (!routed.has(event as string)) arrive([ event, ...args ], isHeard(socket, event));
    }));
  };
}
