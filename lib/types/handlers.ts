import type { LooseTypes, NamespaceName } from './event_maps';
import type { Context } from './context';
import type { ArgSchemas, StandardSchema } from './standard_schema';

type LooseMap = LooseTypes['clientToServer'];

/**
 * The context of what may stand before any namespace: the app's, or, where namespaces have types of their own, one that is good
 * for all of them.
 *
 * @see docs/types.md
 */
export type AnyContext = [NamespaceName] extends [never] ? Context : Context<LooseMap, LooseMap, LooseMap, LooseTypes['data']>;

/** What a middleware calls. By the second signature, one that takes a `next: () => Promise<void>`, as with koa, is a middleware too. */
interface Next {
  (): Promise<unknown>;
  (): Promise<void>;
}

/**
 * A koa-style middleware. Its return value, if it is not `undefined`, replaces the handler's; `next()` resolves to the
 * value of what lies behind it. Without a call of `next()` the event ends here. The parameter is the type of `ctx`.
 *
 * @see docs/middleware.md
 */
export type Middleware<Ctx = AnyContext> = (ctx: Ctx, next: Next) => unknown;

/**
 * A middleware, or the name of a file in `app/socket/middleware` (`'admin/auth'` for one in a folder).
 *
 * @see docs/middleware.md
 */
export type MiddlewareRef<Ctx = AnyContext> = Middleware<Ctx> | string;

/**
 * What a guard stands before; nothing, for a guard of the app's at a connection.
 *
 * @see docs/security.md#guards
 */
export interface GuardTarget {
  /** The class; `undefined` for a guard of a whole app at a connection. */
  readonly controller?: abstract new (...args: never[]) => object;
  /** The method's name; `undefined` at a connection. */
  readonly method?: string | symbol;
}

/**
 * Says whether a client may connect, or do what it asks for (`ctx.event` is `'connection'` or the event's name): `true` lets
 * it, `false` refuses it with `FORBIDDEN`, and a throw with what is thrown.
 *
 * @see docs/security.md#guards
 */
export type Guard = (ctx: AnyContext, target: GuardTarget) => boolean | Promise<boolean>;

/**
 * A class with a guard's method; made for each question, with the same injection as a controller.
 *
 * @see docs/security.md#guards
 */
export type GuardClass = new (...args: never[]) => { canActivate(...args: Parameters<Guard>): ReturnType<Guard> };

/**
 * A guard, as a function or a class.
 *
 * @see docs/security.md#guards
 */
export type GuardRef = Guard | GuardClass;

/**
 * Looks at an error before the client hears of it. A value other than `undefined` is the answer (the ack, or the
 * payload of `exception`); a throw replaces the error; `undefined` passes it on to the next filter.
 *
 * @see docs/errors.md#filters
 */
export type Filter<Ctx = AnyContext> = (error: unknown, ctx: Ctx) => unknown;

/**
 * A class with a filter's method; made for each error, with the same injection as a controller.
 *
 * @see docs/errors.md#filters
 */
export type FilterClass<Ctx = AnyContext> = new (...args: never[]) => { catch(error: unknown, ctx: Ctx): unknown };

/**
 * A filter, as a function or a class; `@Catch()` says for which errors.
 *
 * @see docs/errors.md#filters
 */
export type FilterRef<Ctx = AnyContext> = Filter<Ctx> | FilterClass<Ctx>;

/** What controllers and messages have both. */
interface HandlerOptions<Ctx = AnyContext> {
  /** Runs for these events only, after the app's and, for one event, the controller's. @default [] */
  middleware?: readonly MiddlewareRef<Ctx>[];
  /** Asked before the app's and, for one event, the controller's. @default [] */
  filters?: readonly FilterRef<Ctx>[];
}

/**
 * Options of `@OnWSMessage`. The parameters are the types of `args` and `returns`.
 *
 * @see docs/controllers.md#events
 */
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

/**
 * Options of `@WSController`. The parameter is the type of `ctx` in its namespace.
 *
 * @see docs/controllers.md
 */
export interface ControllerOptions<Ctx = AnyContext> extends HandlerOptions<Ctx> {
  /**
   * Runs before a client's connection to the namespace is accepted; a throw, or no call of `next()`, refuses it.
   * @default []
   */
  connectionMiddleware?: readonly MiddlewareRef<Ctx>[];
}
