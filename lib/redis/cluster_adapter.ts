import { Adapter, type BroadcastOptions, type ClusterMessage, MessageType, type Room } from 'socket.io-adapter';
import { toWire } from '../adapter/messages/messages';
import type { Packet } from '../internals/packet';
import { type EncodingNamespace, toPlain } from './plain_payload';
import type { SendOrder } from './send_order';
import { keepStreamOrder } from './stream_order';

/** The common parts of the adapters for `sharded` and `streams`, which do not export their class. */
interface OfficialAdapter extends Adapter {
  readonly nsp: EncodingNamespace & Adapter['nsp'];
  publish(message: object): void;
  onMessage(message: ClusterMessage, offset?: string): void;
  onResponse(response: unknown): void;
}

type Handler = (...args: never[]) => unknown;

/**
 * Makes an adapter do to its own sockets at once what it asks others to do. By default it waits for Redis first: that changes the order,
 * and delays its own clients while Redis does not answer.
 *
 * @param order - set if packets get their place from Redis, as connection state recovery needs it: then waiting is right
 */
export function actLocallyFirst(adapter: Adapter, order: SendOrder | undefined, onError: (error: unknown) => void): void {
  const official = adapter as OfficialAdapter;
  const { broadcastWithAck, onMessage, onResponse } = official;
  const safely = <F extends Handler>(handle: F) => (...args: Parameters<F>) => {
    try {
      handle.apply(official, args);
    } catch (error) {
      onError(error);
    }
  };
  official.onMessage = safely(onMessage);
  official.onResponse = safely(onResponse);
  official.broadcastWithAck = (packet: Packet, ...rest) => broadcastWithAck.call(official, toPlain(packet, official.nsp), ...rest);
  if (order) return keepStreamOrder(official, order);
  const tell = (opts: BroadcastOptions, type: MessageType, data: object) => {
    if (!opts.flags?.local) official.publish({ type, data: { opts: toWire(opts), ...data } });
  };
  Object.assign(official, {
    broadcast(given: Packet, opts: BroadcastOptions) {
      const packet = toPlain(given, official.nsp);
      packet.nsp = official.nsp.name;
      tell(opts, MessageType.BROADCAST, { packet });
      Adapter.prototype.broadcast.call(official, packet, opts);
    },
    addSockets(opts: BroadcastOptions, rooms: Room[]) {
      tell(opts, MessageType.SOCKETS_JOIN, { rooms });
      Adapter.prototype.addSockets.call(official, opts, rooms);
    },
    delSockets(opts: BroadcastOptions, rooms: Room[]) {
      tell(opts, MessageType.SOCKETS_LEAVE, { rooms });
      Adapter.prototype.delSockets.call(official, opts, rooms);
    },
    disconnectSockets(opts: BroadcastOptions, close: boolean) {
      tell(opts, MessageType.DISCONNECT_SOCKETS, { close });
      Adapter.prototype.disconnectSockets.call(official, opts, close);
    },
  });
}
