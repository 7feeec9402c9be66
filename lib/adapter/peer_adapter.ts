import { Adapter, type BroadcastOptions, MessageType, type Room } from 'socket.io-adapter';
import { debugOf } from '../base/debug';
import { collectAcks, collectNamedAcks, forgetAcks } from './acks';
import { joinBroadcastFrames } from '../internals/broadcast_frame';
import type { AdapterHub } from './hub';
import type { Namespace, Socket } from '../internals/socket_io';
import { type Answer, type BroadcastMessage, fromWire, type Message, toWire, type WireOptions, type WithoutSender } from './messages/messages';
import { broadcastToSingleRoom } from '../internals/single_room_broadcast';
import { type Asked, type Chunk, decodeEvent, EncodedPacket, encodeEvent, EVENT, type Packet, ReusingEncoder } from '../internals/packet';
import { type Inquirer, toError } from '../cluster/questions';
import { plainCopy } from '../base/plain_copy';
import { decodeSockets, encodeSockets } from './remote_sockets';

const debug = debugOf('adapter');

/** How long to wait for a worker that is alive but silent, in milliseconds, as in socket.io-adapter. */
const ANSWER_LIMIT = 5000;

const DONE = Promise.resolve();

type ServerSideAck = (error: Error | null, responses: unknown[]) => void;

/**
 * An adapter over a PeerPort. For the sockets of this worker it acts at once, like Socket.IO's own adapter; requests to the others wait
 * for the live ones. It is not a `ClusterAdapter`, which waits for the others first, and so changes the order.
 */
export class PeerAdapter extends Adapter {
  declare readonly nsp: Namespace;
  /** The name of this worker in its messages. */
  protected readonly uid: string;

  constructor(nsp: Namespace, protected readonly hub: AdapterHub) {
    super(nsp);
    this.uid = hub.tag;
    // If a later version of the base class does not read this, a packet is only encoded once more.
    Object.assign(this, { encoder: new ReusingEncoder(nsp.server.encoder) });
    joinBroadcastFrames(this);
    broadcastToSingleRoom(this);
    hub.add(this);
  }

  override async close(): Promise<void> {
    await this.hub.remove(this);
  }

  override serverCount(): Promise<number> {
    return Promise.resolve(1 + this.hub.peers.length);
  }

  /** Without recovery nobody reconnects to a session. */
  letGo(_pid: string): void { /* See EmbeddedAdapter. */ }

  override broadcast(packet: Packet, opts: BroadcastOptions): Promise<void> {
    if (!this.isShared(opts, packet)) {
      this.broadcastHere(packet, opts);
      return DONE;
    }
    const chunks = this.encode(packet.data);
    this.tell({ type: MessageType.BROADCAST, data: { opts: toWire(opts), packet: chunks } });
    this.broadcastHere(new EncodedPacket(chunks, this.nsp, packet.data), opts);
    return DONE;
  }

  override broadcastWithAck(
    packet: Packet, opts: BroadcastOptions, tellCount: (clients: number) => void, ack: (value: unknown) => void,
  ): void {
    // With named acks it gets the names; Socket.IO's types do not know them.
    const tellAsked = tellCount as (asked: Asked) => void;
    const { flags } = opts;
    const local = flags?.local;
    const isNamed = packet.named === undefined ? undefined : true;
    if (!local) {
      this.ask(requestId => ({
        type: MessageType.BROADCAST, data: { opts: toWire(opts), packet: this.encode(packet.data), requestId, isNamed },
      }), (isNamed ? collectNamedAcks : collectAcks)(flags?.timeout, tellAsked, ack));
    }
    super.broadcastWithAck(packet, opts, tellCount, ack);
    // Socket.IO still waits for all servers.
    if (local) this.hub.peers.forEach(() => tellCount(0));
  }

  override addSockets(opts: BroadcastOptions, rooms: Room[]): Promise<void> {
    if (this.isShared(opts)) this.tell({ type: MessageType.SOCKETS_JOIN, data: { opts: toWire(opts), rooms } });
    super.addSockets(opts, rooms);
    return DONE;
  }

  override delSockets(opts: BroadcastOptions, rooms: Room[]): Promise<void> {
    if (this.isShared(opts)) this.tell({ type: MessageType.SOCKETS_LEAVE, data: { opts: toWire(opts), rooms } });
    super.delSockets(opts, rooms);
    return DONE;
  }

  override disconnectSockets(opts: BroadcastOptions, close: boolean): Promise<void> {
    if (this.isShared(opts)) this.tell({ type: MessageType.DISCONNECT_SOCKETS, data: { opts: toWire(opts), close } });
    super.disconnectSockets(opts, close);
    return DONE;
  }

  // The base class only has this worker's.
  override async sockets(rooms: Set<Room>): Promise<Set<string>> {
    const found = await this.fetchSockets({ rooms }) as Socket[];
    return new Set(found.map(socket => socket.id));
  }

  override async fetchSockets(opts: BroadcastOptions): Promise<unknown[]> {
    const found: unknown[] = await super.fetchSockets(opts);
    if (opts.flags?.local) return found;
    return new Promise((resolve, reject) => {
      this.ask(requestId => ({ type: MessageType.FETCH_SOCKETS, data: { opts: toWire(opts), requestId } }), {
        timeout: opts.flags?.timeout || ANSWER_LIMIT,
        isPatient: !opts.flags?.timeout,
        onAnswer(answer) {
          if (answer.type !== MessageType.FETCH_SOCKETS_RESPONSE) return true;
          const { sockets, isLast } = answer.data;
          for (const socket of decodeSockets(sockets)) found.push(socket);
          return isLast;
        },
        onEnd(outcome) {
          const error = toError(outcome);
          if (error) reject(error);
          else resolve(found);
        },
      });
    });
  }

  override serverSideEmit(packet: unknown[]): Promise<void> {
    const ack = typeof packet.at(-1) === 'function' ? packet.pop() as ServerSideAck : undefined;
    const plain = plainCopy(packet) as unknown[];
    if (!ack) {
      if (this.hub.peers.length > 0) this.tell({ type: MessageType.SERVER_SIDE_EMIT, data: { packet: plain } });
      return DONE;
    }
    const responses: unknown[] = [];
    this.ask(requestId => ({ type: MessageType.SERVER_SIDE_EMIT, data: { packet: plain, requestId } }), {
      timeout: ANSWER_LIMIT,
      onAnswer(answer) {
        if (answer.type === MessageType.SERVER_SIDE_EMIT_RESPONSE) responses.push(answer.data.packet);
        return true;
      },
      // Later, because without peers this is still the caller's turn.
      onEnd: outcome => process.nextTick(ack, toError(outcome) ?? null, responses),
    });
    return DONE;
  }

  /** Handles a message for this namespace. */
  receive(message: Message): void {
    switch (message.type) {
      case MessageType.BROADCAST:
        if (message.data.requestId === undefined) this.deliver(message);
        else this.deliverWithAck(message, message.data.requestId);
        break;
      case MessageType.SOCKETS_JOIN:
        super.addSockets(fromWire(message.data.opts as unknown as WireOptions), message.data.rooms);
        break;
      case MessageType.SOCKETS_LEAVE:
        super.delSockets(fromWire(message.data.opts as unknown as WireOptions), message.data.rooms);
        break;
      case MessageType.DISCONNECT_SOCKETS:
        super.disconnectSockets(fromWire(message.data.opts as unknown as WireOptions), message.data.close ?? false);
        break;
      case MessageType.FETCH_SOCKETS:
        void this.tellSockets(message.uid, message.data.requestId, fromWire(message.data.opts as unknown as WireOptions));
        break;
      case MessageType.SERVER_SIDE_EMIT:
        this.callListeners(message.uid, message.data.packet, message.data.requestId);
    }
  }

  /** Sends only to the clients of this worker. */
  protected broadcastHere(packet: Packet, opts: BroadcastOptions): void {
    super.broadcast(packet, opts);
  }

  /** Sends a broadcast of another worker to the clients of this one. */
  protected deliver({ data: { packet, opts } }: BroadcastMessage): void {
    this.broadcastHere(new EncodedPacket(packet, this.nsp), fromWire(opts));
  }

  /** Whether the other workers are concerned. */
  protected isShared({ flags }: BroadcastOptions, packet?: Packet): boolean {
    // A packet with an id is for one socket, whose acks this worker counts.
    return !flags?.local && packet?.id === undefined && this.hub.peers.length > 0;
  }

  protected encode(data: unknown[]): Chunk[] {
    return encodeEvent(this.nsp.server.encoder, this.nsp.name, data);
  }

  /** Sends to all others. Throws if the message cannot be encoded. */
  protected tell(message: WithoutSender<Message>): void {
    // A spread costs several times as much.
    this.hub.broadcast(Object.assign(message, { uid: this.uid, nsp: this.nsp.name }) as Message);
  }

  /**
   * Sends a request to all others, if there are any.
   *
   * @return the id of the request
   */
  protected ask(question: (requestId: string) => WithoutSender<Message>, inquirer: Inquirer<Answer>): string {
    const requestId = this.hub.questions.nextId();
    if (this.hub.peers.length > 0) {
      const message = question(requestId);
      debug('namespace %j: request %s, %s, to workers %j', this.nsp.name, requestId, MessageType[message.type as MessageType] ?? message.type, this.hub.peers);
      this.tell(message);
    }
    this.hub.questions.wait(requestId, this.hub.peers, inquirer);
    return requestId;
  }

  /** Answers a request of another worker. */
  private answer(to: string, answer: WithoutSender<Answer>): boolean {
    return this.hub.answer(to, Object.assign(answer, { uid: this.uid, nsp: this.nsp.name }) as Answer);
  }

  /** Calls the listeners of `serverSideEmit()`; the first call of their callback is the response. */
  private callListeners(from: string, packet: readonly unknown[], requestId: string | undefined): void {
    debug('namespace %j: serverSideEmit() of worker %s, request %s', this.nsp.name, from, requestId ?? 'none');
    let isAnswered = false;
    const ack = (value: unknown) => {
      if (isAnswered) return;
      isAnswered = true;
      this.answer(from, { type: MessageType.SERVER_SIDE_EMIT_RESPONSE, data: { requestId: requestId!, packet: value as unknown[] } });
    };
    try {
      this.nsp._onServerSideEmit(requestId === undefined ? [ ...packet ] : [ ...packet, ack ]);
    } catch (error) {
      if (requestId !== undefined) this.hub.refuse(from, this.nsp.name, requestId, `a listener on worker ${this.uid} threw`);
      throw error;
    }
  }

  /** In parts, and not faster than the other reads: with the clients' `auth`, it may not fit into memory. */
  private async tellSockets(to: string, requestId: string, opts: BroadcastOptions): Promise<void> {
    const { hub, uid, nsp: { name: nsp } } = this;
    const sockets = await super.fetchSockets(opts) as Socket[];
    debug('namespace %j: %d socket(s) for worker %s, request %s', nsp, sockets.length, to, requestId);
    const show = ({ id: sid, data }: Socket) => hub.carrier.show({ nsp, sid, data });
    try {
      for (const part of encodeSockets(sockets, show)) {
        const wasSent = hub.answer(to, { uid, nsp, type: MessageType.FETCH_SOCKETS_RESPONSE, data: { requestId, ...part } });
        if (!wasSent) return;
        await hub.drained(to);
      }
    } catch (error) {
      hub.refuse(to, nsp, requestId, hub.whyNot(error));
    }
  }

  private deliverWithAck({ uid, data: { packet: chunks, opts, isNamed } }: BroadcastMessage, requestId: string): void {
    const packet: Packet = { type: EVENT, data: decodeEvent(this.nsp.server._parser, chunks) };
    if (isNamed) packet.named = opts.flags.timeout;
    let pending = 0;
    let timer: NodeJS.Timeout | undefined;
    super.broadcastWithAck(packet, fromWire(opts), (clientCount: Asked) => {
      this.answer(uid, { type: MessageType.BROADCAST_CLIENT_COUNT, data: { requestId, clientCount } });
      if (typeof clientCount === 'number') pending = clientCount;
      // The clients are asked next. Named acks have a timer of their own.
      else this.hub.flush();
    }, (value: unknown) => {
      pending -= 1;
      if (pending === 0) clearTimeout(timer);
      this.answer(uid, { type: MessageType.BROADCAST_ACK, data: { requestId, packet: value } });
    });
    if (pending > 0) timer = forgetAcks(this.nsp, packet.id!, opts.flags.timeout);
  }
}
