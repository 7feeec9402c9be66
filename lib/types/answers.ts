// Imports nothing: pages import these types too.

/**
 * An error as a client gets it.
 *
 * @see docs/types.md#errors-in-a-typed-client
 */
export interface ErrorBody {
  /** One of the plugin's `ERROR_CODES`, or the app's own. */
  code: string;
  /** The message for people. */
  message: string;
  /** Machine-readable data. Default: the error has none */
  details?: unknown;
}

/**
 * The ack of an event whose handler, guards, schemas or middleware have thrown an error.
 *
 * @see docs/types.md#errors-in-a-typed-client
 */
export interface ErrorAnswer {
  /** The error that was thrown. */
  error: ErrorBody;
}

/**
 * The argument of an ack: the return value of the handler, or an error.
 *
 * @see docs/types.md#errors-in-a-typed-client
 */
export type Answer<T = undefined> = T | ErrorAnswer;

/**
 * The ack of an event, for the map of the events that clients send. The server's handler returns a `T`, and a client has to handle an
 * error as well.
 *
 * @see docs/types.md#errors-in-a-typed-client
 *
 * @example
 * export interface ClientToServer {
 *   bid(amount: number, ack: Ack<Bid>): void;
 * }
 */
export interface Ack<T = undefined> {
  (answer: Answer<T>): void;
  /** Never there: tells the compiler what the handler returns. */
  readonly '~returns'?: readonly [T];
}

/**
 * The ack of an event whose handler returns an async iterable, for the map of the events that clients send. `stream()` of
 * `egg-socketio/client` iterates over its items; a client that sends the event itself gets all of them as an array.
 *
 * @see docs/streams.md#types
 *
 * @example
 * export interface ClientToServer {
 *   ask(prompt: string, ack: StreamAck<string>): void;
 * }
 */
export interface StreamAck<Item> extends Ack<Item[]> {
  /** Never there: tells the compiler what the items are. */
  readonly '~item'?: readonly [Item];
}

/**
 * The events that the plugin itself sends to clients, to be added to the map of the events that they receive.
 *
 * @see docs/types.md#errors-in-a-typed-client
 *
 * @example
 * export interface ServerToClient extends BuiltInEvents {
 *   sold(bid: Bid): void;
 * }
 */
export interface BuiltInEvents {
  /** An error of an event without an ack, or of a connection handler (`event: 'connection'`). */
  exception(error: ErrorBody & { event: string }): void;
}
