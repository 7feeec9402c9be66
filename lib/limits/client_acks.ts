import { Adapter, type BroadcastOptions } from 'socket.io-adapter';
import type { Asked, NamedAck, Packet } from '../internals/packet';
import type { Socket } from '../internals/socket_io';
import { endIfLeft } from './left_acks';

/** The ack of a worker for a client that has left. It passes every adapter like an answer of the client. */
const LEFT = 'egg-socketio:left';

const PATCHED = Symbol.for('egg-socketio:clientAcks');

type TellAsked = (asked: Asked) => void;
type TellAck = (ack: unknown) => void;

/** Socket.IO's adapter; the types lack `apply`, and the names instead of a number. */
interface AckingAdapter {
  apply(opts: BroadcastOptions, run: (socket: Socket) => void): void;
  broadcastWithAck(packet: Packet, opts: BroadcastOptions, tellAsked: TellAsked, tellAck: TellAck): void;
}

/** Whether an ack is that of a client that has left. */
export function hasLeft(answer: unknown): boolean {
  return typeof answer === 'object' && answer !== null && LEFT in answer;
}

/**
 * Asks the clients of this worker, and reports each ack with the id of its socket. Socket.IO gives all of them the same function, which it
 * calls on the socket.
 */
function askByName(
  adapter: AckingAdapter, own: AckingAdapter['broadcastWithAck'], packet: Packet, opts: BroadcastOptions, tellAsked: TellAsked, tellAck: TellAck,
): void {
  const missing = new Map<string, Socket>();
  adapter.apply(opts, socket => { missing.set(socket.id, socket); });
  // Before the clients get the event: if this worker is killed then, the other one knows who has left.
  tellAsked([ ...missing.keys() ]);
  if (missing.size === 0) return;
  // An app's own parser might send all members of a packet to the clients.
  const sent: Packet = { type: packet.type, data: packet.data };
  // Only the worker that has asked would notice that the time is over.
  const timer = setTimeout(() => {
    for (const { acks } of missing.values()) acks.delete(sent.id!);
  }, packet.named).unref();

  const tell = (ack: NamedAck) => {
    missing.delete(ack.id);
    if (missing.size === 0) clearTimeout(timer);
    tellAck(ack);
  };
  const ack = endIfLeft(
    function(this: Socket, value: unknown) { tell({ id: this.id, value }); },
    function() { tell({ id: this.id, left: true }); },
  );
  own.call(adapter, sent, opts, () => undefined, ack as TellAck);
  packet.id = sent.id;
  // An outgoing listener of the app may have disconnected one of them before it was asked.
  for (const { id, acks } of missing.values()) if (!acks.has(sent.id!)) tell({ id, left: true });
}

/**
 * Makes workers report clients that leave before they ack, and the sockets of acks if a packet asks for that. Each adapter uses the patched
 * class for the clients of its own worker, no matter which worker has asked.
 */
export function reportClientAcks(): void {
  const adapters = Adapter.prototype as unknown as AckingAdapter;
  if (Object.hasOwn(adapters, PATCHED)) return;
  const { broadcastWithAck: own } = adapters;
  const broadcastWithAck: AckingAdapter['broadcastWithAck'] = function(this: AckingAdapter, packet, opts, tellAsked, tellAck) {
    if (packet.named !== undefined) askByName(this, own, packet, opts, tellAsked, tellAck);
    else own.call(this, packet, opts, tellAsked, endIfLeft((answer: unknown) => tellAck(answer), () => tellAck({ [LEFT]: true })));
  };
  Object.assign(adapters, { [PATCHED]: true, broadcastWithAck });
}
