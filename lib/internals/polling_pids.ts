import type { Namespace, Server } from 'socket.io';

/** The end of a marked `pid`. Socket.IO's own have no such character. */
const MARK = '~polling';

/** Engine.IO's session of a client. */
type Connection = object;

interface CreatedSocket { pid?: string; readonly recovered: boolean }
type CreateSocket = (client: { readonly conn: Connection }, auth: unknown) => Promise<CreatedSocket>;

/**
 * Marks the `pid` with which a client will ask for its recovery, if its connection only polls. The `pid` means nothing to the client, and
 * whichever worker or server it comes back to sees the mark with {@link isOfPollingClient}, without asking anybody. A recovered client
 * keeps the `pid` that it has: with another one, it would take itself for not recovered.
 *
 * @param onlyPolls - whether a connection does; its client is answered when that is known
 */
export function markPollingPids(io: Server, onlyPolls: (connection: Connection) => Promise<boolean>): void {
  const watch = (namespace: Namespace) => {
    const { _createSocket: create } = namespace as unknown as { _createSocket?: CreateSocket };
    if (typeof create !== 'function') return;
    const createMarked: CreateSocket = async (client, auth) => {
      const socket = await create.call(namespace, client, auth);
      if (socket.pid !== undefined && !socket.recovered && await onlyPolls(client.conn)) socket.pid += MARK;
      return socket;
    };
    Object.assign(namespace, { _createSocket: createMarked });
  };
  watch(io.sockets);
  io.on('new_namespace', watch);
}

/**
 * Whether a client's first packet, as it has arrived, has a marked `pid` in it. It is not decoded, because the app may have a parser of
 * its own. A client that writes the mark into something else only loses the take-over of its own session: its WebSocket is relayed.
 */
export function isOfPollingClient(packet: unknown): boolean {
  return (typeof packet === 'string' || Buffer.isBuffer(packet)) && packet.includes(MARK);
}
