import { Adapter, type BroadcastOptions, type ClusterMessage, MessageType, type Room } from 'socket.io-adapter';
import { toWire } from '../adapter/messages/messages';
import type { Packet } from '../internals/packet';
import { type EncodingNamespace, toPlain } from './plain_payload';
import type { SendOrder } from './send_order';

type Apply = (offset?: string) => void;

/** The parts of the adapter that are not in its types. */
interface OfficialAdapter extends Adapter {
  readonly nsp: EncodingNamespace & Adapter['nsp'];
  readonly uid: string;
  onMessage(message: ClusterMessage, offset?: string): void;
  publishAndReturnOffset(message: object): Promise<string>;
  addOffsetIfNecessary(packet: Packet, opts: BroadcastOptions, offset: string): void;
}

/**
 * Makes a server do what it asks all servers to do when its own message comes out of the stream, like the others. The adapter does it
 * when Redis has accepted the message: a client might get it before an older one of another server, lose its connection, and then send an
 * offset after which the older one is never looked for.
 *
 * @param order - that of the worker, for all of its namespaces
 */
export function keepStreamOrder(adapter: Adapter, order: SendOrder): void {
  const official = adapter as OfficialAdapter;

  const inOrder = (type: MessageType, opts: BroadcastOptions, data: { packet?: Packet; rooms?: Room[]; close?: boolean }, apply: Apply) => {
    if (opts.flags?.local) return apply();
    const own = order.begin({ adapter, opts, packet: data.packet, apply });
    official.publishAndReturnOffset({ type, data: { opts: toWire(opts), ...data, own } })
      .then(offset => order.taken(own, offset), () => order.failed(own));
  };

  const { onMessage, addAll } = official;
  official.onMessage = (message, offset) => {
    if (message.uid !== official.uid) {
      const handle = () => onMessage.call(official, message, offset);
      return offset === undefined ? handle() : order.fromStream(handle);
    }
    const { own } = (message as { data?: { own?: number } }).data ?? {};
    if (own !== undefined) order.end(own, offset);
  };

  official.addAll = (id, rooms: Set<Room>) => {
    // Socket.IO makes a socket join its own room when it is connected.
    const socket = rooms.has(id) ? official.nsp.sockets.get(id) : undefined;
    if (socket) order.watch(socket);
    return addAll.call(official, id, rooms);
  };

  Object.assign(official, {
    broadcast(given: Packet, opts: BroadcastOptions) {
      // Clients that are asked for an ack belong to this server, and are not asked again after a recovery.
      if ((given as { id?: number }).id !== undefined) return Adapter.prototype.broadcast.call(official, given, opts);
      const plain = toPlain(given, official.nsp);
      // A parent namespace broadcasts one packet in all of its children, and each gets an offset of its own.
      const packet = { ...plain, nsp: official.nsp.name, data: [ ...plain.data ] };
      const sent = { ...packet, data: plain.data };
      inOrder(MessageType.BROADCAST, opts, { packet: sent }, offset => {
        if (offset !== undefined) official.addOffsetIfNecessary(packet, opts, offset);
        Adapter.prototype.broadcast.call(official, packet, opts);
      });
    },
    addSockets(opts: BroadcastOptions, rooms: Room[]) {
      inOrder(MessageType.SOCKETS_JOIN, opts, { rooms }, () => Adapter.prototype.addSockets.call(official, opts, rooms));
    },
    delSockets(opts: BroadcastOptions, rooms: Room[]) {
      inOrder(MessageType.SOCKETS_LEAVE, opts, { rooms }, () => Adapter.prototype.delSockets.call(official, opts, rooms));
    },
    disconnectSockets(opts: BroadcastOptions, close: boolean) {
      inOrder(MessageType.DISCONNECT_SOCKETS, opts, { close }, () => Adapter.prototype.disconnectSockets.call(official, opts, close));
    },
  });
}
