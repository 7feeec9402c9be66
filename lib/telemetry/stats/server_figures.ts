import type { Socket as EngineSocket } from 'engine.io';
import type { Namespace, Server } from 'socket.io';
import type { Application } from '../../types/application';
import type { NamespaceStats, Stats } from '../../types/stats';
import { keyIn, parentsOf, statsNameOf } from './namespace_names';
import type { Traffic } from './traffic';

/** The parts of Engine.IO and Socket.IO that are not in their types. */
interface Engine {
  readonly clients: Readonly<Record<string, EngineSocket>>;
  readonly traffic: Traffic;
}
interface Namespaces { readonly _nsps: ReadonlyMap<string, Namespace> }
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

/** The namespaces of a server. */
function statsByNamespace(server: Server): Stats['namespaces'] {
  const figures = new Map<string, NamespaceStats>(parentsOf(server).map(([ name ]) => [ name, { sockets: 0, rooms: 0 }]));
  for (const namespace of (server as unknown as Namespaces)._nsps.values()) {
    const name = keyIn(figures, statsNameOf(namespace));
    const { sockets, rooms } = namespaceStats(namespace);
    const before = figures.get(name);
    figures.set(name, { sockets: sockets + (before?.sockets ?? 0), rooms: rooms + (before?.rooms ?? 0) });
  }
  return Object.fromEntries(figures);
}

/** The current values of a server. Iterates over its connections and sockets. */
export function figuresOf(io: Application): Pick<Stats, 'connections' | 'namespaces' | 'bufferedBytes' | 'traffic'> {
  const connections = { polling: 0, websocket: 0, webtransport: 0 };
  const { clients, traffic } = io.engine as unknown as Engine;
  const sessions = Object.values(clients) as unknown as Session[];
  let waiting = 0;
  for (const session of sessions) {
    connections[session.transport.name] += 1;
    waiting += bufferedBytes(session);
  }
  return { connections, namespaces: statsByNamespace(io), bufferedBytes: waiting, traffic: traffic.figures(sessions) };
}
