import { Adapter, type BroadcastOptions, MessageType, type Room, type Session, type SocketId } from 'socket.io-adapter';
import { AdapterHub, recordFor } from './adapter_hub';
import type { Namespace } from './adapter_internals';
import { isOffset, offsetOf } from './adapter_log';
import { type BroadcastMessage, fromWire, type Message, toWire } from './adapter_messages';
import { OwnRooms } from './adapter_own_rooms';
import { decodeEvent, EncodedPacket, EVENT, type Packet } from './adapter_packet';
import { PeerAdapter } from './adapter_peer';
import type { Recovery, Restored } from './adapter_recovery';
import type { GivenSession, OwnSession } from './adapter_trail';
import type { PeerPort } from './port';

/** Milliseconds that a client which has come back is kept waiting by a worker that lives and is silent. */
const SESSION_LIMIT = 2000;
/** Socket.IO makes them 20 characters long. */
const LONGEST_PID = 64;

const DONE = Promise.resolve();

/** The adapter between the workers of one app: a {@link PeerAdapter} with connection state recovery, if that is on. */
export class EmbeddedAdapter extends PeerAdapter {
  private readonly recovery: Recovery | undefined;
  private readonly ownRooms = new OwnRooms();

  constructor(nsp: Namespace, hub: AdapterHub) {
    super(nsp, hub);
    const { connectionStateRecovery } = nsp.server.opts;
    if (connectionStateRecovery) this.recovery = hub.recoveryOf(nsp.name, connectionStateRecovery.maxDisconnectionDuration);
  }

  override broadcast(packet: Packet, opts: BroadcastOptions): Promise<void> {
    const { recovery } = this;
    // The same packets as in Socket.IO: acks cannot be recovered, and what is volatile may be lost.
    if (!recovery || packet.type !== EVENT || packet.id !== undefined || opts.flags?.volatile) return super.broadcast(packet, opts);
    const seq = this.hub.nextSeq();
    const offset = offsetOf(this.uid, seq);
    // Not pushed to the packet's own data, because a parent namespace broadcasts one packet in all of its children.
    const data = [ ...packet.data, offset ];
    const chunks = this.encode(data);
    const wire = toWire(opts);
    const shared = this.isShared(opts, packet);
    if (shared) this.tell({ type: MessageType.BROADCAST, data: { opts: wire, packet: chunks, seq } });
    recovery.record({ offset, origin: this.uid, seq, rooms: wire.rooms, except: wire.except, chunks, shared });
    Adapter.prototype.broadcast.call(this, new EncodedPacket(chunks, this.nsp, data), opts);
    return DONE;
  }

  override receive(message: Message): void {
    if (message.type !== 'guests') return super.receive(message);
    for (const room of message.data.rooms) {
      if (this.nsp.sockets.has(room)) this.ownRooms.open(room);
    }
  }

  override addAll(id: SocketId, rooms: Set<Room>): void {
    void super.addAll(id, rooms);
    const { recovery, nsp: { sockets } } = this;
    if (!recovery) return;
    // Socket.IO has a socket join its own room when it is connected.
    if (recovery.isClaimed(id) && sockets.has(id)) this.welcome(id, recovery);
    const foreign = this.ownRooms.foreign(id, rooms, sockets);
    if (foreign.length > 0 && this.hub.peers.length > 0) this.tell({ type: 'guests', data: { rooms: foreign } });
  }

  override delAll(id: SocketId): void {
    super.delAll(id);
    this.recovery?.gone(id);
    this.ownRooms.gone(id);
  }

  override persistSession(session: OwnSession): void {
    this.recovery?.keep(session);
  }

  override async restoreSession(pid: string, offset: string): Promise<Session> {
    const { recovery } = this;
    // Both come from the client: the others are not bothered with what cannot be theirs.
    const restored = recovery && isOffset(offset) && pid.length <= LONGEST_PID
      ? recovery.claim(pid, offset) ?? await this.findSession(pid, offset, recovery) : undefined;
    // Socket.IO's own adapter returns null for a session that there is not, whatever its types say.
    if (!restored) return null as unknown as Session;
    const missedPackets = restored.missed.map(({ chunks }) => decodeEvent(this.nsp.server._parser, chunks));
    return { ...restored.session, missedPackets };
  }

  protected override deliver(message: BroadcastMessage): void {
    const had = recordFor(this.recovery, message);
    if (had.length === 0) return super.deliver(message);
    const opts = fromWire(message.data.opts);
    for (const sid of had) opts.except.add(sid);
    super.deliver({ ...message, data: { ...message.data, opts: toWire(opts) } });
  }

  protected override isShared(opts: BroadcastOptions, packet?: Packet): boolean {
    if (this.recovery && packet && this.ownRooms.isPrivate(opts.rooms, this.nsp.sockets)) return false;
    return super.isShared(opts, packet);
  }

  /** Sends to a client that is back what has come between the restoring of its session and now. */
  private welcome(id: SocketId, recovery: Recovery): void {
    this.ownRooms.open(id);
    const { client } = this.nsp.sockets.get(id)!;
    for (const { chunks } of recovery.connected(id, this.sids.get(id)!)) client.writeToEngine(chunks, { preEncoded: true });
  }

  private findSession(pid: string, offset: string, recovery: Recovery): Promise<Restored | undefined> {
    return new Promise(resolve => {
      let found: GivenSession | undefined;
      const id = this.ask(requestId => ({ type: 'find-session', data: { requestId, pid, offset } }), {
        timeout: SESSION_LIMIT,
        onAnswer: answer => {
          if (answer.type !== 'session' || !answer.data.found) return true;
          found = answer.data.found;
          this.hub.questions.end(id);
          return true;
        },
        onEnd: () => resolve(found && recovery.adopt(found, offset)),
      });
    });
  }
}

/** An adapter class for Socket.IO. */
export type EmbeddedAdapterClass = typeof Adapter & {
  /** Takes a message of `agent.io`. */
  receiveFromAgent(message: unknown): void;
};

function throwLater(error: unknown): void {
  process.nextTick(() => { throw error; });
}

/**
 * Makes the adapter class of one worker. All namespaces share the port.
 *
 * @param peers - the way to the other workers
 * @param onError - gets what the app's own listeners throw while a message of another worker's is handled; such an error
 *   must not reach the link. Default: it is thrown later, as an uncaught exception
 */
export function createEmbeddedAdapter(peers: PeerPort, onError: (error: unknown) => void = throwLater): EmbeddedAdapterClass {
  const hub = new AdapterHub(peers, onError);
  return class extends EmbeddedAdapter {
    static receiveFromAgent(message: unknown): void {
      hub.receive(message);
    }

    constructor(nsp: Namespace) {
      super(nsp, hub);
    }
  };
}
