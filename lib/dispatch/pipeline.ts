import { SocketIOError } from '../errors';
import type { SocketContext } from '../handshake/context';
import type { Deadlines } from '../limits/deadlines';
import type { HandlerPlan } from '../plan/types';
import type { Failure } from '../reply/failure';
import { compileReply } from '../reply/reply';
import type { Tally } from '../stats/tally';
import { compose } from './compose';
import { guarded } from './guard';
import { compileInvocation } from './invoke';
import { type Outcome, pendingOf } from './outcome';
import { checkedReturn, validated } from './validate';
import { type Endings, Waiting } from './waiting';

/** Runs an event to its one outcome. Never throws; what is returned where there is something to wait for never rejects. */
export type Pipeline = (ctx: SocketContext) => PromiseLike<void> | undefined;

function createEndings({ emits, filters, label }: HandlerPlan, failure: Failure, deadlines: Deadlines, tally?: Tally): Endings {
  const reply = compileReply(emits);

  return {
    label,
    deadlines,
    refuse(ctx, thrown) {
      tally?.endEvent(ctx.starttime);
      return failure(ctx, thrown, filters);
    },
    answer(ctx, value) {
      tally?.endEvent(ctx.starttime);
      try {
        reply(ctx, value);
      } catch (cause) {
        const reason = cause instanceof Error ? cause.message : String(cause);
        return failure(ctx, new SocketIOError('INTERNAL', `${label} returned what cannot be sent: ${reason}`, { cause }), filters);
      }
    },
  };
}

/**
 * Compiles what happens to an event: middleware, guards, validation, controller, method, answer. Done once, at boot; where
 * all of that is synchronous, but for middleware, it makes no promise.
 *
 * @param tally - counts the events; not given for the steps of a connection's life
 */
export function compilePipeline(plan: HandlerPlan, failure: Failure, deadlines: Deadlines, tally?: Tally): Pipeline {
  const inmost = guarded(plan.guards, validated(plan.checkArgs, compileInvocation(plan)));
  const run = checkedReturn(plan.checkReturn, compose(plan.middleware, inmost));
  const endings = createEndings(plan, failure, deadlines, tally);

  return ctx => {
    let outcome: Outcome;
    try {
      outcome = run(ctx);
    } catch (error) {
      return endings.refuse(ctx, error);
    }
    const pending = pendingOf(outcome);
    return pending ? new Waiting(endings, ctx).follow(pending) : endings.answer(ctx, outcome);
  };
}
