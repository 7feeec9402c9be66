import type { Socket } from 'socket.io';
import type { Context } from '../types/context';
import { pendingAcksOf } from './pending_acks';

/** The function that Socket.IO hands over when a client asks for an ack. */
export type RawAck = (...values: unknown[]) => void;

/** The client's own ack, untouched. */
export const RAW_ACK = Symbol('Context#rawAck');
/** Whether the client has had its ack. */
export const ACKED = Symbol('Context#acked');
/** Whether the app has read `ctx.ack` and answers itself. */
export const ACK_TAKEN = Symbol('Context#ackTaken');

/** What is told of the event (lib/telemetry/observation); not there while nobody observes. */
export const RECORD = Symbol('Context#record');

/** Whether the connection was not accepted yet: its socket says until then that it is not connected. */
export const CONNECTING = Symbol('Context#connecting');

/** A context as the plugin's own rooms see it. */
export type SocketContext = Context & {
  readonly [RAW_ACK]: RawAck | undefined;
  [ACKED]: boolean;
  [ACK_TAKEN]: boolean;
  [CONNECTING]?: boolean;
  [RECORD]?: { fail(code: string, error: unknown): void };
};

/** The client has had its ack. */
export function markAcked(ctx: SocketContext): void {
  ctx[ACKED] = true;
  if (ctx[ACK_TAKEN]) pendingAcksOf(ctx.socket).remove(ctx.event);
}

/** Makes the context of one connect, event or disconnect. */
export type ContextFactory = new (socket: Socket, event: string, args: unknown[], rawAck?: RawAck) => SocketContext;
