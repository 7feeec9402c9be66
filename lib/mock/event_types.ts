import type { IncomingHttpHeaders } from 'node:http';

/**
 * What `app.mockSocketEvent()` puts on the contexts of one call.
 *
 * @see docs/testing.md
 */
export interface MockedContext {
  /** Stands in for the HTTP session. What a handler writes to it is in this very object. Default: none */
  session?: object;
  /** Of the handshake request, as {@link MockSocketEventOptions.headers}. @default {} */
  headers?: IncomingHttpHeaders;
  /** Of the handshake request, as {@link MockSocketEventOptions.query}. @default {} */
  query?: object;
  /** As {@link MockSocketEventOptions.data}. @default {} */
  data?: object;
  /** Anything else: `user`, `service`, whatever `app/extend/context` has. */
  [member: string]: unknown;
}

/**
 * Options of `app.mockSocketEvent()`.
 *
 * @see docs/testing.md
 */
export interface MockSocketEventOptions {
  /**
   * Members that the contexts of this call have, such as `{ user, session }`, or a context of `app.mockContext()`, of which
   * session, user, cookies, state, the request's headers and what the test has put on it are taken.
   * @default {}
   */
  ctx?: MockedContext;
  /** `handshake.auth`, what a client gives as its option `auth`. @default {} */
  auth?: object;
  /** The query of the handshake request. @default {} */
  query?: object;
  /** Headers of the handshake request, such as `cookie`. @default {} */
  headers?: IncomingHttpHeaders;
  /** Assigned to `socket.data` before the connection handlers, and before the event. @default {} */
  data?: object;
  /** What the socket has joined before the event, beside what the connection handlers join. @default [] */
  rooms?: string | readonly string[];
  /** Whether the client asks for an ack. @default true */
  ack?: boolean;
  /**
   * Whether everything runs that a client meets before its first event: `allowRequest`, connection middleware, guards,
   * `@OnWSConnection()`; and `@OnWSDisconnection()` after it.
   * @default true
   */
  connect?: boolean;
  /** What the client acks where a handler asks it with `emitWithAck()`, by event: a value, or a function of the arguments. @default {} */
  answers?: Readonly<Record<string, unknown>>;
  /**
   * Asked once the handler has finished, and again with each thing that happens, whether the call is over; for what a handler
   * leaves to be done later. It is given what has happened so far.
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
  /** Its name. */
  event: string;
  /** As they come out at the client. */
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
  /** None: everybody in the namespace. */
  rooms: string[];
  /** Rooms whose members do not get it. The sender's own room is its id, {@link SocketEventResult.id}. */
  except: string[];
}

/**
 * An error as clients see it.
 *
 * @see docs/testing.md
 */
export interface ClientError {
  /** One of `ERROR_CODES`, or the app's own. */
  code: string;
  /** For people. */
  message: string;
  /** Machine-readable extras. Default: the error has none */
  details?: unknown;
}

/**
 * What has come of one event. `Ack` is the type of the ack's arguments.
 *
 * @see docs/testing.md
 */
export interface SocketEventResult<Ack extends unknown[] = unknown[]> {
  /** The arguments of the ack; `undefined` if there was none. */
  ack: Ack | undefined;
  /** What the client alone was sent, in order. */
  emitted: EmittedEvent[];
  /** What rooms and namespaces were sent, in order. */
  broadcast: BroadcastEvent[];
  /** The error that the client was told of, by the ack or by the event `exception`. */
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
