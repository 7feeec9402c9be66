import { RedisAdapter } from '@socket.io/redis-adapter';
import { Adapter, type BroadcastOptions, type Room } from 'socket.io-adapter';
import type { Packet } from '../cluster/adapter_packet';
import { type EncodingNamespace, toPlain } from './plain';
import type { RedisClient } from './types';

/** The engine's numbers for what it asks other servers to do. */
const JOIN_LEAVE_DISCONNECT = /[234]/;
const SERVER_SIDE_EMIT = 6;

/** Of the engine, what is its own and used here; its types keep it to itself. */
interface Engine extends Adapter {
  readonly nsp: EncodingNamespace & Adapter['nsp'];
  readonly uid: string;
  readonly pubClient: { publish(channel: string, message: Buffer): unknown };
  readonly parser: { encode(message: unknown): Buffer };
  readonly requestChannel: string;
  onmessage(pattern: unknown, channel: Buffer, message: Buffer): void;
  onrequest(channel: Buffer, message: Buffer): Promise<void>;
}
const Engine = RedisAdapter as unknown as new (nsp: unknown, pub: RedisClient, sub: RedisClient, options: object) => Engine;

function hasBuffer(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Buffer.isBuffer(value) || Object.values(value).some(hasBuffer);
}

/**
 * The official adapter, which does to its own sockets at once what it asks others to do, and lets no error of a message
 * get away: what is thrown while a message is handled would end the process.
 */
export class PubSubAdapter extends Engine {
  private readonly ownRequest: string;

  constructor(nsp: unknown, pub: RedisClient, sub: RedisClient, options: object, private readonly onError: (error: unknown) => void) {
    super(nsp, pub, sub, options);
    this.ownRequest = `{"uid":"${this.uid}","type":`;
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
    // The engine writes JSON here, and reads its other encoding as well.
    this.pubClient.publish(this.requestChannel, this.parser.encode({ uid: this.uid, type: SERVER_SIDE_EMIT, data: packet }));
  }

  override onmessage(pattern: unknown, channel: Buffer, message: Buffer): void {
    try {
      super.onmessage(pattern, channel, message);
    } catch (error) {
      this.onError(error);
    }
  }

  override async onrequest(channel: Buffer, message: Buffer): Promise<void> {
    if (this.isDone(message)) return;
    await super.onrequest(channel, message).catch(this.onError);
  }

  /** Whether this is our own request, to do what has been done here already. */
  private isDone(message: Buffer): boolean {
    const { length } = this.ownRequest;
    return message.toString('latin1', 0, length) === this.ownRequest && JOIN_LEAVE_DISCONNECT.test(String.fromCharCode(message[length]));
  }
}
