import type { Context as EggContext, Application as EggApplication } from 'egg';
import type { Socket } from 'socket.io';
import type { NamespaceTypes } from './declared';
import type { AppTypes, EmitOf, EventsMap, ListenOf, Of } from './event_maps';

/** The socket's members that a context has itself, so that `ctx.join('room')` works. */
export const SOCKET_GETTERS = [
  'id', 'handshake', 'rooms', 'data', 'nsp', 'conn', 'recovered', 'connected', 'broadcast', 'local', 'volatile',
] as const;
/** See {@link SOCKET_GETTERS}. */
export const SOCKET_METHODS = [
  'emit', 'emitWithAck', 'send', 'join', 'leave', 'to', 'in', 'except', 'timeout', 'compress', 'disconnect',
] as const;

type SocketMember = typeof SOCKET_GETTERS[number] | typeof SOCKET_METHODS[number];

/**
 * The parts of an event's name that its pattern has matched: one for each `*`, or one for each group of a RegExp (`undefined` for a group
 * that took no part).
 *
 * @see docs/controllers.md#patterns
 */
export interface EventMatch extends ReadonlyArray<string> {
  /** The named groups of a RegExp; `undefined` without any. */
  readonly groups?: Readonly<Record<string, string>>;
}

/** The members of an event's context that Egg's context does not have. */
interface EventMembers {
  /** The event's name; `connection`, `disconnecting` or `disconnect` in a handler of the connection's life. */
  readonly event: string;
  /** The matched parts of the name, if the event has its handler by a pattern, such as `@OnWSMessage('order.*')`; otherwise `undefined`. */
  readonly match: EventMatch | undefined;
  /** The client's arguments, without the ack; a middleware may replace them. */
  args: unknown[];
  /**
   * The client's ack, `undefined` if it did not ask for one. A handler that reads it calls the ack itself: the return value no longer
   * goes to the ack. An error still does, unless the ack was already called.
   */
  readonly ack: ((...values: unknown[]) => void) | undefined;
  /**
   * Aborted when nobody needs the result any more. Its `reason` is a `SocketIOError` with the code `CLIENT_LEFT`, `HANDLER_TIMEOUT` or
   * `WORKER_STOPPING`. That of a connection handler is aborted when the client leaves, also long after the handler has finished; that of an
   * event only until its handler has finished. Handlers of `disconnecting`, `disconnect` and `expired` do not get `CLIENT_LEFT`.
   *
   * @see docs/context-and-injection.md#the-signal
   */
  readonly signal: AbortSignal;
}

type OwnMember = 'socket' | 'app' | SocketMember | keyof EventMembers;
// Omit would lose every named member of Egg's context, because that has an index signature.
type EggContextRest = { [K in keyof EggContext as K extends OwnMember ? never : K]: EggContext[K] };

/**
 * The context of one connect, event or disconnect: Egg's context, made from the handshake request, with the members of the socket. The
 * parameters are those of {@link Application}, or the name of a namespace with declared types, `Context<'/chat'>`.
 *
 * @see docs/context-and-injection.md
 * @see docs/types.md
 */
export type Context<
  ListenEvents extends EventsMap | '/' | (keyof NamespaceTypes & string) = AppTypes['clientToServer'],
  EmitEvents extends EventsMap = EmitOf<ListenEvents>,
  ServerSideEvents extends EventsMap = Of<ListenEvents, 'interServer'>,
  SocketData = Of<ListenEvents, 'data'>,
> = EggContextRest & EventMembers & Pick<Socket<ListenOf<ListenEvents>, EmitEvents, ServerSideEvents, SocketData>, SocketMember> & {
  /** Egg's application. The Socket.IO server is `ctx.app.io`. */
  readonly app: EggApplication;
  /** The Socket.IO socket. */
  readonly socket: Socket<ListenOf<ListenEvents>, EmitEvents, ServerSideEvents, SocketData>;
};
