import type { DefaultEventsMap } from 'socket.io';
import type { NamespaceTypes, SocketTypes } from './declared';

/**
 * A map from event name to listener, written as an interface or a type: `{ hello: (name: string) => void }`.
 * Socket.IO's own constraint, which it does not export; a stricter one would refuse interfaces.
 *
 * @see docs/types.md
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export interface EventsMap { [event: string]: any }

/**
 * `ctx.data` while an app gives no type of its own for it: anything, as in Socket.IO.
 *
 * @see docs/types.md
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type DefaultSocketData = any;

/** What is known of a namespace; {@link SocketTypes} with nothing left out. */
export interface Types {
  clientToServer: EventsMap;
  serverToClient: EventsMap;
  interServer: EventsMap;
  data: unknown;
}

/** Nothing was declared: everything goes. */
export interface LooseTypes extends Types {
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

/** A map that was given in place of the app's; a namespace's name stands for its own. */
export type ListenOf<Listen extends EventsMap | NamespaceName> = Listen extends NamespaceName ? TypesOfNamespace<Listen>['clientToServer'] : Listen;

/** What is sent to clients: what is declared beside the map that was given, or, as in Socket.IO, that map. */
export type EmitOf<Listen extends EventsMap | NamespaceName> = Listen extends NamespaceName ? TypesOfNamespace<Listen>['serverToClient']
  : [Listen, AppTypes['clientToServer']] extends [AppTypes['clientToServer'], Listen] ? AppTypes['serverToClient'] : Listen;

/** What else is declared of a namespace, or of the app. */
export type Of<Listen extends EventsMap | NamespaceName, Key extends 'interServer' | 'data'> =
  Listen extends NamespaceName ? TypesOfNamespace<Listen>[Key] : AppTypes[Key];
