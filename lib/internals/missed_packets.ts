import type { Socket } from 'socket.io';
import { PacketType } from 'socket.io-parser';
import type { AdapterFactory } from '../types/application';

interface Session { data?: unknown; missedPackets: unknown[][] }
interface Adapter { restoreSession?(pid: string, offset: string): Promise<Session | null> }
interface PacketSocket { packet(packet: { type: PacketType; data: unknown }): void }

/** By the data of the session, which becomes that of the socket. */
const held = new WeakMap<object, unknown[][]>();

/**
 * Socket.IO sends a recovered client the missed packets while it creates the socket: before the middleware, which may reject the client.
 * Adapters of this factory keep them for {@link sendMissed}.
 *
 * @param factory - a class, or a function that may be called with `new`
 */
export function holdingMissed(factory: AdapterFactory): AdapterFactory {
  const Original = factory as new (namespace: unknown) => Adapter;
  return function(namespace: unknown) {
    const adapter = new Original(namespace);
    const { restoreSession } = adapter;
    if (!restoreSession) return adapter;
    adapter.restoreSession = async (pid, offset) => {
      const session = await restoreSession.call(adapter, pid, offset);
      if (!session) return session;
      const data = typeof session.data === 'object' && session.data !== null ? session.data : {};
      held.set(data, session.missedPackets);
      return { ...session, data, missedPackets: [] };
    };
    return adapter;
  } as unknown as AdapterFactory;
}

/** Sends a client its missed packets after it was accepted. */
export function sendMissed(socket: Socket): void {
  const data: unknown = socket.data;
  if (typeof data !== 'object' || data === null) return;
  const missed = held.get(data);
  if (!missed) return;
  held.delete(data);
  for (const packet of missed) (socket as unknown as PacketSocket).packet({ type: PacketType.EVENT, data: packet });
}
