import type { Socket } from 'socket.io';
import { SocketIOError } from '../base/errors';
import { ABORT, CONNECTING, type SocketContext } from './socket_context';

const UNFINISHED = Symbol('#abortControllers');

/** A socket or its connection, with the controllers that its end aborts. */
type Holder = object & { [UNFINISHED]?: Set<AbortController> };

/** The client has left before their handlers run, and what they do then is not to be cancelled by that. */
const AFTER_THE_CLIENT: ReadonlySet<string> = new Set([ 'disconnecting', 'disconnect' ]);

function leftError(): SocketIOError {
  return new SocketIOError('CLIENT_LEFT');
}

function abortAll(holder: Holder, error: SocketIOError): void {
  const controllers = holder[UNFINISHED];
  holder[UNFINISHED] = undefined;
  for (const controller of controllers ?? []) controller.abort(error);
}

function controllersOf(holder: Holder): Set<AbortController> {
  return holder[UNFINISHED] ??= new Set();
}

/** Those of a connection's pending CONNECTs: if it closes before they are accepted, there is no `disconnect`. */
function connectingOf(conn: Socket['conn'] & Holder): Set<AbortController> {
  if (!conn[UNFINISHED]) conn.once('close', () => abortAll(conn, leftError()));
  return controllersOf(conn);
}

function createController(ctx: SocketContext): AbortController {
  const controller = new AbortController();
  // Its event is over, and nothing would release it.
  if (ctx[ABORT] === null) return controller;
  if (AFTER_THE_CLIENT.has(ctx.event)) return controller;
  if (!ctx.connected) {
    controller.abort(leftError());
    return controller;
  }
  controllersOf(ctx.socket).add(controller);
  if (ctx[CONNECTING]) connectingOf(ctx.socket.conn).add(controller);
  return controller;
}

/** Returns the signal of an event, which is created at the first call. */
export function signalOf(ctx: SocketContext): AbortSignal {
  return (ctx[ABORT] ??= createController(ctx)).signal;
}

/** The handlers of a context run because its client is gone for good, so that does not abort their signal. */
export function outliveClient(ctx: SocketContext): void {
  ctx[ABORT] = new AbortController();
}

/** Aborts the signal of an event; one that is only read later is aborted from the beginning. */
export function abortSignal(ctx: SocketContext, error: unknown): void {
  releaseSignal(ctx);
  (ctx[ABORT] ??= new AbortController()).abort(error);
}

/** The handler has finished, so nothing aborts its signal any more, and the socket does not keep it, not even one that is read later. */
export function releaseSignal(ctx: SocketContext): void {
  const controller = ctx[ABORT];
  if (!controller) ctx[ABORT] = null;
  else for (const holder of [ ctx.socket, ctx.socket.conn ] as Holder[]) holder[UNFINISHED]?.delete(controller);
}

/** A socket has left: aborts the signals of its events and of its connection handlers. */
export function abortSignalsOf(socket: Socket, reason: string): void {
  const { [UNFINISHED]: controllers } = socket as Holder;
  if (!controllers) return;
  const connecting = (socket.conn as Holder)[UNFINISHED];
  if (connecting) for (const controller of controllers) connecting.delete(controller);
  abortAll(socket, reason === 'server shutting down' ? new SocketIOError('WORKER_STOPPING') : leftError());
}

/** Whether a handler has thrown because of its signal: the signal's reason, or an error with it as its cause, as those of Node.js. */
export function obeysSignal(ctx: SocketContext, thrown: unknown): boolean {
  const signal = ctx[ABORT]?.signal;
  if (!signal?.aborted) return false;
  return thrown === signal.reason || (thrown instanceof Error && thrown.cause === signal.reason);
}
