import type { DefaultEventsMap, Socket } from 'socket.io';

/**
 * A map from event name to listener, written as an interface or a type: `{ hello: (name: string) => void }`.
 * Socket.IO's own constraint, which it does not export; a stricter one would refuse interfaces.
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export interface EventsMap { [event: string]: any }

/** `ctx.data` while an app gives no type of its own for it: anything, as in Socket.IO. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type DefaultSocketData = any;

/**
 * What an app's clients and servers say to each other, declared once by the app, for all namespaces. Keys, each of which may be
 * left out: `clientToServer`, `serverToClient` and `interServer`, which are event maps, and `data`, the type of `ctx.data`.
 *
 * @see docs/types.md
 *
 * @example
 * declare module 'egg-socketio' {
 *   interface SocketTypes {
 *     clientToServer: ClientToServer;
 *     serverToClient: ServerToClient;
 *   }
 * }
 */
// eslint-disable-next-line @typescript-eslint/no-empty-interface
export interface SocketTypes {}

/**
 * The same for single namespaces, with the keys of {@link SocketTypes}. What a namespace leaves out is the app's.
 *
 * @see docs/types.md
 *
 * @example
 * declare module 'egg-socketio' {
 *   interface NamespaceTypes {
 *     '/admin': { clientToServer: AdminToServer; serverToClient: ServerToAdmin };
 *     [room: `/rooms/${string}`]: { clientToServer: RoomToServer };
 *   }
 * }
 */
// eslint-disable-next-line @typescript-eslint/no-empty-interface
export interface NamespaceTypes {}

/** What is known of a namespace; {@link SocketTypes} with nothing left out. */
interface Types {
  clientToServer: EventsMap;
  serverToClient: EventsMap;
  interServer: EventsMap;
  data: unknown;
}

/** Nothing was declared: everything goes. */
interface LooseTypes extends Types {
  clientToServer: DefaultEventsMap;
  serverToClient: DefaultEventsMap;
  interServer: DefaultEventsMap;
  data: DefaultSocketData;
}

/** A map without events. Its name is what the compiler says where one is used. */
type Misdeclared<Problem extends string> = Record<Problem, never>;

interface MisdeclaredTypes<Problem extends string> {
  clientToServer: Misdeclared<Problem>;
  serverToClient: Misdeclared<Problem>;
  interServer: Misdeclared<Problem>;
  data: Misdeclared<Problem>;
}

/** A misspelt key would be none, and everything would go. */
type Complete<Declared, Rest extends Types, Where extends string> = Exclude<keyof Declared, keyof Types> extends infer Wrong
  ? [Wrong] extends [never]
    ? { [Key in keyof Types]: Key extends keyof Declared ? Declared[Key] : Rest[Key] }
    : MisdeclaredTypes<`${Where} has the unknown key '${Wrong & string}'`>
  : never;

/** The app's own types. */
export type AppTypes = Complete<SocketTypes, LooseTypes, 'SocketTypes'>;

/** The namespaces that have types of their own. */
export type NamespaceName = keyof NamespaceTypes & string;

type WithoutSlash<Name extends string> = Name extends `/${infer Rest}` ? Rest : Name;

/** The same, as `io.of()` and `@WSController()` take them: with or without the slash. */
export type NamespaceArgument = NamespaceName | WithoutSlash<NamespaceName>;

/** The types of a namespace: its own, or the app's. */
export type TypesOfNamespace<Name> = Name extends NamespaceName ? Complete<NamespaceTypes[Name], AppTypes, `NamespaceTypes['${Name}']`>
  : `/${Name & string}` extends infer Slashed extends NamespaceName
    ? Complete<NamespaceTypes[Slashed], AppTypes, `NamespaceTypes['${Slashed}']`>
    : AppTypes;

/** The types of the app and of each namespace, as a union. */
export type AllTypes = AppTypes | { [Name in NamespaceName]: TypesOfNamespace<Name> }[NamespaceName];

/** Whether the app has declared any. */
export type IsDeclared = [keyof SocketTypes | keyof NamespaceTypes] extends [never] ? false : true;

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

/** Events that `@OnWSMessage()` may name: those that any namespace declares; any, where one declares none. */
export type ClientEventName = NamesIn<AllTypes['clientToServer']>;
/** The same for `@WSEmit()` and `@WSBroadCast()`. */
export type ServerEventName = NamesIn<AllTypes['serverToClient']>;

type Callable = (...args: never[]) => unknown;
type ParametersOf<Listener> = Listener extends (...args: infer Params) => unknown ? Params : never;

/** The last of a list of parameters, if it is a function. */
type AckIn<Params extends readonly unknown[]> = Required<Params> extends readonly [...unknown[], infer Last]
  ? IsAny<Last> extends true ? never : Extract<Last, Callable>
  : never;

type WithoutLast<Params extends readonly unknown[]> = Params extends readonly [...infer Rest, unknown] ? Rest
  : Params extends readonly [(infer First)?, ...infer Rest] ? Rest extends [] ? [] : [First?, ...WithoutLast<Rest>]
    : Params;

/** What a client sends with an event, without its ack. */
export type ArgsOfEvent<Listener> = [AckIn<ParametersOf<Listener>>] extends [never]
  ? ParametersOf<Listener>
  : WithoutLast<ParametersOf<Listener>>;

/** The arguments of an event's ack; `never` for an event without one. */
export type AckArgsOf<Listener> = [AckIn<ParametersOf<Listener>>] extends [never]
  ? never
  : ParametersOf<AckIn<ParametersOf<Listener>>>;

/** What is emitted by returning nothing, which is nothing. */
type Nothing = undefined | void;
type MaybePromise<T> = T | PromiseLike<T>;

/** What a handler may return: what its event's ack takes; anything, if that has none. */
export type AnswerTo<Listener> = [AckArgsOf<Listener>] extends [never] ? unknown
  : AckArgsOf<Listener> extends infer Args extends readonly unknown[]
    ? [Args[0]] extends Args
      ? MaybePromise<undefined extends Args[0] ? Args[0] | Nothing : Args[0]>
      // No argument, or several: a value that is returned is one.
      : MaybePromise<Nothing>
    : unknown;

/** No method is one. Names what is wrong where the compiler says that a method is not assignable to it. */
interface NoSuchEvent<Event, Declared> { readonly event: Event; readonly declared: Declared }
/** No method is one: what a method returns is sent as one argument, and the event does not have one. */
interface NotAnEventOfOneArgument<Event, Args> { readonly event: Event; readonly args: Args }
/** No method is one: the schemas refuse what the clients' types have them send. */
interface SchemasRefuseTheEventsArguments<Event, Args> { readonly event: Event; readonly args: Args }
/** No method is one: the schema makes an answer that the clients' types do not expect. */
interface SchemaMakesAnotherAnswer<Event, Answer> { readonly event: Event; readonly answer: Answer }

/** Events of a map, by name; each of several maps may have one. */
type ListenerIn<Map, Event> = Map extends unknown ? Event extends keyof Map ? Map[Event] : never : never;

/** What schemas say of a message; `unknown` for what they do not say. */
export interface SchemaTypes {
  /** What the schemas of the arguments take. */
  takes: unknown;
  /** What the method then gets. */
  gives: unknown;
  /** What the method has to return. */
  returns: unknown;
  /** What is answered then. */
  answers: unknown;
}

type ArgsFor<Listener, Schemas extends SchemaTypes> =
  Schemas['gives'] extends infer Args extends unknown[] ? Args : ArgsOfEvent<Listener>;

type MessageMethodOf<Listener, Event, Schemas extends SchemaTypes> = Listener extends unknown
  ? ArgsOfEvent<Listener> extends Schemas['takes']
    ? MaybePromise<Schemas['answers']> extends AnswerTo<Listener>
      ? (...args: ArgsFor<Listener, Schemas>) => Schemas['returns'] & AnswerTo<Listener>
      : SchemaMakesAnotherAnswer<Event, Schemas['answers']>
    : SchemasRefuseTheEventsArguments<Event, ArgsOfEvent<Listener>>
  : never;

/** What a method with `@OnWSMessage(event)` has to be in its class. */
export type MessageMethod<Class, Event, Schemas extends SchemaTypes> =
  [ListenerIn<TypesOfClass<Class>['clientToServer'], Event>] extends [never]
    ? NoSuchEvent<Event, NamesIn<TypesOfClass<Class>['clientToServer']>>
    : MessageMethodOf<ListenerIn<TypesOfClass<Class>['clientToServer'], Event>, Event, Schemas>;

type EmitMethodOf<Listener, Event> = Listener extends unknown
  ? ParametersOf<Listener> extends infer Args extends readonly unknown[]
    ? [Args[0]] extends Args
      ? [AckIn<[Args[0]]>] extends [never]
        ? (...args: never[]) => MaybePromise<Args[0] | Nothing>
        : NotAnEventOfOneArgument<Event, Args>
      : NotAnEventOfOneArgument<Event, Args>
    : never
  : never;

/** What a method with `@WSEmit(event)` or `@WSBroadCast(event)` has to be in its class. */
export type EmitMethod<Class, Event> = [ListenerIn<TypesOfClass<Class>['serverToClient'], Event>] extends [never]
  ? NoSuchEvent<Event, NamesIn<TypesOfClass<Class>['serverToClient']>>
  : EmitMethodOf<ListenerIn<TypesOfClass<Class>['serverToClient'], Event>, Event>;
