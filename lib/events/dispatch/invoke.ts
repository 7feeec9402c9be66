import type { HandlerPlan } from '../../controllers/plan/types';
import type { Step } from './compose';
import { scoped } from './tegg_scope';

/** Creates a controller for one event and calls its method with the client's arguments. */
export function compileInvocation({ create, method, scope }: HandlerPlan): Step {
  if (scope) return scoped(scope, (ctx, made) => (create(ctx, made)[method] as (...args: unknown[]) => unknown)(...ctx.args));
  return ctx => (create(ctx)[method] as (...args: unknown[]) => unknown)(...ctx.args);
}
