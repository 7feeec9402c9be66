import type { IncomingHttpHeaders } from 'node:http';

/**
 * Members that `app.mockSocketEvent()` adds to the contexts of one call.
 *
 * @see docs/testing.md
 */
export interface MockedContext {
  /** Replaces the HTTP session. Handlers write to this very object. Default: none */
  session?: object;
  /** Of the handshake request, as {@link MockSocketEventOptions.headers}. @default {} */
  headers?: IncomingHttpHeaders;
  /** Of the handshake request, as {@link MockSocketEventOptions.query}. @default {} */
  query?: object;
  /** As {@link MockSocketEventOptions.data}. @default {} */
  data?: object;
  /** Any other member: `user`, `service`, those of `app/extend/context`. */
  [member: string]: unknown;
}

/**
 * Options of `app.mockSocketEvent()`.
 *
 * @see docs/testing.md
 */
export interface MockSocketEventOptions {
  /**
   * Members for the contexts of this call, such as `{ user, session }`, or a context of `app.mockContext()`, whose session, user,
   * cookies, state, request headers and own members are used.
   * @default {}
   */
  ctx?: MockedContext;
  /** `handshake.auth`, the client's option `auth`. @default {} */
  auth?: object;
  /** The query of the handshake request. @default {} */
  query?: object;
  /** Headers of the handshake request, such as `cookie`. @default {} */
  headers?: IncomingHttpHeaders;
  /** Assigned to `socket.data` before the connection handlers, and before the event. @default {} */
  data?: object;
  /** Rooms that the socket has joined before the event, besides those that the connection handlers join. @default [] */
  rooms?: string | readonly string[];
  /** Whether the client asks for an ack. @default true */
  ack?: boolean;
  /**
   * Whether everything before a client's first event runs: `allowRequest`, connection middleware, guards, `@OnWSConnection()`; and
   * `@OnWSDisconnection()` after it.
   * @default true
   */
  connect?: boolean;
  /** The client's acks when a handler calls `emitWithAck()`, by event: a value, or a function of the arguments. @default {} */
  answers?: Readonly<Record<string, unknown>>;
  /**
   * Whether the call is complete. Called with the results so far, when the handler has finished and then at each further step; for work
   * that a handler leaves for later.
   * @default () => true
   */
  until?: (soFar: SocketEventResult) => boolean;
  /** Milliseconds for the whole call. @default 5000 */
  timeout?: number;
}

/**
 * An event that was sent to the client.
 *
 * @see docs/testing.md
 */
export interface EmittedEvent {
  /** The event's name. */
  event: string;
  /** The arguments as the client gets them. */
  args: unknown[];
}

/**
 * An event that was sent to rooms, or to a whole namespace.
 *
 * @see docs/testing.md
 */
export interface BroadcastEvent extends EmittedEvent {
  /** With its slash: `/chat`. */
  namespace: string;
  /** Empty: everybody in the namespace. */
  rooms: string[];
  /** Rooms whose members are excluded. The sender's own room is its id, {@link SocketEventResult.id}. */
  except: string[];
}

/**
 * An error as clients get it.
 *
 * @see docs/testing.md
 */
export interface ClientError {
  /** One of `ERROR_CODES`, or the app's own. */
  code: string;
  /** The message for people. */
  message: string;
  /** Machine-readable data. Default: the error has none */
  details?: unknown;
}

/**
 * The results of one event. `Ack` is the type of the ack's arguments.
 *
 * @see docs/testing.md
 */
export interface SocketEventResult<Ack extends unknown[] = unknown[]> {
  /** The arguments of the ack; `undefined` if there was none. */
  ack: Ack | undefined;
  /** The events that were sent to this client alone, in order. */
  emitted: EmittedEvent[];
  /** The events that were sent to rooms and namespaces, in order. */
  broadcast: BroadcastEvent[];
  /** The error that the client got, by the ack or by the event `exception`. */
  error: ClientError | undefined;
  /** Whether the client was disconnected. */
  disconnected: boolean;
  /** The id that the socket had. */
  id: string;
  /** The rooms that the socket is in after the event, without its own. */
  rooms: string[];
  /** `socket.data` after the event. */
  data: unknown;
}
