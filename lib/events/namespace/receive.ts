import type { Socket } from 'socket.io';
import { debugOf } from '../../base/debug';
import { compilePipeline, observed, type Pipeline } from '../dispatch/pipeline';
import { ERROR_CODES, type ErrorCode, SocketIOError } from '../../base/errors';
import { MATCH, type RawAck, type SocketContext } from '../../context/socket_context';
import { findHandler } from '../../controllers/plan/find_handler';
import { createBuckets } from '../../limits/rate_buckets';
import type { HandlerPlan, NamespacePlan } from '../../controllers/plan/types';
import type { EventTally } from '../../telemetry/stats/event_tallies';
import { STREAM_EVENT } from '../streams/wire';
import { createClientStreams, type FoundRoute } from './client_streams';
import type { Environment } from './environment';
import { type Admit, isHeard, type Receive } from './incoming';
import { isPluginListener, refuseUnanswered } from './shared_acks';

const debug = debugOf('events');

function errorOf(code: ErrorCode) {
  return { error: { code, message: ERROR_CODES[code].message } };
}

/** Handles an event with a handler, also one that exceeds a rate of its own. */
function createRoute(handler: HandlerPlan, environment: Environment, tally: EventTally): Pipeline {
  const { rate, filters, label } = handler;
  const run = compilePipeline(handler, 'message', environment, tally);
  if (!rate) return run;
  const bucketOf = createBuckets(rate, label, environment.ipv6Prefix);
  const refuse = (ctx: SocketContext, thrown: unknown) => (
    observed(() => environment.fail(ctx, thrown, filters), handler, 'message', environment.events)(ctx)
  );
  return ctx => {
    try {
      const bucket = bucketOf(ctx);
      if (!bucket.take()) return refuse(ctx, new SocketIOError('RATE_LIMITED', undefined, { details: { retryAfter: bucket.wait } }));
    } catch (error) {
      // The app's own `by`.
      return refuse(ctx, error);
    }
    return run(ctx);
  };
}

/** Returns functions that accept the events of a namespace, and route them to their handlers. */
export function createReceive(plan: NamespacePlan, environment: Environment): { receive: Receive; admit: Admit } {
  const { Context, storage, answerUnknown, events, tally, deadlines, unknownNames } = environment;
  const unknownEvent = errorOf('EVENT_NOT_FOUND');
  const routes = new Map([ ...plan.messages ].map(([ event, handler ]) => [
    event, createRoute(handler, environment, tally.events.of(plan.target, event)),
  ]));
  const patterns = plan.patterns.map(handler => ({
    pattern: handler.pattern, handler, route: createRoute(handler, environment, tally.events.of(plan.target, handler.pattern.source)),
  }));

  /** Finds the first pattern that matches. Nothing is kept by the name: clients could make up any number. */
  function findPattern(event: string): FoundRoute | undefined {
    // Socket.IO's parser accepts a number as the name of an event. A message about a stream is for the plugin, also without any streams.
    if (typeof event !== 'string' || event === STREAM_EVENT) return undefined;
    for (const { pattern, handler, route } of patterns) {
      const match = pattern.match(event);
      if (match) return { handler, route, match };
    }
    return undefined;
  }

  function findRoute(event: string): FoundRoute | undefined {
    const route = routes.get(event);
    return route ? { handler: plan.messages.get(event)!, route, match: undefined } : findPattern(event);
  }

  function refuse(socket: Socket, event: string, ack: RawAck | undefined): void {
    tally.addError('EVENT_NOT_FOUND');
    debug('%j of socket %s in namespace %j: EVENT_NOT_FOUND', event, socket.id, socket.nsp.name);
    if (ack && answerUnknown) ack(unknownEvent);
    // An onAny() listener gets it.
    else if (socket.listenersAny().every(isPluginListener)) unknownNames?.event(plan, socket, event);
    if (events.isHeard) {
      events.refused({ kind: 'message', event, pattern: undefined, socket, handler: undefined, ctx: undefined, wantsAck: ack !== undefined }, 'EVENT_NOT_FOUND');
    }
  }

  // A separate function, so that an event with a handler does not pay for the closure.
  function meetUnknown(socket: Socket, event: string, ack: RawAck | undefined): void {
    refuseUnanswered(socket, event, answerUnknown ? ack : undefined, deadlines, () => refuse(socket, event, ack));
  }

  const contextOf = (socket: Socket, event: string, args: unknown[], ack: RawAck | undefined, given: SocketContext | undefined) => (
    given ? Object.assign(given, { event, args }) : new Context(socket, event, args, ack)
  );

  const streams = createClientStreams(plan, environment, findRoute);

  const receive: Receive = (socket, packet, heard, given) => {
    const ack = typeof packet.at(-1) === 'function' ? packet.pop() as RawAck : undefined;
    const event = packet.shift() as string;
    const route = routes.get(event);
    if (route) {
      const ctx = contextOf(socket, event, packet, ack, given);
      return storage.run(ctx, route, ctx);
    }
    if (streams && event === STREAM_EVENT) return streams.receive(socket, packet, ack, given);
    if (heard) return undefined;
    const found = findPattern(event);
    if (!found) {
      meetUnknown(socket, event, ack);
      return undefined;
    }
    const ctx = contextOf(socket, event, packet, ack, given);
    ctx[MATCH] = found.match;
    return storage.run(ctx, found.route, ctx);
  };
  const admit = createAdmit(plan, environment);
  return { receive, admit: streams ? (socket, packet) => streams.isDue(socket, packet) || admit(socket, packet) : admit };
}

/** Returns a function that accepts as many events of a connection as its limits allow. */
function createAdmit(plan: NamespacePlan, { connectionLimits, events }: Environment): Admit {
  const rateLimited = errorOf('RATE_LIMITED');
  return (socket, packet) => {
    if (connectionLimits.takeEvent(socket)) return true;
    const ack = packet.at(-1);
    const wantsAck = typeof ack === 'function';
    if (wantsAck) ack(rateLimited);
    if (events.isHeard) {
      const event = packet[0] as string;
      const handler = findHandler(plan, event, isHeard(socket, event));
      events.refused({ kind: 'message', event, pattern: handler?.pattern?.source, socket, handler: handler?.label, ctx: undefined, wantsAck }, 'RATE_LIMITED');
    }
    return false;
  };
}
