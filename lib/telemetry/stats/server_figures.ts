import type { Socket as EngineSocket } from 'engine.io';
import type { Namespace } from 'socket.io';
import type { Application } from '../../types/application';
import type { NamespaceStats, Stats } from '../../types/stats';

/** What Engine.IO's and Socket.IO's types keep to themselves. */
interface Engine {
  readonly clients: Readonly<Record<string, EngineSocket>>;
}
interface Parent { readonly children: Iterable<Namespace> }
interface Server {
  readonly _nsps: ReadonlyMap<string, Namespace>;
  readonly parentNsps?: ReadonlyMap<unknown, Parent>;
  /** Those of {@link parentNsps} that a RegExp stands for, which others are not. */
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

/** Bytes that wait in Engine.IO's buffer, and in that of the WebSocket below it. */
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

/** What namespaces are counted as that a function of the app's lets clients make. */
const BY_FUNCTION = '(function)';
/** Namespaces that are told apart: a monitor keeps several series for each. */
const MOST_NAMESPACES = 1000;
/** What further ones are counted as. */
const OTHER = '(other)';

/** The namespaces of a server. Clients choose the names of those that a RegExp or a function stands for: they are counted together. */
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

/** What there is in a server at this moment. Goes through its connections and sockets. */
export function figuresOf(io: Application): Pick<Stats, 'connections' | 'namespaces' | 'bufferedBytes'> {
  const connections = { polling: 0, websocket: 0, webtransport: 0 };
  let waiting = 0;
  for (const session of Object.values((io.engine as unknown as Engine).clients) as unknown as Session[]) {
    connections[session.transport.name] += 1;
    waiting += bufferedBytes(session);
  }
  return { connections, namespaces: statsByNamespace(io as unknown as Server), bufferedBytes: waiting };
}
