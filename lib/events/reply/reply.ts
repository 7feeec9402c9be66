import type { EmitRecord } from '../../controllers/decorator/metadata';
import { ACK_TAKEN, ACKED, markAcked, RAW_ACK, type SocketContext } from '../../context/socket_context';

type Send = (ctx: SocketContext, value: unknown) => void;

/** Acks with a value, or with nothing for `undefined`; once. */
export function sendAck(ctx: SocketContext, value: unknown): void {
  const ack = ctx[RAW_ACK];
  if (!ack || ctx[ACKED]) return;
  if (value === undefined) ack();
  else ack(value);
  // Not earlier: a value that cannot be encoded throws, and then the error still has to be acked.
  markAcked(ctx);
}

function compileEmit({ kind, event, rooms }: EmitRecord): Send {
  if (rooms.length > 0) return (ctx, value) => { ctx.socket.to(rooms as string[]).emit(event, value); };
  if (kind === 'broadcast') return (ctx, value) => { ctx.socket.broadcast.emit(event, value); };
  return (ctx, value) => {
    // The ack carries the value instead, unless the app calls it itself.
    if (ctx[RAW_ACK] === undefined || ctx[ACK_TAKEN]) ctx.socket.emit(event, value);
  };
}

/** Turns a method's emit decorators into a function of its return value, or of an item of its stream. */
export function compileEmits(emits: readonly EmitRecord[]): Send {
  const sends = emits.map(compileEmit);
  return (ctx, value) => {
    if (value === undefined) return;
    for (const send of sends) send(ctx, value);
  };
}

/** Sends a method's return value by its emit decorators, and as the ack. */
export function compileReply(emits: readonly EmitRecord[]): Send {
  const sendAll = compileEmits(emits);
  return (ctx, value) => {
    sendAll(ctx, value);
    if (!ctx[ACK_TAKEN]) sendAck(ctx, value);
  };
}
