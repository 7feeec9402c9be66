import { abortSignal, releaseSignal } from '../context/abort_signal';
import { pendingAcksOf } from '../context/pending_acks';
import { ACK_TAKEN, ACKED, markAcked, RAW_ACK, type RawAck, type SocketContext } from '../context/socket_context';
import type { NamedMiddleware, NamespacePlan } from '../controllers/plan/types';
import type { Step } from '../events/dispatch/compose';
import { type Outcome, resolved } from '../events/dispatch/outcome';
import type { Endings } from '../events/dispatch/pending_event';
import { ended, observed, type Pipeline, renew, whenOver } from '../events/dispatch/pipeline';
import { callListeners } from '../events/namespace/app_listeners';
import type { Environment } from '../events/namespace/environment';
import { type Deliver, isHeard } from '../events/namespace/incoming';
import { sendAck } from '../events/reply/reply';
import { createOldFailure } from './failure';
import { onion } from './onion';
import { dressSocket } from './socket_members';
import { isOfOpenStream, Opening } from './stream_opening';
import type { PacketContext } from './types';

/** Whether a handler of `app/socket` has the event, and has not finished. */
const IS_HANDLED = Symbol('PacketContext#isHandled');
/** The stream that the client opens, if it does. */
const OPENING = Symbol('PacketContext#opening');

/** The event of the middleware, which ends after that of the handler. */
const EVENT = Symbol('PacketContext#event');
/** The ack of a stream whose event was ended by middleware. */
const EMPTY_STREAM = { end: 0 };

type OwnContext = PacketContext & { [IS_HANDLED]?: boolean; [OPENING]?: Opening; [EVENT]?: PromiseLike<void> };

/** The middleware and the routes of a namespace. */
export interface OldPackets {
  readonly packetMiddleware: readonly NamedMiddleware[];
  /** The routes, by event: their labels, and the steps that call their handlers. */
  readonly routes: ReadonlyMap<string, { readonly label: string; readonly call: Step }>;
}

/** The client's ack in `ctx.packet`, which counts once, no matter who calls it. */
function ackOf(ctx: SocketContext, rawAck: RawAck): RawAck {
  return (...values) => {
    if (ctx[ACKED]) return;
    rawAck(...values);
    markAcked(ctx);
  };
}

/** The ack belongs to a handler now: a stop waits for it, and the return value does not go there. */
function handOver(ctx: SocketContext): void {
  if (!ctx[RAW_ACK] || ctx[ACKED] || ctx[ACK_TAKEN]) return;
  pendingAcksOf(ctx.socket).add(ctx.event);
  ctx[ACK_TAKEN] = true;
}

/**
 * Returns what runs for each packet of a namespace: its packet middleware, then the handler of a route, or else the usual delivery, to a
 * controller of `app/socket` or to the app's own listeners. The context stays the same.
 */
export function createDelivery(
  { packetMiddleware, routes }: OldPackets, { target }: NamespacePlan, environment: Environment, usual: Deliver,
): Deliver {
  const { Context, storage, session, deadlines, events, tally } = environment;
  const failOld = createOldFailure(environment);
  // A loop of the client over a stream would wait for ever.
  const fail = (ctx: OwnContext, thrown: unknown) => (ctx[OPENING] ? environment.fail(ctx, thrown, []) : failOld(ctx, thrown));

  function callRoute(ctx: PacketContext, call: Step, [ event, ...args ]: unknown[]): Outcome {
    Object.assign(ctx, { event, args });
    handOver(ctx);
    const heard = isHeard(ctx.socket, event);
    try {
      return call(ctx);
    } finally {
      if (heard) callListeners(ctx.socket, event as string, args, thrown => { failOld(ctx, thrown); });
    }
  }

  /** Passes an event on, and notes how long its handler takes: that has a time-out, an ack and errors of its own. */
  function pass(ctx: OwnContext, packet: unknown[]): Outcome {
    const ending = usual(ctx.socket, packet, ctx);
    if (!ending) return undefined;
    ctx[IS_HANDLED] = true;
    whenOver(ending, () => {
      ctx[IS_HANDLED] = false;
      // Else both could be out of time at once, and the client would get two errors.
      renew(ctx[EVENT]);
    });
    return ending;
  }

  const dispatch: Step = given => {
    const ctx = given as OwnContext;
    const { [OPENING]: opening, packet } = ctx;
    if (opening) return pass(ctx, opening.open(packet));
    const route = routes.get(packet[0] as string);
    return route ? callRoute(ctx, route.call, [ ...packet ]) : pass(ctx, [ ...packet ]);
  };
  const steps = onion(packetMiddleware, dispatch);
  const run: Step = ctx => (session.isNeeded(ctx) ? session.runLive(ctx, async () => resolved(steps(ctx))) : steps(ctx));

  /** @param event - of a route; the events of others are counted where they are handled */
  function pipelineOf(label: string, event?: string): Pipeline {
    const counts = event === undefined ? undefined : tally.events.of(target, event);
    const endings: Endings = {
      label,
      deadlines,
      isExcused: ctx => (ctx as OwnContext)[IS_HANDLED] === true,
      answer(ctx) {
        counts?.endEvent(ctx);
        releaseSignal(ctx);
        const { [OPENING]: opening } = ctx as OwnContext;
        if (opening && !opening.isOpen) sendAck(ctx, EMPTY_STREAM);
        return undefined;
      },
      refuse(ctx, thrown) {
        counts?.endEvent(ctx);
        const { [OPENING]: opening, [IS_HANDLED]: isHandled } = ctx as OwnContext;
        // The middleware has not waited for the handler, which gets the error to the client.
        if (opening && isHandled) return void abortSignal(ctx, thrown);
        if (!isHandled) releaseSignal(ctx);
        return fail(ctx as OwnContext, thrown);
      },
    };
    return ended(run, endings);
  }

  const pipelines = new Map([ ...routes ].map(([ event, { label }]) => [ event, observed(pipelineOf(label, event), { label }, 'message', events) ]));
  const others = packetMiddleware.length > 0 ? pipelineOf(`the packet middleware of ${target}`) : undefined;

  return (socket, packet) => {
    // A recovered socket has skipped the connection middleware, where this is done.
    dressSocket(socket);
    const pipeline = pipelines.get(packet[0] as string) ?? others;
    if (!pipeline || isOfOpenStream(packet)) return usual(socket, packet);
    const opening = Opening.read(packet);
    const [ event, ...args ] = opening?.packet ?? packet;
    const rawAck = typeof args.at(-1) === 'function' ? args.pop() as RawAck : undefined;
    const ctx = new Context(socket, String(event), args, rawAck) as OwnContext;
    ctx[OPENING] = opening;
    ctx.packet = rawAck ? [ event, ...args, ackOf(ctx, rawAck) ] : [ event, ...args ];
    return ctx[EVENT] = storage.run(ctx, pipeline, ctx);
  };
}
