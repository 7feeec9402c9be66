import type { Socket } from 'socket.io';
import { compilePipeline } from '../dispatch/pipeline';
import { ERROR_CODES, type ErrorCode, SocketIOError } from '../errors';
import type { RawAck } from '../handshake/context';
import { Bucket } from '../limits/rate';
import type { HandlerPlan, NamespacePlan } from '../plan/types';
import { connectionOf } from './connection';
import type { Environment } from './environment';
import type { Admit, Receive } from './incoming';

function errorOf(code: ErrorCode) {
  return { error: { code, message: ERROR_CODES[code].message } };
}

/** Whether a socket may send an event with a rate of its own once more; if not, in how many milliseconds. */
function takeToken(socket: Socket, { rate }: HandlerPlan, key: object): true | number {
  if (!rate) return true;
  const buckets = connectionOf(socket).buckets ??= new Map();
  let bucket = buckets.get(key);
  if (!bucket) buckets.set(key, bucket = new Bucket(rate));
  return bucket.take() || bucket.wait;
}

/** Makes what takes the events of a namespace to their handlers. */
export function createReceive(plan: NamespacePlan, { Context, storage, fail, answerUnknown, deadlines, tally }: Environment): Receive {
  const unknownEvent = errorOf('EVENT_NOT_FOUND');
  const routes = new Map([ ...plan.messages ].map(([ event, handler ]) => [
    event, { handler, run: compilePipeline(handler, fail, deadlines, tally) },
  ]));
  return (socket, packet, heard) => {
    const ack = typeof packet.at(-1) === 'function' ? packet.pop() as RawAck : undefined;
    const event = packet.shift() as string;
    const route = routes.get(event);
    if (!route) {
      if (heard) return;
      tally.addError('EVENT_NOT_FOUND');
      if (ack && answerUnknown) ack(unknownEvent);
      return;
    }
    const { handler, run } = route;
    const ctx = new Context(socket, event, packet, ack);
    const token = takeToken(socket, handler, route);
    if (token === true) void storage.run(ctx, run, ctx);
    else void storage.run(ctx, fail, ctx, new SocketIOError('RATE_LIMITED', undefined, { details: { retryAfter: token } }), handler.filters);
  };
}

/** Makes what lets so many events of a connection through as its limits allow. */
export function createAdmit({ connectionLimits }: Environment): Admit {
  const rateLimited = errorOf('RATE_LIMITED');
  return (socket, packet) => {
    if (connectionLimits.takeEvent(socket)) return true;
    const ack = packet.at(-1);
    if (typeof ack === 'function') ack(rateLimited);
    return false;
  };
}
