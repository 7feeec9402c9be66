import type { HandlerPlan } from '../plan/types';
import type { Step } from './compose';

/** Makes a controller for one event and calls its method with the client's arguments. */
export function compileInvocation({ create, method }: HandlerPlan): Step {
  return ctx => (create(ctx)[method] as (...args: unknown[]) => unknown)(...ctx.args);
}
