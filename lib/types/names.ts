// The parameters for names of events and namespaces, made so that editors complete them and compilers list them.
import type { NamespaceTypes } from './declared';
import type { KnownNamespace, NamespaceName } from './event_maps';

/** Fits every string and RegExp. Editors complete no string from an intersection with it. */
interface AnyName { toString(): string }

/**
 * The type of a parameter for a name, from which `Name` is inferred: editors complete the `Known` ones. Of a parameter of the type `Name`
 * they would offer only its default, and the text that is being typed. The condition keeps the compiler from inferring from `Known`.
 */
type Completable<Name, Known> = (Name & AnyName) | (Name extends unknown ? Known : never);

/** A parameter for a namespace with any name. */
export type NamespaceLike<Name> = Completable<Name, KnownNamespace>;

type Slashless<Name extends string> = Name extends '/' ? never : Name extends `/${infer Rest}` ? Rest & AnyName : never;
type WithoutSlash = Slashless<NamespaceName>;

/**
 * The names that `io.of()` accepts: any, unless namespaces are declared. They may be written without the slash, which editors need not
 * offer.
 */
export type NamespaceArgument = [NamespaceName] extends [never] ? string : '/' | (keyof NamespaceTypes & string) | WithoutSlash;

/**
 * The names of several maps, `string` for a map of any events. Because of the first condition, compilers list them in their messages
 * instead of the name of a type.
 */
export type NamesIn<Map> = [Map] extends [never] ? never : Map extends unknown ? keyof Map & string : never;

/** The names of several maps, without the maps of any events. */
type DeclaredIn<Map> = Map extends unknown ? keyof { [Event in keyof Map as string extends Event ? never : Event]: never } & string : never;

/** The names that a pattern stands for: each `*` for any text, `\\*` for an asterisk. */
export type NamesFor<Pattern> = Pattern extends `${infer Head}*${infer Rest}`
  ? Head extends `${infer Text}\\` ? `${Text}*${NamesFor<Rest>}` : `${Head}${string}${NamesFor<Rest>}`
  : Pattern;

/** The declared names that a pattern stands for. */
export type NamesMatching<Pattern, Map> = Pattern extends `${string}*${string}` ? Extract<NamesIn<Map>, NamesFor<Pattern>> : never;

/** A parameter for the name of an event in one of several maps, or for a pattern. The compiler cannot tell which names a RegExp matches. */
export type EventOrPattern<Event, Map> = Event extends RegExp ? Event
  : [NamesMatching<Event, Map>] extends [never] ? EventLike<Event, Map> : Event;

/**
 * A parameter for the name of an event in one of several maps. Another name is still inferred: a constraint would make the compiler
 * take a declared event instead, and then compare the method with that event too.
 */
export type EventLike<Event, Map> = string extends NamesIn<Map> ? Completable<Event, DeclaredIn<Map>>
  : Event extends NamesIn<Map> ? Event : NamesIn<Map>;
