/**
 * The registry's entry for a code.
 *
 * @see docs/errors.md#codes
 */
export interface ErrorCodeEntry {
  /** Used if the error is created without a message. */
  readonly message: string;
  /** Whether `message` and `details` may be sent to the client. */
  readonly expose: boolean;
}

/**
 * The plugin's own codes. Apps may use any others: `new SocketIOError('ROOM_FULL', 'the room is full')`.
 *
 * @see docs/errors.md#codes
 */
export const ERROR_CODES = Object.freeze({
  INTERNAL: { message: 'Internal server error', expose: false },
  EVENT_NOT_FOUND: { message: 'no handler for this event', expose: true },
  CONNECTION_REFUSED: { message: 'connection refused', expose: true },
  FORBIDDEN: { message: 'access denied', expose: true },
  VALIDATION_FAILED: { message: 'invalid arguments', expose: true },
  RATE_LIMITED: { message: 'too many events', expose: true },
  TOO_MANY_CONNECTS: { message: 'too many connects at once', expose: true },
  TOO_MANY_NAMESPACES: { message: 'too many namespaces', expose: true },
  TOO_MANY_ROOMS: { message: 'too many rooms', expose: true },
  AUTH_TOO_LARGE: { message: 'too much data in auth', expose: true },
  NAME_TOO_LONG: { message: 'the name of a room is too long', expose: true },
  HANDLER_TIMEOUT: { message: 'the handler took too long', expose: true },
  ACK_TIMEOUT: { message: 'the client has not acked in time', expose: true },
  ACK_DROPPED: { message: 'too many bytes of acks are waiting for the loop', expose: true },
  CLIENT_LEFT: { message: 'the client has left', expose: true },
  WORKER_STOPPING: { message: 'the worker is stopping', expose: true },
  STREAM_CANCELLED: { message: 'the client has cancelled the stream', expose: true },
  STREAM_IDLE: { message: 'the client has not taken the next item in time', expose: true },
  STREAM_LOST: { message: 'the stream, or an item of it, is not kept here: its time is over, items were dropped, or its worker has stopped, was killed or is on another machine', expose: true },
  STREAM_OVERRUN: { message: 'the client has sent more items than the handler has asked for', expose: true },
  STREAM_TOO_LONG: { message: 'too many items for one ack', expose: true },
  TOO_MANY_STREAMS: { message: 'too many streams at once', expose: true },
  NOT_A_STREAM: { message: 'the event has no stream', expose: true },
  INVALID_KEY: { message: 'the event needs a key: a string of 1 to 200 characters, or a number', expose: true },
  KEY_REUSED: { message: 'the key was used for the same event with other arguments', expose: true },
  TOO_MANY_KEYS: { message: 'too many events are being handled once', expose: true },
  ANSWER_NOT_KEPT: { message: 'the event was handled, but its answer could not be kept', expose: true },
  NEXT_CALLED_TWICE: { message: 'next() called more than once in one middleware', expose: false },
  INVALID_MIDDLEWARE: { message: 'not a socket middleware', expose: false },
  INVALID_GUARD: { message: 'not a guard', expose: false },
  INVALID_INTERCEPTOR: { message: 'not an interceptor', expose: false },
  INVALID_SCHEMA: { message: 'not a schema for arguments', expose: false },
  INVALID_FILTER: { message: 'not an error filter', expose: false },
  INVALID_CONFIG: { message: 'invalid config.socketio', expose: false },
  INVALID_CONTROLLER: { message: 'invalid socket controller', expose: false },
  DUPLICATE_EVENT: { message: 'two handlers for one event', expose: false },
  INVALID_INJECTION: { message: 'nothing provides the injected name', expose: false },
  NAME_TAKEN: { message: 'a name of the plugin is taken', expose: false },
  LOAD_FAILED: { message: 'a file of app/socket could not be loaded', expose: false },
  CLUSTER_UNAVAILABLE: { message: 'the workers cannot find each other', expose: false },
  REDIS_UNAVAILABLE: { message: 'Redis cannot be reached', expose: false },
  PORT_UNAVAILABLE: { message: 'the server cannot listen on config.socketio.port', expose: false },
  PACKAGE_MISSING: { message: 'an optional package is not installed', expose: false },
  PEERS_SILENT: { message: 'other workers or servers have not answered in time', expose: false },
  PEER_FAILED: { message: 'another worker could not answer', expose: false },
  BROADCAST_TOO_LARGE: { message: 'a message is too large for the other workers', expose: false },
  EMIT_DROPPED: { message: 'outgoing middleware has dropped the event', expose: false },
  EMIT_REFUSED: { message: 'the agent cannot send this', expose: false },
  AGENT_IO_UNAVAILABLE: { message: 'agent.io cannot be used here', expose: false },
}) satisfies Readonly<Record<string, ErrorCodeEntry>>;

/**
 * A code of the plugin's own.
 *
 * @see docs/errors.md#codes
 */
export type ErrorCode = keyof typeof ERROR_CODES;

/**
 * Optional parts of a {@link SocketIOError}.
 *
 * @see docs/errors.md#codes
 */
export interface SocketIOErrorOptions {
  /** Machine-readable data, sent to the client with the message. Must be serialisable. Default: none */
  details?: unknown;
  /**
   * The `err.data` of a client whose connection is rejected.
   * @default `{ code, details? }`
   */
  data?: unknown;
  /** The error behind this one; logged, never sent. Default: none */
  cause?: unknown;
  /**
   * Whether the client may see `message` and `details`.
   * @default true, or the registry's value for one of the plugin's codes
   */
  expose?: boolean;
}

function isRegistered(code: string): code is ErrorCode {
  return Object.hasOwn(ERROR_CODES, code);
}

/**
 * An error that is meant for the client: thrown in a handler or a middleware, its `code`, `message` and
 * `details` reach the sender through the ack (`{ error: { code, message, details? } }`) or the `exception` event;
 * thrown in connection middleware, they reach `connect_error`.
 *
 * @see docs/errors.md#codes
 *
 * @example throw new SocketIOError('ROOM_FULL', 'the room is full', { details: { room, limit: 50 } });
 */
export class SocketIOError extends Error {
  /** Upper-case words joined by `_`: one of {@link ERROR_CODES}, or the app's own. */
  readonly code: string;
  /** Whether the client may see `message` and `details`. */
  readonly expose: boolean;
  /** See {@link SocketIOErrorOptions.details}. */
  readonly details?: unknown;
  /** See {@link SocketIOErrorOptions.data}. */
  readonly data?: unknown;

  /**
   * @param code - upper-case words joined by `_`; one of {@link ERROR_CODES} or the app's own
   * @param message - for people; default: the registry's message for `code`, else `code` itself
   * @param options - details, data, cause and visibility
   */
  constructor(code: string, message?: string, options: SocketIOErrorOptions = {}) {
    const entry: ErrorCodeEntry | undefined = isRegistered(code) ? ERROR_CODES[code] : undefined;
    super(message ?? entry?.message ?? code, 'cause' in options ? { cause: options.cause } : undefined);
    this.name = 'SocketIOError';
    this.code = code;
    this.expose = options.expose ?? entry?.expose ?? true;
    if (options.details !== undefined) this.details = options.details;
    if (options.data !== undefined) this.data = options.data;
  }
}

/** Whether an error is that of `config.socketio.limits.handlerTimeout`. */
export function isTimeout(thrown: unknown): thrown is SocketIOError {
  return thrown instanceof SocketIOError && thrown.code === 'HANDLER_TIMEOUT';
}

/** The prefix of messages of {@link startupError}. */
export const PREFIX = '[egg-socketio] ';

/** An error that stops the start, or that is only logged; its message names the plugin. */
export function startupError(code: ErrorCode, message: string, cause?: unknown): SocketIOError {
  const error = new SocketIOError(code, PREFIX + message, cause === undefined ? {} : { cause });
  // Egg logs the message, and then the stack without its first line, which would repeat all other lines of the message.
  error.stack = error.stack?.replace(error.message, () => error.message.replace(/\n/g, ' '));
  return error;
}
