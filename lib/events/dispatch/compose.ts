import { startupError } from '../../base/errors';
import { abortSignal } from '../../context/abort_signal';
import type { SocketContext } from '../../context/socket_context';
import type { NamedInterceptor, NamedMiddleware } from '../../controllers/plan/types';
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

  constructor(
    private readonly around: NamedMiddleware | NamedInterceptor, private readonly inner: Step, protected readonly ctx: SocketContext,
  ) {
    super();
  }

  /** For messages. */
  protected get kind(): string { return 'middleware'; }

  enter(): Outcome {
    const { around } = this;
    const result = around.run(this.ctx, (() => this.next()) as Parameters<Middleware>[1], around.target);
    if (!isThenable(result)) return this.finish(result);
    this.promise = result;
    return this;
  }

  finish(value: unknown): Outcome {
    const { name } = this.around;
    if (typeof value === 'function') {
      throw startupError('INVALID_MIDDLEWARE', `middleware ${name} returned a function. A factory takes one parameter (app) =>,`
        + ' a middleware two (ctx, next) =>; one with (options, app) has to become a factory.');
    }
    return value === undefined ? this.behind : value;
  }

  protected run(): Promise<unknown> {
    return promiseOf(this.inner, this.ctx);
  }

  private next(): Promise<unknown> {
    if (this.called) {
      return Promise.reject(startupError('NEXT_CALLED_TWICE', `${this.kind} ${this.around.name} called next() more than once.`));
    }
    this.called = true;
    return this.behind = this.run();
  }
}

/** One interceptor: the outcome is what it returns, also nothing, or throws. */
class InterceptorLayer extends Layer {
  private isRunning = false;

  protected override get kind(): string { return 'interceptor'; }

  override enter(): Outcome {
    const outcome = super.enter();
    if (outcome === this) this.promise = this.promise.then(undefined, error => this.fail(error));
    return outcome;
  }

  override finish(value: unknown): Outcome { return value; }

  protected override async run(): Promise<unknown> {
    this.isRunning = true;
    try {
      return await super.run();
    } finally {
      this.isRunning = false;
    }
  }

  /** Nobody needs the result of a handler that is still running: without this, an interceptor could tell of a time-out, but not stop it. */
  private fail(error: unknown): never {
    if (this.isRunning) abortSignal(this.ctx, error);
    throw error;
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
  return middleware.reduceRight<Step>((step, each) => ctx => new Layer(each, step, ctx).enter(), inner);
}

/** The same for interceptors. */
export function intercepted(interceptors: readonly NamedInterceptor[], inner: Step): Step {
  return interceptors.reduceRight<Step>((step, each) => ctx => new InterceptorLayer(each, step, ctx).enter(), inner);
}
