import type { Adapter, BroadcastOptions, Room } from 'socket.io-adapter';
import { EVENT, type Packet } from '../internals/packet';

/** Milliseconds after which a message of our own is handled even if it has not come out of the stream. */
const LONGEST = 2000;

/** A message of our own that is on its way through the stream. */
export interface OwnMessage {
  readonly adapter: Adapter;
  readonly opts: BroadcastOptions;
  /** The packet, if it is a broadcast. */
  readonly packet?: Packet;
  /** It does not go into the stream, but to Redis on the same connection: Redis has it when a later message comes out of the stream. */
  readonly isBeside?: true;
  apply(offset?: string): void;
}

interface Unconfirmed extends OwnMessage { readonly since: number; offset: string | undefined }

/** The parts of Socket.IO's connection and socket that are used here. */
interface Client {
  readonly sockets: ReadonlyMap<string, { readonly id: string; readonly adapter: Adapter }>;
  writeToEngine(chunks: unknown, options: object): void;
  _packet(packet: Packet, options: object): void;
}
interface Socket {
  readonly id: string;
  readonly adapter: Adapter;
  readonly client: Client;
  readonly connected: boolean;
  disconnect(close?: boolean): this;
  notifyOutgoingListeners(packet: Packet): void;
}

/** A write that must wait for earlier messages: all of our own up to `mark`. */
interface HeldWrite { readonly mark: number; write(): void }

/** The last message on its way to each room, and to all, of one namespace. */
class Targets {
  private readonly rooms = new Map<Room, number>();
  private all = 0;

  add(opts: BroadcastOptions, own: number): void {
    if (opts.rooms.size === 0) this.all = own;
    for (const room of opts.rooms) this.rooms.set(room, own);
  }

  delete(opts: BroadcastOptions, own: number): void {
    for (const room of opts.rooms) if (this.rooms.get(room) === own) this.rooms.delete(room);
  }

  /** Whether a message with this number or a later one is on its way to one of the rooms. */
  has(rooms: Iterable<Room>, first: number): boolean {
    if (this.all >= first) return true;
    for (const room of rooms) if (this.rooms.get(room)! >= first) return true;
    return false;
  }
}

/**
 * Keeps the order in which a worker's clients get its messages. With connection state recovery a broadcast, and an `emit()` to a single
 * socket too, goes through the stream, because Redis numbers it. Other messages, such as an ack, wait for the earlier ones to their
 * client. A disconnection does not wait: the earlier messages to its client are written at once, without a number, because nobody is
 * recovered from it.
 */
export class SendOrder {
  private readonly waiting = new Map<number, Unconfirmed>();
  private readonly targets = new WeakMap<Adapter, Targets>();
  private readonly held = new Map<Client, HeldWrite[]>();
  private readonly known = new WeakSet<Client>();
  private last = 0;
  /** While a message out of the stream is handled. It is in order already. */
  private isStream = false;
  private timer: NodeJS.Timeout | undefined;
  /** The connection of a socket that is being disconnected. */
  private leaving: Client | undefined;

  /** Records a message that goes into the stream. @return its number */
  begin(message: OwnMessage): number {
    const own = this.last += 1;
    this.waiting.set(own, { ...message, since: Date.now(), offset: undefined });
    let targets = this.targets.get(message.adapter);
    if (!targets) this.targets.set(message.adapter, targets = new Targets());
    targets.add(message.opts, own);
    this.timer ??= setInterval(() => this.giveUpOld(), LONGEST / 4).unref();
    return own;
  }

  /** The stream has taken a message. */
  taken(own: number, offset: string): void {
    const message = this.waiting.get(own);
    if (message) message.offset = offset;
  }

  /** A message has come out of the stream, or never will. */
  end(own: number, offset?: string): void {
    const message = this.waiting.get(own);
    if (!message) return;
    // Otherwise it would overtake what waits for those, such as the CONNECT of its client.
    if (offset !== undefined) this.endBesideBefore(own);
    this.waiting.delete(own);
    this.targets.get(message.adapter)?.delete(message.opts, own);
    this.fromStream(() => message.apply(offset));
    for (const client of [ ...this.held.keys() ]) this.flush(client);
    if (this.waiting.size > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private endBesideBefore(own: number): void {
    for (const [ earlier, { isBeside }] of this.waiting) {
      if (earlier >= own) return;
      if (isBeside) this.end(earlier);
    }
  }

  /** Redis has not taken a message. Earlier ones may not come out of the stream either, and must not come after it. */
  failed(own: number): void {
    for (const [ earlier, { offset }] of this.waiting) {
      if (earlier > own) return;
      this.end(earlier, offset);
    }
  }

  /** Handles the stream's message. */
  fromStream(apply: () => void): void {
    const { isStream } = this;
    this.isStream = true;
    try {
      apply();
    } finally {
      this.isStream = isStream;
    }
  }

  /** Keeps the order of writes to a socket's connection, and of its disconnection. */
  watch(socket: object): void {
    const one = socket as Socket;
    const { client } = one;
    const disconnect = one.disconnect.bind(one);
    let isLeaving = false;
    one.disconnect = close => {
      // To close the connection, Socket.IO disconnects all of its sockets, this one again.
      if (this.isStream || !one.connected || isLeaving) return disconnect(close);
      isLeaving = true;
      this.deliver(one);
      return this.leave(client, () => disconnect(close));
    };
    if (this.known.has(client)) return;
    this.known.add(client);
    const write = client.writeToEngine.bind(client);
    client.writeToEngine = (chunks, options) => {
      const held = this.held.get(client);
      if (this.isStream || this.leaving === client || (!held && !this.isTarget(client))) return write(chunks, options);
      const one = { mark: this.last, write: () => write(chunks, options) };
      if (held) held.push(one);
      else this.held.set(client, [ one ]);
    };
  }

  /**
   * Lets writes to a connection pass in the meantime: if held, the packet that announces the disconnection would be lost when the
   * connection is closed right after it, and the client would reconnect.
   */
  private leave<T>(client: Client, disconnect: () => T): T {
    const { leaving } = this;
    this.leaving = client;
    try {
      return disconnect();
    } finally {
      this.leaving = leaving;
    }
  }

  private get first(): number {
    for (const own of this.waiting.keys()) return own;
    return Infinity;
  }

  private isTarget(client: Client): boolean {
    if (this.waiting.size === 0) return false;
    const { first } = this;
    for (const { id, adapter } of client.sockets.values()) {
      if (this.targets.get(adapter)?.has(adapter.sids.get(id) ?? [ id ], first)) return true;
    }
    return false;
  }

  /** Writes everything that no longer has to wait. */
  private flush(client: Client): void {
    const held = this.held.get(client)!;
    while (held.length > 0 && (held[0].mark < this.first || !this.isTarget(client))) held.shift()!.write();
    if (held.length === 0) this.held.delete(client);
  }

  /** Writes everything that is on its way to a socket at once. */
  private deliver({ id, adapter, client, notifyOutgoingListeners }: Socket): void {
    const held = this.held.get(client) ?? [];
    this.held.delete(client);
    this.fromStream(() => {
      for (const [ own, message ] of this.waiting) {
        const { packet, opts } = message;
        if (message.adapter !== adapter || !packet || !isFor(adapter.sids.get(id) ?? new Set([ id ]), opts)) continue;
        while (held.length > 0 && held[0].mark < own) held.shift()!.write();
        notifyOutgoingListeners.call(adapter.nsp.sockets.get(id), packet);
        client._packet({ ...packet, type: EVENT }, { ...opts.flags });
      }
      for (const { write } of held) write();
    });
  }

  private giveUpOld(): void {
    const old = Date.now() - LONGEST;
    for (const [ own, { since, offset }] of this.waiting) {
      if (since > old) return;
      this.end(own, offset);
    }
  }
}

function isFor(own: ReadonlySet<Room>, { rooms, except }: BroadcastOptions): boolean {
  const isIn = rooms.size === 0 || [ ...rooms ].some(room => own.has(room));
  return isIn && ![ ...except ?? [] ].some(room => own.has(room));
}
