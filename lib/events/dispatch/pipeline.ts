import { SocketIOError } from '../../base/errors';
import { lazy } from '../../base/lazy';
import { releaseSignal } from '../../context/abort_signal';
import type { SocketContext } from '../../context/socket_context';
import type { Deadlines } from '../../limits/deadlines';
import type { EventSignal } from '../../telemetry/observation/event_signal';
import type { HandlerKind } from '../../types/observation';
import type { HandlerPlan, OncePlan } from '../../controllers/plan/types';
import type { Failure } from '../reply/failure';
import { compileReply } from '../reply/reply';
import { UnsendableError } from '../../internals/sendable';
import type { EventTally } from '../../telemetry/stats/event_tallies';
import { compose, intercepted, type Step } from './compose';
import { guarded } from './guard';
import { compileInvocation } from './invoke';
import type { OnceStore } from '../once/once_store';
import { type Outcome, pendingOf } from './outcome';
import { streamed } from './streamed';
import { endScope } from './tegg_scope';
import { checkedReturn, validated } from './validate';
import { type Endings, PendingEvent } from './pending_event';

const onceSteps = lazy(() => require('./once') as typeof import('./once'));

/** Runs an event to its one outcome. Never throws; a returned promise never rejects. */
export type Pipeline = (ctx: SocketContext) => PromiseLike<void> | undefined;

/** Calls `done` when an event has ended. */
export function whenOver(ending: PromiseLike<void>, done: () => void): void {
  if (ending instanceof PendingEvent) ending.whenOver(done);
  else void ending.then(done);
}

/** Restarts the time-out of an event that has not ended, because its client makes progress. */
export function renew(ending: PromiseLike<void> | undefined): void {
  if (ending instanceof PendingEvent) ending.renew();
}

/** The parts that pipelines share. */
export interface Means {
  readonly fail: Failure;
  readonly deadlines: Deadlines;
  readonly events: EventSignal;
  /** Approximate bytes of a stream in one ack. */
  readonly streamBytes: number;
  /** The events that are handled once; `undefined` if there are none. */
  readonly once: OnceStore | undefined;
}

/** The advice for a handler that has returned a stream without the option for it. */
function streamAdvice(value: unknown): string {
  const isStream = typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
  return isStream ? ' To stream them, set stream: true in the options of @OnWSMessage(), or next to handler in the plain form.' : '';
}

function createEndings(
  { emits, filters, label, stream, once }: HandlerPlan, kind: HandlerKind, { fail, deadlines }: Means, tally: EventTally | undefined,
): Endings {
  // Those of a stream were emitted one by one.
  const replyFirst = compileReply(stream ? [] : emits);
  const { isRepeated } = once ? onceSteps() : { isRepeated: undefined };
  const reply: typeof replyFirst = isRepeated ? (ctx, value) => { if (!isRepeated(ctx)) replyFirst(ctx, value); } : replyFirst;
  // A connection handler's signal lasts as long as the connection.
  const release = kind === 'connection' ? undefined : releaseSignal;

  return {
    label,
    deadlines,
    refuse(ctx, thrown) {
      tally?.endEvent(ctx);
      release?.(ctx);
      return fail(ctx, thrown, filters);
    },
    answer(ctx, value) {
      tally?.endEvent(ctx);
      release?.(ctx);
      try {
        reply(ctx, value);
      } catch (cause) {
        // Of outgoing middleware, which the value of an emitting decorator passes.
        if (cause instanceof SocketIOError) return fail(ctx, cause, filters);
        const reason = cause instanceof UnsendableError ? cause.reason : cause instanceof Error ? cause.message : String(cause);
        const advice = kind === 'message' && cause instanceof UnsendableError ? streamAdvice(value) : '';
        return fail(ctx, new SocketIOError('INTERNAL', `${label} returned what cannot be sent: ${reason}${advice}`, { cause }), filters);
      }
    },
  };
}

/**
 * Reports the events of a pipeline to observers. Without observers, it only costs the check for them.
 *
 * @param handler - its label and its pattern
 */
export function observed(
  pipeline: Pipeline, { label, pattern }: Pick<HandlerPlan, 'label' | 'pattern'>, kind: HandlerKind, events: EventSignal,
): Pipeline {
  // A separate function, so that an event without observers does not pay for the closure.
  const run: Pipeline = ctx => events.run(ctx, { kind, handler: label, pattern: pattern?.source }, tellEnd => {
    const ending = pipeline(ctx);
    if (ending) whenOver(ending, () => tellEnd(true));
    else tellEnd(false);
    return ending;
  });
  return ctx => (events.isHeard ? run(ctx) : pipeline(ctx));
}

/** Releases the objects that tegg created for an event when it has ended. */
function endingScope(pipeline: Pipeline): Pipeline {
  return ctx => {
    const ending = pipeline(ctx);
    if (ending) whenOver(ending, () => endScope(ctx));
    else endScope(ctx);
    return ending;
  };
}

/** Watches the beginning and the end of events that are handled once. */
function watchingOnce(pipeline: Pipeline, plan: OncePlan, store: OnceStore): Pipeline {
  const { beginOnce } = onceSteps();
  return ctx => {
    const end = beginOnce(ctx, plan, store);
    const ending = pipeline(ctx);
    if (ending) whenOver(ending, end);
    else end();
    return ending;
  };
}

/** Runs a step, and ends its event by the outcome: at once, or when the promise is settled. */
export function ended(run: Step, endings: Endings): Pipeline {
  return ctx => {
    let outcome: Outcome;
    try {
      outcome = run(ctx);
    } catch (error) {
      return endings.refuse(ctx, error);
    }
    const pending = pendingOf(outcome);
    return pending ? new PendingEvent(endings, ctx).follow(pending) : endings.answer(ctx, outcome);
  };
}

/**
 * Compiles the handling of an event: middleware, guards, interceptors, validation, controller, method, result. Done once, at start-up; if
 * everything but middleware and interceptors is synchronous, it creates no promise.
 *
 * @param tally - counts the events that have ended
 */
export function compilePipeline(plan: HandlerPlan, kind: HandlerKind, means: Means, tally?: EventTally): Pipeline {
  const { once } = plan;
  const invoke = compileInvocation(plan);
  const inner = validated(plan.checkArgs, once ? onceSteps().once(invoke) : invoke);
  const inmost = guarded(plan.guards, intercepted(plan.interceptors, inner));
  const outmost = compose(plan.middleware, inmost);
  const run = plan.stream ? streamed(plan, outmost, plan.stream, means.streamBytes) : checkedReturn(plan.checkReturn, outmost);
  const endings = createEndings(plan, kind, means, tally);

  const pipeline = once ? watchingOnce(ended(run, endings), once, means.once!) : ended(run, endings);
  return observed(plan.scope ? endingScope(pipeline) : pipeline, plan, kind, means.events);
}
