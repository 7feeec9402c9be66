import type { Socket } from 'socket.io';
import { compilePipeline, observed, type Pipeline } from '../dispatch/pipeline';
import { ERROR_CODES, type ErrorCode, SocketIOError } from '../errors';
import type { RawAck } from '../handshake/context';
import { Bucket, type Rate } from '../limits/rate';
import type { HandlerPlan, NamespacePlan } from '../plan/types';
import { connectionOf } from './connection';
import type { Environment } from './environment';
import type { Admit, Receive } from './incoming';

function errorOf(code: ErrorCode) {
  return { error: { code, message: ERROR_CODES[code].message } };
}

/** The bucket of a socket for an event with a rate of its own. */
function bucketOf(socket: Socket, rate: Required<Rate>, key: object): Bucket {
  const buckets = connectionOf(socket).buckets ??= new Map();
  let bucket = buckets.get(key);
  if (!bucket) buckets.set(key, bucket = new Bucket(rate));
  return bucket;
}

/** An event with a handler: what becomes of it, and of one that comes too early for its own rate. */
function createRoute(handler: HandlerPlan, environment: Environment) {
  const { rate, filters, label } = handler;
  const key = {};
  const refuse: Pipeline = ctx => {
    const retryAfter = bucketOf(ctx.socket as unknown as Socket, rate!, key).wait;
    return environment.fail(ctx, new SocketIOError('RATE_LIMITED', undefined, { details: { retryAfter } }), filters);
  };
  return {
    run: compilePipeline(handler, 'message', environment),
    refuse: observed(refuse, label, 'message', environment.events),
    mayRun: (socket: Socket) => !rate || bucketOf(socket, rate, key).take(),
  };
}

/** Makes what takes the events of a namespace to their handlers. */
export function createReceive(plan: NamespacePlan, environment: Environment): Receive {
  const { Context, storage, answerUnknown, events, tally } = environment;
  const unknownEvent = errorOf('EVENT_NOT_FOUND');
  const routes = new Map([ ...plan.messages ].map(([ event, handler ]) => [ event, createRoute(handler, environment) ]));
  return (socket, packet, heard) => {
    const ack = typeof packet.at(-1) === 'function' ? packet.pop() as RawAck : undefined;
    const event = packet.shift() as string;
    const route = routes.get(event);
    if (!route) {
      if (heard) return;
      tally.addError('EVENT_NOT_FOUND');
      if (ack && answerUnknown) ack(unknownEvent);
      if (events.isHeard) {
        events.refused({ kind: 'message', event, socket, handler: undefined, ctx: undefined, wantsAck: ack !== undefined }, 'EVENT_NOT_FOUND');
      }
      return;
    }
    const ctx = new Context(socket, event, packet, ack);
    const run = route.mayRun(socket) ? route.run : route.refuse;
    void storage.run(ctx, run, ctx);
  };
}

/** Makes what lets so many events of a connection through as its limits allow. */
export function createAdmit({ messages }: NamespacePlan, { connectionLimits, events }: Environment): Admit {
  const rateLimited = errorOf('RATE_LIMITED');
  return (socket, packet) => {
    if (connectionLimits.takeEvent(socket)) return true;
    const ack = packet.at(-1);
    const wantsAck = typeof ack === 'function';
    if (wantsAck) ack(rateLimited);
    if (events.isHeard) {
      const event = packet[0] as string;
      events.refused({ kind: 'message', event, socket, handler: messages.get(event)?.label, ctx: undefined, wantsAck }, 'RATE_LIMITED');
    }
    return false;
  };
}
