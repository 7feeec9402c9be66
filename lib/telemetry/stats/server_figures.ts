import type { Socket as EngineSocket } from 'engine.io';
import type { Namespace } from 'socket.io';
import type { Application } from '../../types/application';
import type { NamespaceStats, Stats } from '../../types/stats';

/** The parts of Engine.IO and Socket.IO that are not in their types. */
interface Engine {
  readonly clients: Readonly<Record<string, EngineSocket>>;
}
interface Parent { readonly children: Iterable<Namespace> }
interface Server {
  readonly _nsps: ReadonlyMap<string, Namespace>;
  readonly parentNsps?: ReadonlyMap<unknown, Parent>;
  /** Those of {@link parentNsps} that belong to a RegExp, unlike the others. */
  readonly parentNamespacesFromRegExp?: ReadonlyMap<RegExp, Parent>;
}
interface Session {
  readonly transport: { readonly name: keyof Stats['connections']; readonly socket?: { readonly bufferedAmount?: number } };
  readonly writeBuffer: readonly { readonly data?: unknown }[];
}

function sizeOf(data: unknown): number {
  if (typeof data === 'string') return Buffer.byteLength(data);
  return (data as { byteLength?: number } | undefined)?.byteLength ?? 0;
}

/** Bytes waiting in Engine.IO's buffer, and in that of the WebSocket below it. */
function bufferedBytes({ transport, writeBuffer }: Session): number {
  return writeBuffer.reduce((sum, { data }) => sum + sizeOf(data), transport.socket?.bufferedAmount ?? 0);
}

function namespaceStats({ sockets, adapter }: Namespace): NamespaceStats {
  let rooms = adapter.rooms.size;
  for (const id of adapter.sids.keys()) {
    if (adapter.rooms.has(id)) rooms -= 1;
  }
  return { sockets: sockets.size, rooms };
}

/** The name under which namespaces of an app's function are counted. */
const BY_FUNCTION = '(function)';
/** The number of namespaces that are counted separately: a monitor keeps several series for each. */
const MOST_NAMESPACES = 1000;
/** The name under which further ones are counted. */
const OTHER = '(other)';

/** The namespaces of a server. Clients choose the names of those that belong to a RegExp or a function, so they are counted together. */
function statsByNamespace({ _nsps: namespaces, parentNsps: parents, parentNamespacesFromRegExp: patterns }: Server): Stats['namespaces'] {
  const figures = new Map<string, NamespaceStats>();
  const names = new Map<Namespace, string>();
  const patternOf = new Map([ ...patterns ?? [] ].map(([ pattern, parent ]) => [ parent, String(pattern) ]));
  for (const parent of parents?.values() ?? []) {
    const name = patternOf.get(parent) ?? BY_FUNCTION;
    figures.set(name, { sockets: 0, rooms: 0 });
    for (const child of parent.children) names.set(child, name);
  }
  for (const namespace of namespaces.values()) {
    const own = names.get(namespace) ?? namespace.name;
    const name = figures.has(own) || figures.size < MOST_NAMESPACES ? own : OTHER;
    const { sockets, rooms } = namespaceStats(namespace);
    const before = figures.get(name);
    figures.set(name, { sockets: sockets + (before?.sockets ?? 0), rooms: rooms + (before?.rooms ?? 0) });
  }
  return Object.fromEntries(figures);
}

/** The current values of a server. Iterates over its connections and sockets. */
export function figuresOf(io: Application): Pick<Stats, 'connections' | 'namespaces' | 'bufferedBytes'> {
  const connections = { polling: 0, websocket: 0, webtransport: 0 };
  let waiting = 0;
  for (const session of Object.values((io.engine as unknown as Engine).clients) as unknown as Session[]) {
    connections[session.transport.name] += 1;
    waiting += bufferedBytes(session);
  }
  return { connections, namespaces: statsByNamespace(io as unknown as Server), bufferedBytes: waiting };
}
