import type { Context } from './types';
import type { ArgSchemas, StandardSchema } from './validation/standard_schema';

/**
 * A koa-style middleware. Its return value, if it is not `undefined`, replaces the handler's; `next()` resolves to the
 * value of what lies behind it. Without a call of `next()` the event ends here.
 */
export type Middleware = (ctx: Context, next: () => Promise<unknown>) => unknown;

/** A middleware, or the name of a file in `app/socket/middleware` (`'admin/auth'` for one in a folder). */
export type MiddlewareRef = Middleware | string;

/** What a guard stands before; nothing, for a guard of the app's at a connection. */
export interface GuardTarget {
  readonly controller?: abstract new (...args: never[]) => object;
  readonly method?: string | symbol;
}

/**
 * Says whether a client may connect, or do what it asks for (`ctx.event` is `'connection'` or the event's name): `true` lets
 * it, `false` refuses it with `FORBIDDEN`, and a throw with what is thrown.
 */
export type Guard = (ctx: Context, target: GuardTarget) => boolean | Promise<boolean>;

/** A class with a guard's method; made for each question, with the same injection as a controller. */
export type GuardClass = new (...args: never[]) => { canActivate(...args: Parameters<Guard>): ReturnType<Guard> };

/** A guard, as a function or a class. */
export type GuardRef = Guard | GuardClass;

/**
 * Looks at an error before the client hears of it. A value other than `undefined` is the answer (the ack, or the
 * payload of `exception`); a throw replaces the error; `undefined` passes it on to the next filter.
 */
export type Filter = (error: unknown, ctx: Context) => unknown;

/** A class with a filter's method; made for each error, with the same injection as a controller. */
export type FilterClass = new (...args: never[]) => { catch(...args: Parameters<Filter>): unknown };

/** A filter, as a function or a class; `@Catch()` says for which errors. */
export type FilterRef = Filter | FilterClass;

/** What controllers and messages have both. */
interface HandlerOptions {
  /** Runs for these events only, after the app's and, for one event, the controller's. @default [] */
  middleware?: readonly MiddlewareRef[];
  /** Asked before the app's and, for one event, the controller's. @default [] */
  filters?: readonly FilterRef[];
}

/** Options of `@OnWSMessage`. The parameters are the types of `args` and `returns`. */
export interface MessageOptions<
  Args extends ArgSchemas | undefined = ArgSchemas | undefined,
  Returns extends StandardSchema | undefined = StandardSchema | undefined,
> extends HandlerOptions {
  /**
   * What the client's arguments have to be: one schema an argument, or one for the array of all of them. A schema is one of
   * zod, valibot, arktype or another library that speaks Standard Schema, or a rule of egg-validate. The method gets
   * what the schemas make of the arguments; what they refuse is answered `VALIDATION_FAILED`. Default: anything
   */
  args?: Args;
  /** What the answer has to be; it is sent as the schema transforms it. Another one is an internal error. Default: anything */
  returns?: Returns;
}

/** Options of `@WSController`. */
export interface ControllerOptions extends HandlerOptions {
  /**
   * Runs before a client's connection to the namespace is accepted; a throw, or no call of `next()`, refuses it.
   * @default []
   */
  connectionMiddleware?: readonly MiddlewareRef[];
}
