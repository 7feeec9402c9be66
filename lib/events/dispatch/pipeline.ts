import { SocketIOError } from '../../base/errors';
import type { SocketContext } from '../../context/socket_context';
import type { Deadlines } from '../../limits/deadlines';
import type { EventSignal } from '../../telemetry/observation/event_signal';
import type { HandlerKind } from '../../types/observation';
import type { HandlerPlan } from '../../controllers/plan/types';
import type { Failure } from '../reply/failure';
import { compileReply } from '../reply/reply';
import { UnsendableError } from '../../internals/sendable';
import type { EventTally } from '../../telemetry/stats/event_tallies';
import { compose } from './compose';
import { guarded } from './guard';
import { compileInvocation } from './invoke';
import { type Outcome, pendingOf } from './outcome';
import { endScope } from './tegg_scope';
import { checkedReturn, validated } from './validate';
import { type Endings, PendingEvent } from './pending_event';

/** Runs an event to its one outcome. Never throws; what is returned where there is something to wait for never rejects. */
export type Pipeline = (ctx: SocketContext) => PromiseLike<void> | undefined;

function whenOver(ending: PromiseLike<void>, done: () => void): void {
  if (ending instanceof PendingEvent) ending.whenOver(done);
  else void ending.then(done);
}

/** What pipelines share. */
export interface Means {
  readonly fail: Failure;
  readonly deadlines: Deadlines;
  readonly events: EventSignal;
}

function createEndings({ emits, filters, label }: HandlerPlan, { fail, deadlines }: Means, tally: EventTally | undefined): Endings {
  const reply = compileReply(emits);

  return {
    label,
    deadlines,
    refuse(ctx, thrown) {
      tally?.endEvent(ctx);
      return fail(ctx, thrown, filters);
    },
    answer(ctx, value) {
      tally?.endEvent(ctx);
      try {
        reply(ctx, value);
      } catch (cause) {
        const reason = cause instanceof UnsendableError ? cause.reason : cause instanceof Error ? cause.message : String(cause);
        return fail(ctx, new SocketIOError('INTERNAL', `${label} returned what cannot be sent: ${reason}`, { cause }), filters);
      }
    },
  };
}

/**
 * Has those who observe events hear of a pipeline's. All that it costs while nobody does is to ask whether somebody does.
 *
 * @param label - of the handler
 */
export function observed(pipeline: Pipeline, label: string, kind: HandlerKind, events: EventSignal): Pipeline {
  // Apart, so that an event that nobody observes does not pay for what is closed over.
  const run: Pipeline = ctx => events.run(ctx, label, kind, tellEnd => {
    const ending = pipeline(ctx);
    if (ending) whenOver(ending, () => tellEnd(true));
    else tellEnd(false);
    return ending;
  });
  return ctx => (events.isHeard ? run(ctx) : pipeline(ctx));
}

/** Lets go of what tegg made for an event once that is over. */
function endingScope(pipeline: Pipeline): Pipeline {
  return ctx => {
    const ending = pipeline(ctx);
    if (ending) whenOver(ending, () => endScope(ctx));
    else endScope(ctx);
    return ending;
  };
}

/**
 * Compiles what happens to an event: middleware, guards, validation, controller, method, answer. Done once, at boot; where
 * all of that is synchronous, but for middleware, it makes no promise.
 *
 * @param tally - counts the events that are over
 */
export function compilePipeline(plan: HandlerPlan, kind: HandlerKind, means: Means, tally?: EventTally): Pipeline {
  const inmost = guarded(plan.guards, validated(plan.checkArgs, compileInvocation(plan)));
  const run = checkedReturn(plan.checkReturn, compose(plan.middleware, inmost));
  const endings = createEndings(plan, means, tally);

  const pipeline: Pipeline = ctx => {
    let outcome: Outcome;
    try {
      outcome = run(ctx);
    } catch (error) {
      return endings.refuse(ctx, error);
    }
    const pending = pendingOf(outcome);
    return pending ? new PendingEvent(endings, ctx).follow(pending) : endings.answer(ctx, outcome);
  };
  return observed(plan.scope ? endingScope(pipeline) : pipeline, plan.label, kind, means.events);
}
