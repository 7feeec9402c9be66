import type { DefaultEventsMap } from 'socket.io';
import type { NamespaceTypes, SocketTypes } from './declared';

/**
 * A map from event name to listener, written as an interface or a type: `{ hello: (name: string) => void }`. This is Socket.IO's own
 * constraint, which it does not export; a stricter one would not accept interfaces.
 *
 * @see docs/types.md
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export interface EventsMap { [event: string]: any }

/**
 * The type of `ctx.data` for an app without a type of its own: any value, as in Socket.IO.
 *
 * @see docs/types.md
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type DefaultSocketData = any;

/** The types of a namespace; {@link SocketTypes} with all keys. */
export interface Types {
  clientToServer: EventsMap;
  serverToClient: EventsMap;
  interServer: EventsMap;
  data: unknown;
}

/** Nothing was declared, so everything is allowed. */
export interface LooseTypes extends Types {
  clientToServer: DefaultEventsMap;
  serverToClient: DefaultEventsMap;
  interServer: DefaultEventsMap;
  data: DefaultSocketData;
}

/** A map without events. The compiler shows its name when one is used. */
type Misdeclared<Problem extends string> = Record<Problem, never>;

interface MisdeclaredTypes<Problem extends string> {
  clientToServer: Misdeclared<Problem>;
  serverToClient: Misdeclared<Problem>;
  interServer: Misdeclared<Problem>;
  data: Misdeclared<Problem>;
}

/** Rejects a misspelt key, which would otherwise turn off all checks. */
type Complete<Declared, Rest extends Types, Where extends string> = Exclude<keyof Declared, keyof Types> extends infer Wrong
  ? [Wrong] extends [never]
    ? { [Key in keyof Types]: Key extends keyof Declared ? Declared[Key] : Rest[Key] }
    : MisdeclaredTypes<`${Where} has the unknown key '${Wrong & string}'`>
  : never;

/** The app's own types. */
export type AppTypes = Complete<SocketTypes, LooseTypes, 'SocketTypes'>;

/** The namespaces with declared types. */
export type NamespaceName = keyof NamespaceTypes & string;

/** The keys that namespaces declare for themselves; `never` if all have the app's types. */
export type NamespaceTypeKey = { [Name in NamespaceName]: keyof NamespaceTypes[Name] }[NamespaceName];

/** The declared namespaces, and the one that always exists. */
export type KnownNamespace = '/' | NamespaceName;

/** The types of a namespace: its own, or the app's. */
export type TypesOfNamespace<Name> = Name extends NamespaceName ? Complete<NamespaceTypes[Name], AppTypes, `NamespaceTypes['${Name}']`>
  : `/${Name & string}` extends infer Slashed extends NamespaceName
    ? Complete<NamespaceTypes[Slashed], AppTypes, `NamespaceTypes['${Slashed}']`>
    : AppTypes;

/** The types of the app and of each namespace, as a union. */
export type AllTypes = AppTypes | { [Name in NamespaceName]: TypesOfNamespace<Name> }[NamespaceName];

/** Whether the app has declared any. */
export type IsDeclared = [keyof SocketTypes | keyof NamespaceTypes] extends [never] ? false : true;

/** The given map, or the declared types if the name of a namespace was given. */
export type ListenOf<Listen extends EventsMap | KnownNamespace> = Listen extends KnownNamespace ? TypesOfNamespace<Listen>['clientToServer'] : Listen;

/** The events sent to clients: those declared with the given map or, as in Socket.IO, that map itself. */
export type EmitOf<Listen extends EventsMap | KnownNamespace> = Listen extends KnownNamespace ? TypesOfNamespace<Listen>['serverToClient']
  : [Listen, AppTypes['clientToServer']] extends [AppTypes['clientToServer'], Listen] ? AppTypes['serverToClient'] : Listen;

/** The other declared types of a namespace, or of the app. */
export type Of<Listen extends EventsMap | KnownNamespace, Key extends 'interServer' | 'data'> =
  Listen extends KnownNamespace ? TypesOfNamespace<Listen>[Key] : AppTypes[Key];
