import type { ContextOf, TypesOf } from '../decorator/class_types';
import type { AnswerTo, ArgsOfEvent, MaybePromise } from '../decorator/method_types';
import type { MethodRate } from '../../limits/rate';
import type { Context } from '../../types/context';
import type { AnyContext, ControllerOptions, GuardRef, InterceptorRef, MessageOptions } from '../../types/handlers';
import type { NamespaceLike } from '../../types/names';
import type { ArgSchemas, SchemaArgs } from '../../types/standard_schema';

/**
 * The event to emit a return value with: its name, or an object with rooms.
 *
 * @see docs/controllers.md#the-plain-form
 */
export type EmitTarget<Event extends string = string> = Event | { event: Event; rooms?: string | readonly string[] };

/**
 * Values for guards, middleware and filters, by their keys.
 *
 * @see docs/controllers.md#metadata
 */
export type PlainMetadata = Readonly<Record<string | symbol, unknown>>;

/**
 * A handler of the plain form: the context, then the client's arguments.
 *
 * @see docs/controllers.md#the-plain-form
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type PlainHandler<Ctx = Context, Args extends unknown[] = any[], Answer = unknown> = (ctx: Ctx, ...args: Args) => Answer;

/**
 * A message of the plain form with more than a handler.
 *
 * @see docs/controllers.md#the-plain-form
 */
export interface PlainMessage<Handler = PlainHandler, Emit extends string = string> extends MessageOptions {
  /** Called with `(ctx, ...args)`: the client's arguments, or the output of `args`. */
  handler: Handler;
  /** As `@WSEmit`. @default [] */
  emit?: EmitTarget<Emit> | readonly EmitTarget<Emit>[];
  /** As `@WSBroadCast`. @default [] */
  broadcast?: EmitTarget<Emit> | readonly EmitTarget<Emit>[];
  /** As one `@SetMetadata` on a method for each key. @default {} */
  metadata?: PlainMetadata;
  /** As `@UseGuard` on a method. @default [] */
  guards?: readonly GuardRef[];
  /** As `@UseInterceptor` on a method. @default [] */
  interceptors?: readonly InterceptorRef[];
  /** As `@RateLimit`. Default: none */
  rateLimit?: MethodRate;
}

/**
 * A message of the plain form whose handler takes the output of its schemas.
 *
 * @see docs/validation.md#types
 */
export interface ValidatedMessage<Args extends ArgSchemas, Ctx = AnyContext, Emit extends string = string>
  extends Omit<PlainMessage<PlainHandler, Emit>, 'args' | 'handler'> {
  /** As in {@link MessageOptions}; before the handler, so that the compiler knows the types of its parameters. */
  args: Args;
  /** Called with `(ctx, ...args)`, the output of `args`. */
  handler: (ctx: Ctx, ...args: SchemaArgs<Args>) => unknown;
}

/**
 * The same type, which the compiler does not infer from the place where a result is used: there the namespace is not known yet, and
 * nothing would fit.
 */
export type Given<T> = [T][T extends unknown ? 0 : never];

type Namespace = string | RegExp;
type Emits<Name> = keyof TypesOf<Name>['serverToClient'] & string;

/** A plain function gets the declared arguments of its event. In an object, the output of `args` and `returns` is unknown here. */
type MessageOf<Name, Listener> =
  | PlainHandler<ContextOf<Name>, ArgsOfEvent<Listener>, MaybePromise<AnswerTo<Listener>>>
  | PlainMessage<PlainHandler<ContextOf<Name>>, Emits<Name>>;

type MessagesOf<Name, Map> = string extends keyof Map
  ? Record<string, PlainHandler<ContextOf<Name>> | PlainMessage<PlainHandler<ContextOf<Name>>, Emits<Name>>>
  : { [Event in keyof Map & string]?: MessageOf<Name, Map[Event]> }
  & { [pattern: `${string}*${string}`]: PlainHandler<ContextOf<Name>> | PlainMessage<PlainHandler<ContextOf<Name>>, Emits<Name>> | undefined };

/**
 * A message of the plain form for the events that match a RegExp, or a string with asterisks.
 *
 * @see docs/controllers.md#patterns
 */
export interface PlainPattern<Handler = PlainHandler, Emit extends string = string> extends PlainMessage<Handler, Emit> {
  /** The pattern, as the argument of `@OnWSMessage`. */
  event: RegExp | string;
}

/**
 * A controller without decorators. The parameter is its namespace, whose declared types are checked.
 *
 * @see docs/controllers.md#the-plain-form
 */
export interface ControllerDefinition<Name extends Namespace = Namespace> extends ControllerOptions<ContextOf<Name>> {
  /** As in `@WSController`. @default '/' */
  namespace?: NamespaceLike<Name>;
  /** As one `@SetMetadata` on a class for each key. @default {} */
  metadata?: PlainMetadata;
  /** As `@UseGuard` on a class. @default [] */
  guards?: readonly GuardRef[];
  /** As `@UseInterceptor` on a class. @default [] */
  interceptors?: readonly InterceptorRef[];
  /** Called with `(ctx)` when a client has connected; its events wait for it. Default: none */
  onConnection?: (ctx: ContextOf<Name>) => unknown;
  /** Called with `(ctx, reason, details)` when a client is about to leave; its rooms are still in `ctx.rooms`. Default: none */
  onDisconnecting?: (ctx: ContextOf<Name>, reason: string, details?: unknown) => unknown;
  /** Called with `(ctx, reason, details)` when a client has left. Default: none */
  onDisconnection?: (ctx: ContextOf<Name>, reason: string, details?: unknown) => unknown;
  /** Called with `(ctx, reason)` when a client that has left cannot come back to its session any more. Default: none */
  onExpired?: (ctx: ContextOf<Name>, reason?: string) => unknown;
  /** One entry per event, or per pattern with asterisks. @default {} */
  messages?: MessagesOf<Name, TypesOf<Name>['clientToServer']>;
  /** Patterns that cannot be keys, such as RegExps, for events without a handler of their own. @default [] */
  patterns?: readonly PlainPattern<PlainHandler<ContextOf<Name>>, Emits<Name>>[];
}
