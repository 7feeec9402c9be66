import { SocketIOError } from '../errors';
import type { SocketContext } from '../handshake/context';
import type { HandlerPlan } from '../plan/types';
import { compileReply } from '../reply/reply';
import type { Deadlines } from '../limits/deadlines';
import type { Failure } from '../reply/failure';
import { compose } from './compose';
import { guarded } from './guard';
import { compileInvocation } from './invoke';
import { isThenable } from '../thenable';
import { checkedReturn, validated } from './validate';

/** Runs an event to its one outcome. Never throws and never rejects; a promise is returned where there is one to wait for. */
export type Pipeline = (ctx: SocketContext) => Promise<void> | undefined;

/**
 * Compiles what happens to an event: middleware, guards, validation, controller, method, answer. Done once, at boot; where
 * all of that is synchronous, but for middleware, it makes no promise.
 */
export function compilePipeline(plan: HandlerPlan, fail: Failure, deadlines: Deadlines): Pipeline {
  const inmost = guarded(plan.guards, validated(plan.checkArgs, compileInvocation(plan)));
  const run = checkedReturn(plan.checkReturn, compose(plan.middleware, inmost));
  const reply = compileReply(plan.emits);
  const { filters, label } = plan;

  function answer(ctx: SocketContext, value: unknown): Promise<void> | undefined {
    try {
      reply(ctx, value);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      return fail(ctx, new SocketIOError('INTERNAL', `${label} returned what cannot be sent: ${reason}`, { cause }), filters);
    }
  }

  return ctx => {
    try {
      const result = run(ctx);
      if (!isThenable(result)) return answer(ctx, result);
      return deadlines.meet(result, label).then(value => answer(ctx, value), error => fail(ctx, error, filters)) as Promise<void>;
    } catch (error) {
      return fail(ctx, error, filters);
    }
  };
}
