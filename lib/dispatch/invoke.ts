import type { HandlerPlan } from '../plan/types';
import type { Step } from './compose';

/** Makes a controller for one event and calls its method with the client's arguments. */
export function compileInvocation({ controller: Controller, method, injections }: HandlerPlan): Step {
  return ctx => {
    const instance = new Controller(ctx);
    for (const { property, resolve } of injections) instance[property] = resolve(ctx);
    return (instance[method] as (...args: unknown[]) => unknown)(...ctx.args);
  };
}
