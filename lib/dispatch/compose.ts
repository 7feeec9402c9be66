import { startupError } from '../errors';
import type { SocketContext } from '../handshake/context';
import type { NamedMiddleware } from '../plan/types';
import { isThenable } from '../thenable';

/** A step of an event: takes the context, gives a value or a promise of one. */
export type Step = (ctx: SocketContext) => unknown;

/**
 * Puts one middleware around a step. The value of what lies behind `next()` stays the value of the event, unless the
 * middleware returns one of its own; so a middleware need not write `return next()`, and one that forgets to await it
 * loses nothing.
 */
function wrap({ name, run }: NamedMiddleware, inner: Step): Step {
  return ctx => {
    let called = false;
    let behind: unknown;
    const next = (): Promise<unknown> => {
      if (called) return Promise.reject(startupError('NEXT_CALLED_TWICE', `middleware ${name} called next() more than once.`));
      called = true;
      try {
        behind = inner(ctx);
      } catch (error) {
        behind = Promise.reject(error);
      }
      return behind instanceof Promise ? behind : behind = Promise.resolve(behind);
    };
    const result = run(ctx, next);
    if (isThenable(result)) return result.then(value => choose(name, value, behind));
    return choose(name, result, behind);
  };
}

function choose(name: string, value: unknown, behind: unknown): unknown {
  if (typeof value === 'function') {
    throw startupError('INVALID_MIDDLEWARE', `middleware ${name} returned a function. A factory takes one parameter (app) =>,`
      + ' a middleware two (ctx, next) =>; one with (options, app) has to become a factory.');
  }
  return value === undefined ? behind : value;
}

/** Makes one step of several middlewares, the first outermost, around a step. Done once, at boot. */
export function compose(middleware: readonly NamedMiddleware[], inner: Step): Step {
  return middleware.reduceRight<Step>((step, layer) => wrap(layer, step), inner);
}
