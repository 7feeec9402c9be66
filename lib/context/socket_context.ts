import type { Socket } from 'socket.io';
import type { Context, EventMatch } from '../types/context';
import { pendingAcksOf } from './pending_acks';

/** The function that Socket.IO passes if a client asks for an ack. */
export type RawAck = (...values: unknown[]) => void;

/** The client's own ack, untouched. */
export const RAW_ACK = Symbol('Context#rawAck');
/** Whether the client has got its ack. */
export const ACKED = Symbol('Context#acked');
/** Whether the app has read `ctx.ack` and calls it itself. */
export const ACK_TAKEN = Symbol('Context#ackTaken');

/** The parts of the event's name that a pattern has matched; missing for an exact name. */
export const MATCH = Symbol('Context#match');

/** Whether a repeated event gets the answer of this one: it is given to the ack also if the client has left. */
export const KEEPS_ANSWER = Symbol('Context#keepsAnswer');

/** The event's record for observers (lib/telemetry/observation); missing without observers. */
export const RECORD = Symbol('Context#record');

/** Whether the connection is not accepted yet; its socket is not connected until then. */
export const CONNECTING = Symbol('Context#connecting');

/**
 * The controller of `ctx.signal` (abort_signal.ts); `undefined` until the app has read that, or the event is aborted; `null` if it is over
 * before.
 */
export const ABORT = Symbol('Context#abort');

/** Whether `ctx.session` is the session in its store, and not the one at the connect. */
export const LIVE_SESSION = Symbol('Context#liveSession');

/** The client's stream (lib/events/streams/channel.ts); `undefined` for an event of a client that does not take items one at a time. */
export const STREAM = Symbol('Context#stream');

/** The state of a stream that its event reads. */
interface StreamOfEvent {
  /** Whether the client has to take items before more are sent. */
  readonly isWaiting: boolean;
  /** Whether it waits for a client that may come back. */
  readonly isAlone: boolean;
  /** Whether its errors reach a client also when the one that has sent the event has left. */
  readonly outlivesClient: boolean;
}

/** A context as the plugin's own rooms use it. */
export type SocketContext = Context & {
  readonly [RAW_ACK]: RawAck | undefined;
  [ACKED]: boolean;
  [ACK_TAKEN]: boolean;
  [CONNECTING]?: boolean;
  [ABORT]: AbortController | null | undefined;
  [MATCH]?: EventMatch;
  [KEEPS_ANSWER]?: boolean;
  [LIVE_SESSION]?: boolean;
  [STREAM]: StreamOfEvent | undefined;
  [RECORD]?: { fail(code: string, error: unknown): void };
};

/** The client has got its ack. */
export function markAcked(ctx: SocketContext): void {
  ctx[ACKED] = true;
  if (ctx[ACK_TAKEN]) pendingAcksOf(ctx.socket).remove(ctx.event);
}

/** Creates the context of one connect, event or disconnect. */
export type ContextFactory = new (socket: Socket, event: string, args: unknown[], rawAck?: RawAck) => SocketContext;
