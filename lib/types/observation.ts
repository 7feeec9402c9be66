import type { Socket } from 'socket.io';
import type { Refusal } from './refusal';
import type { Context } from './context';

/**
 * A client is connected to a namespace.
 *
 * @see docs/observability.md#channels
 */
export interface ConnectMessage {
  /** The namespace's name, with its slash. */
  readonly nsp: string;
  /** Socket.IO's. */
  readonly socket: Socket;
}

/**
 * A client was not let into a namespace: by middleware, a guard, or a limit.
 *
 * @see docs/observability.md#channels
 */
export interface RefuseMessage {
  /** The namespace's name, with its slash. */
  readonly nsp: string;
  /** It is not connected. */
  readonly socket: Socket;
  /** As in the `data` of the client's `connect_error`; `undefined` if an error or a filter of the app's own put none there. */
  readonly code: string | undefined;
  /** What the client is told. */
  readonly error: Error;
}

/**
 * A client has left a namespace.
 *
 * @see docs/observability.md#channels
 */
export interface DisconnectMessage {
  /** The namespace's name, with its slash. */
  readonly nsp: string;
  /** Socket.IO's. */
  readonly socket: Socket;
  /** Socket.IO's: `transport close`, `ping timeout`, `client namespace disconnect`, … */
  readonly reason: string;
  /** Milliseconds since its handshake. */
  readonly duration: number;
}

/**
 * What a handler is for: an event of a client, or a step of its connection's life.
 *
 * @see docs/observability.md#channels
 */
export type HandlerKind = 'message' | 'connection' | 'disconnecting' | 'disconnect';

/**
 * How an event ended:
 *
 * - `acked`: the client asked for an ack, and has it.
 * - `unacked`: the client asked for an ack; the app has taken it over with `ctx.ack`, and not given it yet.
 * - `done`: no ack was asked for.
 * - `gone`: nothing failed, but the client had gone before that.
 * - `refused`: by a guard, the validation or a rate; `code` is `FORBIDDEN`, `VALIDATION_FAILED` or `RATE_LIMITED`.
 * - `unknown`: nobody handles it.
 * - `timeout`: it took longer than `config.socketio.limits.handlerTimeout`.
 * - `failed`: anything else was thrown.
 *
 * @see docs/observability.md#outcomes
 */
export type EventOutcome = 'acked' | 'unacked' | 'done' | 'gone' | 'refused' | 'unknown' | 'timeout' | 'failed';

/**
 * A handler runs, or has run. The same object from the beginning to the end.
 *
 * @see docs/observability.md#events
 */
export interface EventMessage {
  /** What the handler is for; `message` also if nobody handles the event. */
  readonly kind: HandlerKind;
  /** The namespace's name, with its slash. */
  readonly nsp: string;
  /** As the client has named it; where `handler` is undefined, that may be anything. */
  readonly event: string;
  /** Socket.IO's. */
  readonly socket: Socket;
  /** `file#Class.method`; `undefined` if nobody handles the event. */
  readonly handler: string | undefined;
  /** `undefined` for an event that was refused before it had one. */
  readonly ctx: Context | undefined;
  /** Whether the client has asked for an ack. */
  readonly wantsAck: boolean;
  /** When it began, as `performance.now()` says it. */
  readonly startedAt: number;
  /** Milliseconds that it took; `undefined` until it is over. */
  readonly duration: number | undefined;
  /** `undefined` until it is over. */
  readonly outcome: EventOutcome | undefined;
  /** The code of the error, as the client is told; `undefined` if there is none. */
  readonly code: string | undefined;
  /** What was thrown, if something was. */
  readonly error: unknown;
}

/**
 * An {@link EventMessage} that is over.
 *
 * @see docs/observability.md#events
 */
export type EndedEventMessage = EventMessage & { readonly duration: number; readonly outcome: EventOutcome };

/**
 * The app emits, or the plugin does for it.
 *
 * @see docs/observability.md#channels
 */
export interface EmitMessage {
  /** The namespace's name, with its slash. */
  readonly nsp: string;
  /** The event's name. */
  readonly event: string;
  /** What is sent with it, without an ack function. */
  readonly args: readonly unknown[];
  /** The socket whose `emit()` it was; `undefined` for a broadcast. */
  readonly socket: Socket | undefined;
  /** Of a broadcast; none: everybody in the namespace. */
  readonly rooms: readonly string[];
  /** Rooms, and ids of sockets, that a broadcast leaves out. */
  readonly except: readonly string[];
  /** Whether clients are asked for an ack. */
  readonly wantsAck: boolean;
}

/**
 * This worker passes a client's request on to the worker that has its session.
 *
 * @see docs/observability.md#channels
 */
export interface ForwardMessage {
  /** Of an Engine.IO session; `undefined` for a newcomer that a worker which stops sends on. */
  readonly sid: string | undefined;
  /** Where to: the tag of a worker. */
  readonly to: string;
  /** `relay`: a connection that goes through this worker as long as it lives. */
  readonly kind: 'request' | 'relay';
}

/**
 * This worker has taken a session over.
 *
 * @see docs/observability.md#channels
 */
export interface TakeOverMessage {
  /** Of the Engine.IO session. */
  readonly sid: string;
  /** The tag of the worker that had it. */
  readonly from: string;
}

/**
 * The way to another worker of the app is open, or it is gone.
 *
 * @see docs/observability.md#channels
 */
export interface PeerMessage {
  /** The other worker's: unique to its life. */
  readonly tag: string;
  /** Its process id. */
  readonly pid: number;
}

/**
 * A limit, or the policy for origins, has refused something.
 *
 * @see docs/observability.md#channels
 */
export interface LimitMessage {
  /** Which one, as in `app.io.stats()`. */
  readonly limit: Refusal;
  /** As it is logged. */
  readonly message: string;
}

/** All that is told, by what is told. */
export interface Messages {
  connect: ConnectMessage;
  refuse: RefuseMessage;
  disconnect: DisconnectMessage;
  eventStart: EventMessage;
  /** Once for each `eventStart`. */
  eventEnd: EndedEventMessage;
  emit: EmitMessage;
  forward: ForwardMessage;
  takeOver: TakeOverMessage;
  peerUp: PeerMessage;
  peerDown: PeerMessage;
  limit: LimitMessage;
}
