import type { Application as EggApplication } from 'egg';
import type { Middleware } from '../types/handlers';
import type { OldMiddleware } from './types';

/** The member of Egg 3's application that runs generator functions with co; Egg 4 has no generators. */
interface WithGenerators { toAsyncFunction(fn: unknown): (this: unknown, ...args: unknown[]) => Promise<unknown> }

export function isGeneratorFunction(value: unknown): boolean {
  return Object.prototype.toString.call(value) === '[object GeneratorFunction]';
}

/** Turns a generator function into one that returns a promise; returns any other function as it is. */
export function toAsyncFunction(app: EggApplication, fn: (this: unknown, ...args: never[]) => unknown) {
  return isGeneratorFunction(fn) ? (app as unknown as WithGenerators).toAsyncFunction(fn) : fn;
}

/** Turns a middleware of koa 1, a generator function whose `this` is the context, into one of koa 2. */
export function toMiddleware(app: EggApplication, middleware: OldMiddleware): Middleware {
  if (!isGeneratorFunction(middleware)) return middleware as unknown as Middleware;
  const run = toAsyncFunction(app, middleware) as (this: unknown, next: unknown) => unknown;
  // `yield* next` needs an iterator.
  const iterate = function* (next: () => unknown): Generator { return yield next(); };
  return (ctx, next) => run.call(ctx, iterate(next));
}
