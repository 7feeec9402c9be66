import type { LooseTypes, NamespaceTypeKey } from './event_maps';
import type { Context } from './context';
import type { OutgoingMiddleware } from './outgoing';
import type { ArgSchemas, StandardSchema } from './standard_schema';

type LooseMap = LooseTypes['clientToServer'];

/**
 * A context for any namespace: the app's or, if namespaces have types of their own, one that works for all of them.
 *
 * @see docs/types.md
 */
export type AnyContext = [NamespaceTypeKey] extends [never] ? Context : Context<LooseMap, LooseMap, LooseMap, LooseTypes['data']>;

/** The function that a middleware calls. The second signature also accepts a middleware with `next: () => Promise<void>`, as in koa. */
interface Next {
  (): Promise<unknown>;
  (): Promise<void>;
}

/**
 * The controller and the method that a guard, a middleware, an interceptor or a filter runs for; without both for one of the whole app that
 * runs for a connection.
 *
 * @see docs/controllers.md#metadata
 */
export interface HandlerTarget {
  /** The class. */
  readonly controller?: abstract new (...args: never[]) => object;
  /** The method's name; `undefined` for a connection, except for the guards of a method with `@OnWSConnection()`. */
  readonly method?: string | symbol;
  /**
   * Returns the value that `@SetMetadata()` has set for a key on the method or, without one, on the class. A subclass has the values of its
   * base classes too.
   *
   * @param key - the same as in `@SetMetadata()`
   * @return the value; `undefined` if there is none
   */
  metadata<T = unknown>(key: string | symbol): T | undefined;
}

/**
 * A koa-style middleware. A return value other than `undefined` replaces the handler's; `next()` resolves to the value of the inner
 * middleware or the handler. If it does not call `next()`, the event ends here. The parameter is the type of `ctx`.
 *
 * @see docs/middleware.md
 */
export type Middleware<Ctx = AnyContext> = (ctx: Ctx, next: Next, target: HandlerTarget) => unknown;

/**
 * A middleware, or the name of a file in `app/socket/middleware` (`'admin/auth'` for a file in a folder).
 *
 * @see docs/middleware.md
 */
export type MiddlewareRef<Ctx = AnyContext> = Middleware<Ctx> | string;

/**
 * The target that a guard protects.
 *
 * @see docs/security.md#guards
 */
export type GuardTarget = HandlerTarget;

/**
 * Decides whether a client may connect or send an event (`ctx.event` is `'connection'` or the event's name): `true` allows it, `false`
 * denies it with `FORBIDDEN`, and a throw denies it with the thrown error.
 *
 * @see docs/security.md#guards
 */
export type Guard = (ctx: AnyContext, target: GuardTarget) => boolean | Promise<boolean>;

/**
 * A class with a guard's method. An instance is created for each decision, with the same injection as a controller.
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
 * Runs around a handler whose event is allowed: after the guards, before the validation. `next()` validates the arguments, calls the
 * handler, and resolves to its return value; it may be called once. The returned value is the event's, also if it is `undefined`; a throw
 * replaces an error of the handler. The parameter is the type of `ctx`.
 *
 * @see docs/middleware.md#interceptors
 */
export type Interceptor<Ctx = AnyContext> = (ctx: Ctx, next: () => Promise<unknown>, target: HandlerTarget) => unknown;

/**
 * A class with an interceptor's method. An instance is created for each event, with the same injection as a controller.
 *
 * @see docs/middleware.md#interceptors
 */
export type InterceptorClass = new (...args: never[]) => { intercept(...args: Parameters<Interceptor>): ReturnType<Interceptor> };

/**
 * An interceptor, as a function or a class.
 *
 * @see docs/middleware.md#interceptors
 */
export type InterceptorRef = Interceptor | InterceptorClass;

/**
 * Handles an error before the client gets it. The client gets a returned value other than `undefined`, as the ack or the payload of
 * `exception`; a throw replaces the error; after `undefined`, the next filter runs.
 *
 * @see docs/errors.md#filters
 */
export type Filter<Ctx = AnyContext> = (error: unknown, ctx: Ctx, target: HandlerTarget) => unknown;

/**
 * A class with a filter's method. An instance is created for each error, with the same injection as a controller.
 *
 * @see docs/errors.md#filters
 */
export type FilterClass<Ctx = AnyContext> = new (...args: never[]) => { catch(error: unknown, ctx: Ctx, target: HandlerTarget): unknown };

/**
 * A filter, as a function or a class; `@Catch()` limits it to some errors.
 *
 * @see docs/errors.md#filters
 */
export type FilterRef<Ctx = AnyContext> = Filter<Ctx> | FilterClass<Ctx>;

/** Options of both controllers and messages. */
interface HandlerOptions<Ctx = AnyContext> {
  /** Runs for these events only, after the app's middleware and, for a single event, the controller's. @default [] */
  middleware?: readonly MiddlewareRef<Ctx>[];
  /** Runs before the app's filters and, for a single event, before the controller's. @default [] */
  filters?: readonly FilterRef<Ctx>[];
}

/**
 * How the items of a method's async iterable are sent.
 *
 * @see docs/streams.md
 */
export interface StreamOptions {
  /**
   * The items that may be under way to a client, or wait there; the method is not asked for more. From 1 to 1000.
   * @default 16
   */
  window?: number;
  /**
   * How long the method goes on while its client is gone, and how long the items are kept without a client: milliseconds, or a time such
   * as `'30s'`, `'2m'` or `'1h'`, up to 24 hours. A client that comes back in this time gets the rest. `0`: it ends with its client.
   * @default 0
   * @see docs/streams.md#resuming
   */
  resume?: number | string;
}

/**
 * How repeated events are recognized.
 *
 * @see docs/delivery.md#once
 */
export interface OnceOptions {
  /**
   * Returns the key of an event, a string or a number: the same for an event that is sent again, and another one for each other event.
   * It gets the arguments of the method. Default: the property `idempotencyKey` of the first argument
   */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  key?: (...args: any[]) => string | number | undefined;
  /**
   * Whose keys they are: those of a session, which lasts as long as `socket.id`, through recoveries; or those for which a function returns
   * the same string or number, such as the id of a user. If it returns `undefined`, `null` or `''`, the session counts.
   * @default 'session'
   */
  by?: 'session' | ((ctx: AnyContext) => string | number | null | undefined);
  /** How long the first answer is kept, in milliseconds, from 1 to 86400000. @default 120000 */
  for?: number;
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
   * Schemas for the client's arguments: one per argument, or one for the array of all of them. A schema comes from zod, valibot, arktype
   * or another library that supports Standard Schema, or is a rule of egg-validate. The method gets the output of the schemas; arguments
   * that they reject cause `VALIDATION_FAILED`. Default: no validation
   */
  args?: Args;
  /**
   * Whether the method returns an async iterable (an async generator, a Node.js `Readable`, a web `ReadableStream`), whose items are
   * sent one by one; an object has options. Default: `true` for an async generator method, otherwise `false`
   *
   * @see docs/streams.md
   */
  stream?: boolean | StreamOptions;
  /**
   * Whether an event that is sent again is not handled again, but gets the answer of the first one; an object has options.
   * @default false
   *
   * @see docs/delivery.md#once
   */
  once?: boolean | OnceOptions;
  /**
   * The schema of the return value, or of each item of a stream; its output is sent. A value that it rejects is an internal error.
   * Default: no validation
   */
  returns?: Returns;
}

/**
 * Options of `@WSController`. The parameter is the type of `ctx` in its namespace.
 *
 * @see docs/controllers.md
 */
export interface ControllerOptions<Ctx = AnyContext> extends HandlerOptions<Ctx> {
  /**
   * Runs before a client's connection to the namespace is accepted; throwing, or not calling `next()`, rejects the connection.
   * @default []
   */
  connectionMiddleware?: readonly MiddlewareRef<Ctx>[];
  /**
   * Runs before each event that is sent to clients of the namespace, after the app's.
   * @default []
   * @see docs/middleware.md#outgoing-middleware
   */
  outgoing?: readonly OutgoingMiddleware[];
}
