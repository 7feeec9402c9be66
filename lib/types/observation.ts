import type { Socket } from 'socket.io';
import type { Refusal } from './refusal';
import type { Context } from './context';

/**
 * Published when a client is connected to a namespace.
 *
 * @see docs/observability.md#channels
 */
export interface ConnectMessage {
  /** The namespace's name, with its slash. */
  readonly nsp: string;
  /** The Socket.IO socket. */
  readonly socket: Socket;
}

/**
 * Published when middleware, a guard, or a limit has rejected a client.
 *
 * @see docs/observability.md#channels
 */
export interface RefuseMessage {
  /** The namespace's name, with its slash. */
  readonly nsp: string;
  /** The socket, which is not connected. */
  readonly socket: Socket;
  /** The code in the `data` of the client's `connect_error`; `undefined` if the app's own error or filter has none. */
  readonly code: string | undefined;
  /** The error that the client gets. */
  readonly error: Error;
}

/**
 * Published when a client has left a namespace.
 *
 * @see docs/observability.md#channels
 */
export interface DisconnectMessage {
  /** The namespace's name, with its slash. */
  readonly nsp: string;
  /** The Socket.IO socket. */
  readonly socket: Socket;
  /** Socket.IO's reason: `transport close`, `ping timeout`, `client namespace disconnect`, … */
  readonly reason: string;
  /** Milliseconds since the handshake. */
  readonly duration: number;
}

/**
 * The kind of an event: an event from a client, or a step of its connection's life.
 *
 * @see docs/observability.md#channels
 */
export type HandlerKind = 'message' | 'connection' | 'disconnecting' | 'disconnect' | 'expired';

/**
 * The outcome of an event:
 *
 * - `acked`: the client asked for an ack, and got it.
 * - `unacked`: the client asked for an ack; the app has read `ctx.ack`, and has not called it yet.
 * - `done`: the client did not ask for an ack.
 * - `gone`: nothing failed, but the client had left before.
 * - `refused`: rejected by a guard, the validation or a rate limit; `code` is `FORBIDDEN`, `VALIDATION_FAILED` or `RATE_LIMITED`.
 * - `unknown`: the event has no handler.
 * - `timeout`: it took longer than `config.socketio.limits.handlerTimeout`.
 * - `failed`: anything else was thrown.
 *
 * @see docs/observability.md#outcomes
 */
export type EventOutcome = 'acked' | 'unacked' | 'done' | 'gone' | 'refused' | 'unknown' | 'timeout' | 'failed';

/**
 * Published when a handler starts, and again when it has ended; both times with the same object.
 *
 * @see docs/observability.md#events
 */
export interface EventMessage {
  /** The kind of the event; also `message` if the event has no handler. */
  readonly kind: HandlerKind;
  /** The namespace's name, with its slash. */
  readonly nsp: string;
  /** The name that the client has sent; if `handler` is undefined or `pattern` is set, it can be anything. */
  readonly event: string;
  /** The pattern that has matched, as it was written, such as `order.*`; `undefined` for an exact name. A label for metrics. */
  readonly pattern: string | undefined;
  /** The Socket.IO socket. */
  readonly socket: Socket;
  /** `file: Class.method`, with the file relative to the app; `undefined` if the event has no handler. */
  readonly handler: string | undefined;
  /** The event's context; `undefined` if the event was refused before it got one. */
  readonly ctx: Context | undefined;
  /** Whether the client has asked for an ack. */
  readonly wantsAck: boolean;
  /** The start time, a `performance.now()` value. */
  readonly startedAt: number;
  /** The duration in milliseconds; `undefined` until the event has ended. */
  readonly duration: number | undefined;
  /** The outcome; `undefined` until the event has ended. */
  readonly outcome: EventOutcome | undefined;
  /** The error's code, as the client gets it; `undefined` without an error. */
  readonly code: string | undefined;
  /** The thrown value, if any. */
  readonly error: unknown;
}

/**
 * An {@link EventMessage} of an event that has ended.
 *
 * @see docs/observability.md#events
 */
export type EndedEventMessage = EventMessage & { readonly duration: number; readonly outcome: EventOutcome };

/**
 * Published when the app, or the plugin on its behalf, emits an event.
 *
 * @see docs/observability.md#channels
 */
export interface EmitMessage {
  /** The namespace's name, with its slash. */
  readonly nsp: string;
  /** The event's name. */
  readonly event: string;
  /** The arguments, without an ack function. */
  readonly args: readonly unknown[];
  /** The socket whose `emit()` was called; `undefined` for a broadcast. */
  readonly socket: Socket | undefined;
  /** The rooms of a broadcast; empty for everybody in the namespace. */
  readonly rooms: readonly string[];
  /** Rooms, and ids of sockets, that a broadcast excludes. */
  readonly except: readonly string[];
  /** Whether clients are asked for an ack. */
  readonly wantsAck: boolean;
}

/**
 * Published when this worker forwards a client's request to the worker that owns its session.
 *
 * @see docs/observability.md#channels
 */
export interface ForwardMessage {
  /** The id of the Engine.IO session; `undefined` for a new client that a stopping worker forwards. */
  readonly sid: string | undefined;
  /** The tag of the target worker. */
  readonly to: string;
  /** `relay`: a connection that passes through this worker for the rest of its life. */
  readonly kind: 'request' | 'relay';
}

/**
 * Published when this worker has taken over a session.
 *
 * @see docs/observability.md#channels
 */
export interface TakeOverMessage {
  /** The id of the Engine.IO session. */
  readonly sid: string;
  /** The tag of the previous worker. */
  readonly from: string;
}

/**
 * Published when the link to another worker of the app opens, and when it is lost.
 *
 * @see docs/observability.md#channels
 */
export interface PeerMessage {
  /** The other worker's tag, unique to its life. */
  readonly tag: string;
  /** Its process id. */
  readonly pid: number;
}

/**
 * Published when a limit, or the origin check, has refused something.
 *
 * @see docs/observability.md#channels
 */
export interface LimitMessage {
  /** The limit's name, as in `app.io.stats()`. */
  readonly limit: Refusal;
  /** The message, as it is logged. */
  readonly message: string;
}

/** All published messages, by kind. */
export interface Messages {
  connect: ConnectMessage;
  refuse: RefuseMessage;
  disconnect: DisconnectMessage;
  eventStart: EventMessage;
  /** Published once for each `eventStart`. */
  eventEnd: EndedEventMessage;
  emit: EmitMessage;
  forward: ForwardMessage;
  takeOver: TakeOverMessage;
  peerUp: PeerMessage;
  peerDown: PeerMessage;
  limit: LimitMessage;
}
