import { RedisAdapter } from '@socket.io/redis-adapter';
import { Adapter, type BroadcastOptions, type Room } from 'socket.io-adapter';
import type { Packet } from '../internals/packet';
import { Ear } from './ear';
import { publish } from './ears';
import { type EncodingNamespace, toPlain } from './plain_payload';
import type { Method } from './subscriber';
import type { RedisClient } from './types';

/** The adapter's numbers for requests to other servers. */
const JOIN_LEAVE_DISCONNECT = /[234]/;
const SERVER_SIDE_EMIT = 6;

/** The private parts of the adapter that are used here. */
interface OfficialPubSub extends Adapter {
  readonly nsp: EncodingNamespace & Adapter['nsp'];
  readonly uid: string;
  readonly pubClient: RedisClient;
  readonly subClient: RedisClient;
  readonly parser: { encode(message: unknown): Buffer };
  readonly channel: string;
  readonly requestChannel: string;
  readonly responseChannel: string;
  readonly specificResponseChannel: string;
  onmessage(pattern: unknown, channel: Buffer, message: Buffer): void;
  onrequest(channel: Buffer, message: Buffer): Promise<void>;
}
const OfficialPubSub = RedisAdapter as unknown as new (nsp: unknown, pub: RedisClient, sub: RedisClient, options: object) => OfficialPubSub;

function hasBuffer(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Buffer.isBuffer(value) || Object.values(value).some(hasBuffer);
}

/**
 * The official adapter, with two changes: it does to its own sockets at once what it asks others to do, and it catches errors while a
 * message is handled, which would end the process.
 */
export class PubSubAdapter extends OfficialPubSub {
  /** Checks whether this namespace receives its messages. */
  readonly ear: Ear;
  private readonly ownRequest: string;
  private readonly probedRoom: Buffer;

  constructor(nsp: unknown, pub: RedisClient, sub: RedisClient, options: object, private readonly onError: (error: unknown) => void) {
    super(nsp, pub, sub, options);
    this.ownRequest = `{"uid":"${this.uid}","type":`;
    // The pattern is probed with a room without members, which every other server ignores.
    const room = `${this.channel}probe:${this.uid}#`;
    this.probedRoom = Buffer.from(room);
    this.ear = new Ear({
      name: `namespace ${this.nsp.name}`,
      channels: [ room, this.requestChannel, this.responseChannel, this.specificResponseChannel ],
      // A request of an unknown type is ignored, and so is a response to no request.
      probe: channel => publish(pub, false, channel, `${this.ownRequest}"probe"}`),
      listenAgain: () => this.listenAgain(),
    });
  }

  override broadcast(packet: Packet, opts: BroadcastOptions): void {
    super.broadcast(toPlain(packet, this.nsp), opts);
  }

  override broadcastWithAck(
    packet: Packet, opts: BroadcastOptions, tellCount: (clients: number) => void, ack: (value: unknown) => void,
  ): void {
    super.broadcastWithAck(toPlain(packet, this.nsp), opts, tellCount, ack);
  }

  override addSockets(opts: BroadcastOptions, rooms: Room[]): void {
    if (!opts.flags?.local) super.addSockets(opts, rooms);
    Adapter.prototype.addSockets.call(this, opts, rooms);
  }

  override delSockets(opts: BroadcastOptions, rooms: Room[]): void {
    if (!opts.flags?.local) super.delSockets(opts, rooms);
    Adapter.prototype.delSockets.call(this, opts, rooms);
  }

  override disconnectSockets(opts: BroadcastOptions, close: boolean): void {
    if (!opts.flags?.local) super.disconnectSockets(opts, close);
    Adapter.prototype.disconnectSockets.call(this, opts, close);
  }

  override serverSideEmit(packet: unknown[]): void {
    if (typeof packet.at(-1) === 'function' || !hasBuffer(packet)) return void super.serverSideEmit(packet);
    // The adapter writes JSON here, and reads its other encoding as well.
    const request = this.parser.encode({ uid: this.uid, type: SERVER_SIDE_EMIT, data: packet });
    publish(this.pubClient, false, this.requestChannel, request).catch(() => undefined);
  }

  override onmessage(pattern: unknown, channel: Buffer, message: Buffer): void {
    if (channel.equals(this.probedRoom)) return this.ear.heard(channel.toString());
    try {
      super.onmessage(pattern, channel, message);
    } catch (error) {
      this.onError(error);
    }
  }

  override async onrequest(channel: Buffer, message: Buffer): Promise<void> {
    if (this.isOwn(message)) {
      const type = String.fromCharCode(message[this.ownRequest.length]);
      if (type === '"') return this.ear.heard(channel.toString());
      // A request to do what has been done here already.
      if (JOIN_LEAVE_DISCONNECT.test(type)) return;
    }
    await super.onrequest(channel, message).catch(this.onError);
  }

  /** Whether this is a request, or a probe, of our own. */
  private isOwn(message: Buffer): boolean {
    return message.toString('latin1', 0, this.ownRequest.length) === this.ownRequest;
  }

  /** A client of `redis` subscribes again by itself, and only if it has noticed a loss. */
  private listenAgain(): void {
    const { psubscribe, subscribe } = this.subClient as unknown as { psubscribe?: Method; subscribe: Method };
    if (!psubscribe) return;
    psubscribe(`${this.channel}*`);
    subscribe([ this.requestChannel, this.responseChannel, this.specificResponseChannel ]);
  }
}
