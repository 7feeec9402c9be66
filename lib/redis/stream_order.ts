import { Adapter, type BroadcastOptions, type ClusterMessage, MessageType, type Room } from 'socket.io-adapter';
import { toWire } from '../cluster/adapter_messages';
import type { Packet } from '../cluster/adapter_packet';
import { type EncodingNamespace, toPlain } from './plain';

/** Milliseconds after which something of our own is done though it has not come out of the stream. */
const LONGEST = 2000;

type Apply = (offset?: string) => void;

/** Of the engine, what its types do not show. */
interface Engine extends Adapter {
  readonly nsp: EncodingNamespace & Adapter['nsp'];
  readonly uid: string;
  onMessage(message: ClusterMessage, offset?: string): void;
  publishAndReturnOffset(message: object): Promise<string>;
  addOffsetIfNecessary(packet: Packet, opts: BroadcastOptions, offset: string): void;
}

/**
 * Has a server do what it asks all servers to do when its own message comes out of the stream, as the others do. The
 * engine does it when Redis has taken the message: a client might get it before an older one of another server's, lose
 * its connection, and then show an offset behind which the older one is never looked for.
 */
export function keepStreamOrder(adapter: Adapter): void {
  const engine = adapter as Engine;
  const waiting = new Map<number, Apply>();
  let last = 0;

  const inOrder = (type: MessageType, opts: BroadcastOptions, data: object, apply: Apply) => {
    if (opts.flags?.local) return apply();
    const own = last += 1;
    const once = (offset?: string) => { if (waiting.delete(own)) apply(offset); };
    waiting.set(own, once);
    engine.publishAndReturnOffset({ type, data: { opts: toWire(opts), ...data, own } }).then(offset => {
      if (waiting.has(own)) setTimeout(once, LONGEST, offset).unref();
    }, () => once());
  };

  const { onMessage } = engine;
  engine.onMessage = (message, offset) => {
    if (message.uid !== engine.uid) return onMessage.call(engine, message, offset);
    const { own } = (message as { data?: { own?: number } }).data ?? {};
    if (own !== undefined) waiting.get(own)?.(offset);
  };

  Object.assign(engine, {
    broadcast(given: Packet, opts: BroadcastOptions) {
      const plain = toPlain(given, engine.nsp);
      // A parent namespace broadcasts one packet in all of its children, and each gets an offset of its own.
      const packet = { ...plain, nsp: engine.nsp.name, data: [ ...plain.data ] };
      const sent = { ...packet, data: plain.data };
      inOrder(MessageType.BROADCAST, opts, { packet: sent }, offset => {
        if (offset !== undefined) engine.addOffsetIfNecessary(packet, opts, offset);
        Adapter.prototype.broadcast.call(engine, packet, opts);
      });
    },
    addSockets(opts: BroadcastOptions, rooms: Room[]) {
      inOrder(MessageType.SOCKETS_JOIN, opts, { rooms }, () => Adapter.prototype.addSockets.call(engine, opts, rooms));
    },
    delSockets(opts: BroadcastOptions, rooms: Room[]) {
      inOrder(MessageType.SOCKETS_LEAVE, opts, { rooms }, () => Adapter.prototype.delSockets.call(engine, opts, rooms));
    },
    disconnectSockets(opts: BroadcastOptions, close: boolean) {
      inOrder(MessageType.DISCONNECT_SOCKETS, opts, { close }, () => Adapter.prototype.disconnectSockets.call(engine, opts, close));
    },
  });
}
