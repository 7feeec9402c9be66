import { SocketIOError } from '../errors';
import type { SocketContext } from '../handshake/context';
import type { HandlerPlan } from '../plan/types';
import { compileReply } from '../reply/reply';
import type { Failure } from '../reply/failure';
import { compose } from './compose';
import { compileInvocation } from './invoke';
import { isThenable } from './thenable';

/** Runs an event to its one outcome. Never throws and never rejects; a promise is returned where there is one to wait for. */
export type Pipeline = (ctx: SocketContext) => Promise<void> | undefined;

/**
 * Compiles what happens to an event: middleware, controller, method, answer. Done once, at boot; an event with no
 * middleware and a synchronous method makes no promise.
 */
export function compilePipeline(plan: HandlerPlan, fail: Failure): Pipeline {
  const run = compose(plan.middleware, compileInvocation(plan));
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
      return result.then(value => answer(ctx, value), error => fail(ctx, error, filters)) as Promise<void>;
    } catch (error) {
      return fail(ctx, error, filters);
    }
  };
}
