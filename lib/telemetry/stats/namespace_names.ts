import type { Namespace, Server } from 'socket.io';

/** The parts of Socket.IO's server that are not in its types. */
interface Parent { readonly children: ReadonlySet<Namespace> }
interface Parents {
  readonly parentNsps?: ReadonlyMap<unknown, Parent>;
  /** Those of {@link parentNsps} that belong to a RegExp, unlike the others. */
  readonly parentNamespacesFromRegExp?: ReadonlyMap<RegExp, Parent>;
}

/** The name under which namespaces of an app's function are counted. */
const BY_FUNCTION = '(function)';
/** The number of namespaces that are counted separately: a monitor keeps several series for each. */
const MOST_NAMESPACES = 1000;
/** The name under which further ones are counted. */
const OTHER = '(other)';

/** The parents of dynamic namespaces, each with the name under which its namespaces are counted. */
export function parentsOf(server: Server | undefined): (readonly [name: string, parent: Parent])[] {
  const { parentNsps, parentNamespacesFromRegExp } = (server ?? {}) as unknown as Parents;
  const patternOf = new Map([ ...parentNamespacesFromRegExp ?? [] ].map(([ pattern, parent ]) => [ parent, String(pattern) ]));
  return [ ...parentNsps?.values() ?? [] ].map(parent => [ patternOf.get(parent) ?? BY_FUNCTION, parent ] as const);
}

/** The name under which a namespace is counted, kept because an empty dynamic namespace is removed from its parent. */
const names = new WeakMap<Namespace, string>();

/**
 * Returns the name under which a namespace is counted. Clients choose the names of those that belong to a RegExp or a function, so they
 * are counted together.
 */
export function statsNameOf(namespace: Namespace): string {
  const known = names.get(namespace);
  if (known !== undefined) return known;
  const [ name ] = parentsOf(namespace.server).find(([ , { children }]) => children.has(namespace)) ?? [ namespace.name ];
  names.set(namespace, name);
  return name;
}

/** The key for a namespace's counts in a map that must not grow without limit. */
export function keyIn(counts: ReadonlyMap<string, unknown>, name: string): string {
  return counts.has(name) || counts.size < MOST_NAMESPACES ? name : OTHER;
}
