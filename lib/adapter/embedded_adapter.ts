import { type BroadcastOptions, MessageType, type Room, type Session, type SocketId } from 'socket.io-adapter';
import { type AdapterHub, recordFor } from './hub';
import { packetAfter } from '../internals/own_packets';
import { letGo } from '../internals/let_go';
import { CONNECTION, type Namespace, type Socket } from '../internals/socket_io';
import { whenSettled } from '../internals/when_settled';
import { isOffset, offsetOf } from './recovery/packet_log';
import { type BroadcastMessage, fromWire, type Message, toWire } from './messages/messages';
import { PrivateRooms } from './private_rooms';
import { EncodedPacket, EVENT, type Packet } from '../internals/packet';
import { PeerAdapter } from './peer_adapter';
import type { Recovery } from './recovery/recovery';
import type { OwnSession } from './recovery/client_path';
import { catchUp } from './recovery/catch_up';
import { markVolatile, NO_OFFSET, restoreWithoutOffset } from './recovery/no_offset';
import type { LiveSockets } from './replicas/replica_changes';
import { MAX_DATA_BYTES, MAX_LOG_BYTES } from './recovery/store';

/** Socket.IO makes them 20 characters long. */
const LONGEST_PID = 64;

const DONE = Promise.resolve();
/** Socket.IO's own adapter returns null for a missing session, whatever its types say. */
const NOT_FOUND = null as unknown as Session;
/** Engine.IO's defaults. */
const PING = { pingInterval: 25_000, pingTimeout: 20_000 };

/**
 * Milliseconds within which a live connection has answered a ping. In the worst case the last answer is an interval and a time-out old,
 * and its ping another time-out older.
 */
function heartbeatOf({ engine }: Namespace['server']): number {
  const { pingInterval, pingTimeout } = { ...PING, ...engine?.opts };
  return pingInterval + 2 * pingTimeout;
}

/** The adapter between the workers of one app: a {@link PeerAdapter}, with connection state recovery if that is on. */
export class EmbeddedAdapter extends PeerAdapter {
  private readonly recovery: Recovery | undefined;
  private readonly ownRooms = new PrivateRooms();
  /** The sockets, as replicas need them. */
  readonly live: LiveSockets = {
    roomsOf: sid => this.sids.get(sid),
    dataOf: sid => this.nsp.sockets.get(sid)?.data,
    isSettled: sid => !this.unsettled.has(sid),
  };
  /** Sockets whose connection handlers have not finished. */
  private readonly unsettled = new Set<SocketId>();
  private readonly packet = packetAfter<Socket>(socket => this.checkData(socket.id));

  constructor(nsp: Namespace, hub: AdapterHub) {
    super(nsp, hub);
    const { server } = nsp;
    const { connectionStateRecovery } = server.opts;
    if (!connectionStateRecovery) return;
    const { maxDisconnectionDuration: duration, maxLogBytes = MAX_LOG_BYTES, maxDataBytes = MAX_DATA_BYTES } = connectionStateRecovery;
    hub.recoveries.configure({ duration, maxLogBytes, maxDataBytes, heartbeat: () => heartbeatOf(server) });
    this.recovery = hub.recoveries.of(nsp.name);
    restoreWithoutOffset(nsp);
    hub.replication?.replicator.open(nsp.name);
  }

  override broadcast(packet: Packet, opts: BroadcastOptions): Promise<void> {
    const { recovery } = this;
    // The same packets as in Socket.IO: acks cannot be recovered, and volatile packets may be lost.
    if (!recovery || packet.type !== EVENT || packet.id !== undefined) return super.broadcast(packet, opts);
    if (opts.flags?.volatile) return super.broadcast(markVolatile(packet), opts);
    const seq = this.hub.nextSeq();
    const offset = offsetOf(this.uid, seq);
    // Not pushed to the packet's own data, because a parent namespace broadcasts one packet in all of its children.
    const data = [ ...packet.data, offset ];
    const chunks = this.encode(data);
    const wire = toWire(opts);
    // Also without peers: others may come to need it that do not exist yet.
    const shared = this.isForAll(opts);
    // Events for a recovered client are shared as well, because other sockets may be in its room.
    if (wire.rooms.length === 1) this.checkData(wire.rooms[0]);
    if (shared && this.hub.peers.length > 0) this.tell({ type: MessageType.BROADCAST, data: { opts: wire, packet: chunks, seq } });
    recovery.record({ offset, origin: this.uid, seq, rooms: wire.rooms, except: wire.except, chunks, shared });
    this.broadcastHere(new EncodedPacket(chunks, this.nsp, data), opts);
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
    // Socket.IO makes a socket join its own room when it is connected.
    if (rooms.has(id) && sockets.has(id)) this.welcome(id, recovery);
    const { replication } = this.hub;
    if (replication) for (const room of rooms) replication.replicator.onRoom(this.nsp.name, id, room, true);
    const foreign = this.ownRooms.foreign(id, rooms, sockets);
    if (foreign.length > 0 && this.hub.peers.length > 0) this.tell({ type: 'guests', data: { rooms: foreign } });
  }

  override del(id: SocketId, room: Room): void {
    void super.del(id, room);
    this.hub.replication?.replicator.onRoom(this.nsp.name, id, room, false);
  }

  override delAll(id: SocketId): void {
    super.delAll(id);
    this.unsettled.delete(id);
    this.recovery?.gone(id);
    this.ownRooms.gone(id);
  }

  override persistSession(session: OwnSession): void {
    const { recovery, hub, nsp: { name } } = this;
    const dataBytes = recovery && hub.carrier.weigh({ nsp: name, ...session }, hub.recoveries.maxDataBytes);
    if (dataBytes === undefined) return;
    const leaving = this.nsp.sockets.get(session.sid)?.[CONNECTION]?.leaving;
    if (leaving) leaving.isKept = true;
    recovery!.keep(leaving ? { ...session, reason: leaving.reason } : session, dataBytes);
  }

  override async restoreSession(pid: string, shown: string): Promise<Session> {
    const { recovery } = this;
    const offset = shown === NO_OFFSET ? undefined : shown;
    // Both come from the client; values that cannot be a sibling's cause no requests to siblings.
    if (!recovery || pid.length > LONGEST_PID || (offset !== undefined && !isOffset(offset))) return NOT_FOUND;
    this.letGo(pid);
    const isInherited = recovery.sessions.isInherited(pid);
    const own = recovery.claim(pid, offset);
    // Its former worker may have left it to several.
    if (own && isInherited && this.hub.replication) this.tell({ type: 'forget-session', data: { pid } });
    const session = own ?? await this.hub.sessions.find(this.nsp.name, pid, offset, recovery);
    // The missed packets are sent once it is connected.
    return session ? { ...session, missedPackets: [] } : NOT_FOUND;
  }

  override letGo(pid: string): void {
    const sid = this.recovery?.holderOf(pid);
    const conn = sid && this.nsp.sockets.get(sid)?.client.conn;
    if (conn) letGo(conn);
  }

  protected override deliver(message: BroadcastMessage): void {
    const had = recordFor(this.recovery, message);
    if (had.length === 0) return super.deliver(message);
    const opts = fromWire(message.data.opts);
    for (const sid of had) opts.except.add(sid);
    super.deliver({ ...message, data: { ...message.data, opts: toWire(opts) } });
  }

  /** Whether an event is not only for clients of this worker. */
  private isForAll({ flags, rooms }: BroadcastOptions): boolean {
    return !flags?.local && !this.ownRooms.isPrivate(rooms, this.nsp.sockets);
  }

  protected override isShared(opts: BroadcastOptions, packet?: Packet): boolean {
    if (this.recovery && packet && !this.isForAll(opts)) return false;
    return super.isShared(opts, packet);
  }

  /** Copies the session of a client when its connection handlers have finished: without them, it would be in no room of the app. */
  private copyLater(socket: Socket): void {
    const { id } = socket;
    Object.assign(socket, { packet: this.packet });
    this.unsettled.add(id);
    whenSettled(socket, () => {
      if (this.unsettled.delete(id)) this.hub.replication!.replicator.settled(this.nsp.name, id);
    });
  }

  private checkData(sid: string): void {
    const socket = this.nsp.sockets.get(sid);
    if (socket) this.hub.replication?.replicator.check(this.nsp.name, sid, socket.data);
  }

  /** A client is connected. A recovered one gets the packets that it has missed. */
  private welcome(id: SocketId, recovery: Recovery): void {
    const socket = this.nsp.sockets.get(id)!;
    const { client, handshake, pid } = socket;
    if (pid === undefined || recovery.isConnected(id)) return;
    if (this.hub.replication) this.copyLater(socket);
    if (recovery.isClaimed(id)) this.ownRooms.open(id);
    const { offset } = handshake.auth as { offset?: unknown };
    const shown = typeof offset === 'string' && isOffset(offset) ? offset : undefined;
    catchUp(client, recovery.connected(id, pid, this.sids.get(id)!, shown).map(({ chunks }) => chunks));
  }
}
