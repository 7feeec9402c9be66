import type { Socket as EngineSocket } from 'engine.io';
import type { Namespace } from 'socket.io';
import type { Application } from '../types';
import type { NamespaceStats, Stats } from './types';

/** What Engine.IO's and Socket.IO's types keep to themselves. */
interface Engine {
  readonly clients: Readonly<Record<string, EngineSocket>>;
}
interface Server {
  readonly _nsps: ReadonlyMap<string, Namespace>;
  readonly parentNamespacesFromRegExp?: ReadonlyMap<RegExp, { readonly children: Iterable<Namespace> }>;
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

/** The namespaces of a server. Clients choose the names of those that a RegExp stands for, which must not become so many figures. */
function statsByNamespace({ _nsps: namespaces, parentNamespacesFromRegExp: parents }: Server): Record<string, NamespaceStats> {
  const figures = new Map<string, NamespaceStats>();
  const names = new Map<Namespace, string>();
  for (const [ pattern, parent ] of parents ?? []) {
    figures.set(String(pattern), { sockets: 0, rooms: 0 });
    for (const child of parent.children) names.set(child, String(pattern));
  }
  for (const namespace of namespaces.values()) {
    const name = names.get(namespace) ?? namespace.name;
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
