import { startupError } from '../../base/errors';
import type { SocketContext } from '../../context/socket_context';
import type { NamedMiddleware } from '../../controllers/plan/types';
import type { Middleware } from '../../types/handlers';
import { isThenable } from '../../base/thenable';
import { type Outcome, Pending, resolved } from './outcome';

/** A step of an event: takes the context, returns an outcome, or throws. */
export type Step = (ctx: SocketContext) => Outcome;

/**
 * One middleware around a step, for one event. The outcome of `next()`, a value or an error, stays that of the event, unless the middleware
 * returns a value; so a middleware need not write `return next()`, and one that forgets to await it loses nothing. Whether it has caught an
 * error or ignored it cannot be known.
 */
class Layer extends Pending {
  declare promise: PromiseLike<unknown>;
  private called = false;
  private behind: Promise<unknown> | undefined;

  constructor(private readonly middleware: NamedMiddleware, private readonly inner: Step, private readonly ctx: SocketContext) {
    super();
  }

  enter(): Outcome {
    const { middleware } = this;
    const result = middleware.run(this.ctx, (() => this.next()) as Parameters<Middleware>[1], middleware.target);
    if (!isThenable(result)) return this.finish(result);
    this.promise = result;
    return this;
  }

  finish(value: unknown): Outcome {
    const { name } = this.middleware;
    if (typeof value === 'function') {
      throw startupError('INVALID_MIDDLEWARE', `middleware ${name} returned a function. A factory takes one parameter (app) =>,`
        + ' a middleware two (ctx, next) =>; one with (options, app) has to become a factory.');
    }
    return value === undefined ? this.behind : value;
  }

  private next(): Promise<unknown> {
    if (this.called) {
      return Promise.reject(startupError('NEXT_CALLED_TWICE', `middleware ${this.middleware.name} called next() more than once.`));
    }
    this.called = true;
    return this.behind = promiseOf(this.inner, this.ctx);
  }
}

function promiseOf(step: Step, ctx: SocketContext): Promise<unknown> {
  try {
    const value = resolved(step(ctx));
    return value instanceof Promise ? value : Promise.resolve(value);
  } catch (error) {
    return Promise.reject(error);
  }
}

/** Combines several middlewares, the first outermost, around a step. Done once, at start-up. */
export function compose(middleware: readonly NamedMiddleware[], inner: Step): Step {
  return middleware.reduceRight<Step>((step, layer) => ctx => new Layer(layer, step, ctx).enter(), inner);
}
