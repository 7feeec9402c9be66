import type { Socket } from 'socket.io';
import type { AllTypes, LooseTypes } from '../../types/event_maps';
import type { ArgSchemas, ArgsOf, OutputOf, RefusedArgs, ReturnOf, StandardSchema } from '../../types/standard_schema';

type IsAny<T> = 0 extends 1 & T ? true : false;

/**
 * The types that the handlers of a class have to do with: those of its `ctx`. A class that shows none, or has Egg's, may stand for
 * any namespace.
 */
export type TypesOfClass<Class> = Class extends { ctx: infer Ctx }
  ? IsAny<Ctx> extends true ? LooseTypes
    : Ctx extends { socket: Socket<infer Listen, infer Emit, infer InterServer, infer Data> }
      ? { clientToServer: Listen; serverToClient: Emit; interServer: InterServer; data: Data }
      : AllTypes
  : AllTypes;

/** The names in any of several maps. */
type NamesIn<Map> = Map extends unknown ? keyof Map & string : never;

/** Events that `@OnWSMessage()` may name: those that are declared for any namespace; all, where one declares none. */
export type ClientEventName = NamesIn<AllTypes['clientToServer']>;
/** The same for `@WSEmit()` and `@WSBroadCast()`. */
export type ServerEventName = NamesIn<AllTypes['serverToClient']>;

type Callable = (...args: never[]) => unknown;
type ParametersOf<Listener> = Listener extends (...args: infer Params) => unknown ? Params : never;

/** The last of a list of parameters, if it is a function. */
type AckIn<Params extends readonly unknown[]> = Required<Params> extends readonly [...unknown[], infer Last]
  ? IsAny<Last> extends true ? never : Extract<Last, Callable>
  : never;

/** A pattern cannot take the last parameter off while one before it may be left out. */
type WithoutLast<Params extends readonly unknown[]> = number extends Params['length'] ? Params
  : Params extends readonly [...infer Rest, unknown] ? Rest
    : Params extends readonly [(infer First)?, ...infer Rest] ? Rest extends [] ? [] : [First?, ...WithoutLast<Rest>]
      : Params;

/** What a client sends with an event, without its ack. */
export type ArgsOfEvent<Listener> = [AckIn<ParametersOf<Listener>>] extends [never]
  ? ParametersOf<Listener>
  : WithoutLast<ParametersOf<Listener>>;

/** The arguments of an event's ack; `never` for an event without one. */
export type AckArgsOf<Listener> = ParametersOf<AckIn<ParametersOf<Listener>>>;

/** What is sent by returning nothing, which is nothing. */
type Nothing = undefined | void;
export type MaybePromise<T> = T | PromiseLike<T>;

/** What a value that is returned may be, as the only argument of these; nothing, if they are none or several. */
type OnlyOf<Args extends readonly unknown[]> = [Args[0]] extends Args
  ? undefined extends Args[0] ? Args[0] | Nothing : Args[0]
  : Nothing;

/** What a handler may answer: what the ack of its event takes; anything, if that has none. */
export type AnswerTo<Listener> = [AckArgsOf<Listener>] extends [never] ? unknown : OnlyOf<AckArgsOf<Listener>>;

// No method is one of these. They say what is wrong, in the compiler's words: "is not assignable to parameter of type …".
interface NoSuchEvent<Event, Declared> { readonly event: Event; readonly declared: Declared }
interface NotAnEventOfOneArgument<Event, Args> { readonly event: Event; readonly args: Args }
interface SchemaRefusesArgument<Event, Index> { readonly event: Event; readonly index: Index }
interface SchemaMakesAnotherAnswer<Event, Answer> { readonly event: Event; readonly answer: Answer }

/** The event of this name in a map, or in each of several maps that has it. */
type ListenerIn<Map, Event> = Map extends unknown ? Event extends keyof Map ? Map[Event] : never : never;

type Args = ArgSchemas | undefined;
type Returns = StandardSchema | undefined;

type MessageMethodOf<Listener, Event, A extends Args, R extends Returns> = Listener extends unknown
  ? [RefusedArgs<A, ArgsOfEvent<Listener>>] extends [never]
    ? [OutputOf<R>] extends [AnswerTo<Listener>]
      ? (...args: A extends ArgSchemas ? ArgsOf<A> : ArgsOfEvent<Listener>)
      => R extends StandardSchema ? ReturnOf<R> : MaybePromise<AnswerTo<Listener>>
      : SchemaMakesAnotherAnswer<Event, OutputOf<R>>
    : SchemaRefusesArgument<Event, RefusedArgs<A, ArgsOfEvent<Listener>>>
  : never;

/** What a method with `@OnWSMessage(event, { args, returns })` has to be in its class. */
export type MessageMethod<Class, Event, A extends Args, R extends Returns> =
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

/** What a method with `@WSEmit(event)` or `@WSBroadCast(event)` has to be in its class. */
export type EmitMethod<Class, Event> = [ListenerIn<TypesOfClass<Class>['serverToClient'], Event>] extends [never]
  ? NoSuchEvent<Event, NamesIn<TypesOfClass<Class>['serverToClient']>>
  : EmitMethodOf<ListenerIn<TypesOfClass<Class>['serverToClient'], Event>, Event>;
