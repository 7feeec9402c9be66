import type { Socket } from 'socket.io';
import type { AllTypes, LooseTypes } from '../../types/event_maps';
import type { Context } from '../../types/context';
import type { EventLike, EventOrPattern, NamesIn, NamesMatching } from '../../types/names';
import type { ArgSchemas, ArgsOf, OutputOf, RefusedArgs, ReturnOf, StandardSchema } from '../../types/standard_schema';

type IsAny<T> = 0 extends 1 & T ? true : false;

/** The declared types for the handlers of a class: those of its `ctx`. A class without `ctx`, or with Egg's, may be for any namespace. */
export type TypesOfClass<Class> = Class extends { ctx: infer Ctx }
  ? IsAny<Ctx> extends true ? LooseTypes
    : Ctx extends { socket: Socket<infer Listen, infer Emit, infer InterServer, infer Data> }
      ? { clientToServer: Listen; serverToClient: Emit; interServer: InterServer; data: Data }
      : AllTypes
  : AllTypes;

/** Events that `@OnWSMessage()` may name: those declared for any namespace; all, if a namespace declares none. */
type ClientEventName = NamesIn<AllTypes['clientToServer']>;
/** The same for `@WSEmit()` and `@WSBroadCast()`. */
type ServerEventName = NamesIn<AllTypes['serverToClient']>;

/** The parameters for these names. */
export type ClientEvent<Event> = EventOrPattern<Event, AllTypes['clientToServer']>;
export type ServerEvent<Event> = EventLike<Event, AllTypes['serverToClient']>;

export type Callable = (...args: never[]) => unknown;
type ParametersOf<Listener> = Listener extends (...args: infer Params) => unknown ? Params : never;

/** The last parameter of a list, if it is a function. */
type AckIn<Params extends readonly unknown[]> = Required<Params> extends readonly [...unknown[], infer Last]
  ? IsAny<Last> extends true ? never : Extract<Last, Callable>
  : never;

/** A pattern cannot remove the last parameter while an earlier one is optional. */
type WithoutLast<Params extends readonly unknown[]> = number extends Params['length'] ? Params
  : Params extends readonly [...infer Rest, unknown] ? Rest
    : Params extends readonly [(infer First)?, ...infer Rest] ? Rest extends [] ? [] : [First?, ...WithoutLast<Rest>]
      : Params;

/** The arguments of a client's event, without its ack. */
export type ArgsOfEvent<Listener> = [AckIn<ParametersOf<Listener>>] extends [never]
  ? ParametersOf<Listener>
  : WithoutLast<ParametersOf<Listener>>;

/** The arguments of an event's ack; `never` for an event without one. */
export type AckArgsOf<Listener> = ParametersOf<AckIn<ParametersOf<Listener>>>;

/** The result of returning nothing, which sends nothing. */
type Nothing = undefined | void;
export type MaybePromise<T> = T | PromiseLike<T>;

/** The type of a return value that is the only one of these arguments; nothing if there are none or several. */
type OnlyOf<Args extends readonly unknown[]> = [Args[0]] extends Args
  ? undefined extends Args[0] ? Args[0] | Nothing : Args[0]
  : Nothing;

/** The values that a handler may return for an ack: those of `Ack<T>` without the error, or its arguments. */
type ReturnedFor<Ack> = '~returns' extends keyof Ack ? Extract<Ack['~returns'], readonly unknown[]> : ParametersOf<Ack>;

/** The type of a stream's items, by its `StreamAck`; `never` for an event without a stream. */
type ItemOf<Listener> = AckIn<ParametersOf<Listener>> extends infer Ack
  ? '~item' extends keyof Ack ? Extract<Ack['~item'], readonly unknown[]>[0] : never
  : never;

/** The return type of a handler: the argument of its event's ack, or its stream; anything if the event has neither. */
export type AnswerTo<Listener> = [AckArgsOf<Listener>] extends [never] ? unknown
  : [ItemOf<Listener>] extends [never] ? OnlyOf<ReturnedFor<AckIn<ParametersOf<Listener>>>> : AsyncIterable<ItemOf<Listener>>;

// No method has these types; their names appear in the compiler's message: "is not assignable to parameter of type …".
interface NoSuchEvent<Event, Declared> { readonly event: Event; readonly declared: Declared }
interface NotAnEventOfOneArgument<Event, Args> { readonly event: Event; readonly args: Args }
interface SchemaRefusesArgument<Event, Index> { readonly event: Event; readonly index: Index }
interface SchemaMakesAnotherAnswer<Event, Answer> { readonly event: Event; readonly answer: Answer }
interface WrongReturnType<Event, Types> { readonly event: Event; readonly types: Types }
interface WrongParameters<Event, Types> { readonly event: Event; readonly types: Types }

/** The event of this name in a map, or in each of several maps that has it. */
type ListenerIn<Map, Event> = Map extends unknown ? Event extends keyof Map ? Map[Event] : never : never;

type Args = ArgSchemas | undefined;
type Returns = StandardSchema | undefined;

/** The value of a method: its schema of `returns` takes the value, or each item of the stream. */
type Returned<Listener, R extends Returns> = R extends StandardSchema
  ? [ItemOf<Listener>] extends [never] ? ReturnOf<R> : MaybePromise<AsyncIterable<Awaited<ReturnOf<R>>>>
  : MaybePromise<AnswerTo<Listener>>;

type MessageMethodOf<Listener, Event, A extends Args, R extends Returns> = Listener extends unknown
  ? [RefusedArgs<A, ArgsOfEvent<Listener>>] extends [never]
    ? [OutputOf<R>] extends [[ItemOf<Listener>] extends [never] ? AnswerTo<Listener> : ItemOf<Listener>]
      ? (...args: A extends ArgSchemas ? ArgsOf<A> : ArgsOfEvent<Listener>) => Returned<Listener, R>
      : SchemaMakesAnotherAnswer<Event, OutputOf<R>>
    : SchemaRefusesArgument<Event, RefusedArgs<A, ArgsOfEvent<Listener>>>
  : never;

/**
 * The method for several events: its parameters take the arguments of each of them. It may return what any of them is answered with, as the
 * compiler does not know which one it has got.
 */
type PatternMethodOf<Listener, A extends Args, R extends Returns> =
  (...args: A extends ArgSchemas ? ArgsOf<A> : ArgsOfAny<Listener>)
  => R extends StandardSchema ? ReturnOf<R> : MaybePromise<AnswerToAny<Listener>>;
type ArgsOfAny<Listener> = Listener extends unknown ? ArgsOfEvent<Listener> : never;
type AnswerToAny<Listener> = Listener extends unknown ? AnswerTo<Listener> : never;

/** The same for a RegExp: the compiler does not know the events. */
type AnyMethod<A extends Args, R extends Returns> = (
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  ...args: A extends ArgSchemas ? ArgsOf<A> : any[]
) => R extends StandardSchema ? ReturnOf<R> : unknown;

type PatternMethod<Map, Event, A extends Args, R extends Returns> = Event extends RegExp ? AnyMethod<A, R>
  : [NamesMatching<Event, Map>] extends [never] ? never : PatternMethodOf<ListenerIn<Map, NamesMatching<Event, Map>>, A, R>;

/** The type of a method with `@OnWSMessage(event, { args, returns })` in its class. */
type MessageMethod<Class, Event, A extends Args, R extends Returns> =
  [PatternMethod<TypesOfClass<Class>['clientToServer'], Event, A, R>] extends [never]
    ? ExactMethod<Class, Event, A, R>
    : PatternMethod<TypesOfClass<Class>['clientToServer'], Event, A, R>;

type ExactMethod<Class, Event, A extends Args, R extends Returns> =
  [ListenerIn<TypesOfClass<Class>['clientToServer'], Event>] extends [never]
    ? NoSuchEvent<Event, NamesIn<TypesOfClass<Class>['clientToServer']>>
    : MessageMethodOf<ListenerIn<TypesOfClass<Class>['clientToServer'], Event>, Event, A, R>;

type EmitMethodOf<Listener, Event> = Listener extends unknown
  ? [ParametersOf<Listener>[0]] extends ParametersOf<Listener>
    ? [AckIn<ParametersOf<Listener>>] extends [never]
      ? (...args: never[]) => MaybePromise<ParametersOf<Listener>[0] | Nothing>
      : NotAnEventOfOneArgument<Event, ParametersOf<Listener>>
    : NotAnEventOfOneArgument<Event, ParametersOf<Listener>>
  : never;

/** The type of a method with `@WSEmit(event)` or `@WSBroadCast(event)` in its class. */
type EmitMethod<Class, Event> = [ListenerIn<TypesOfClass<Class>['serverToClient'], Event>] extends [never]
  ? NoSuchEvent<Event, NamesIn<TypesOfClass<Class>['serverToClient']>>
  : EmitMethodOf<ListenerIn<TypesOfClass<Class>['serverToClient'], Event>, Event>;

type IsSame<A, B> = [A, B] extends [B, A] ? true : false;

/** Whether a parameter has `@Ctx()` or `@Ack()`, by its type, which no client's argument has. */
type IsCtx<Param> = IsAny<Param> extends true ? false : Param extends Pick<Context, 'event' | 'args' | 'ack'> & { socket: object } ? true : false;
type IsAck<Param> = IsAny<Param> extends true ? false : [NonNullable<Param>] extends [Callable] ? IsAckFunction<Param> : false;
type IsAckFunction<Param> =
  '~returns' extends keyof NonNullable<Param> ? true : IsSame<NonNullable<Param>, NonNullable<Context['ack']>>;

/** The parameters that get the client's arguments. */
type SentParams<Params extends readonly unknown[]> = Params extends readonly [infer First, ...infer Rest]
  ? true extends IsCtx<First> | IsAck<First> ? SentParams<Rest> : [First, ...SentParams<Rest>]
  : number extends Params['length'] ? Params
    : Params extends readonly [(infer First)?, ...infer Rest]
      ? true extends IsCtx<First> | IsAck<First> ? SentParams<Rest> : [First?, ...SentParams<Rest>]
      : Params;

/** Whether a method calls the ack itself; its return value may then be anything. */
type TakesAck<Params extends readonly unknown[]> = true extends { [Index in keyof Params]: IsAck<Params[Index]> }[number] ? true : false;

/** A method as if it had neither `@Ctx()` nor `@Ack()`. */
type PlainMethod<Method, Fits> = Method extends (...args: infer Params) => infer Returned
  ? (...args: SentParams<Params>) => TakesAck<Params> extends true ? ReturnOfAny<Fits> : Returned
  : never;

type ReturnOfAny<Method> = Method extends (...args: never[]) => infer Returned ? Returned : never;

/**
 * Nothing to fulfil for a method that fits, otherwise a type that no method has. A constraint of the method's type would work as well, but
 * the compiler would explain it in up to twelve lines.
 */
type Check<Fits, Method extends Callable, Event> = [Method] extends [Fits] ? unknown
  : [PlainMethod<Method, Fits>] extends [Fits] ? unknown
    : [Extract<Fits, Callable>] extends [never] ? Fits
      : Method extends (...args: ParametersOf<Extract<Fits, Callable>>) => unknown
        ? WrongReturnType<Event, { returned: Awaited<ReturnOfAny<Method>>; expected: Awaited<ReturnOfAny<Extract<Fits, Callable>>> }>
        : WrongParameters<Event, { taken: ParametersOf<Method>; sent: ParametersOf<Extract<Fits, Callable>> }>;

/** Whether the event is declared. If it is not, the compiler has reported its name. */
type IsDeclaredEvent<Event, Names> = [Event] extends [Names] ? true : false;

/** Whether an event is declared, or a pattern for declared ones. */
type IsKnownEvent<Event> = Event extends RegExp ? true
  : [NamesMatching<Event, AllTypes['clientToServer']>] extends [never] ? IsDeclaredEvent<Event, ClientEventName> : true;

/** The check of a method with `@OnWSMessage(event, { args, returns })` in its class. */
export type MessageCheck<Class, Event, A extends Args, R extends Returns, Method extends Callable> =
  IsKnownEvent<Event> extends true ? Check<MessageMethod<Class, Event, A, R>, Method, Event> : unknown;

/** The check of a method with `@WSEmit(event)` or `@WSBroadCast(event)` in its class. */
export type EmitCheck<Class, Event, Method extends Callable> =
  IsDeclaredEvent<Event, ServerEventName> extends true ? Check<EmitMethod<Class, Event>, Method, Event> : unknown;
