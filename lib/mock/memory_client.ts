import { EventEmitter } from 'node:events';
import { PacketType } from 'socket.io-parser';
import type { Application } from '../types/application';

/** A packet of Socket.IO's protocol. */
export interface Packet {
  type: PacketType;
  nsp: string;
  data?: unknown;
  id?: number;
}

interface Decoder {
  on(event: 'decoded', listener: (packet: Packet) => void): unknown;
  add(chunk: unknown): void;
  destroy(): void;
}

/** The parser of a server, which is not in its types. */
interface ServerInternals {
  readonly encoder: { encode(packet: Packet): (string | Buffer)[] };
  readonly _parser: { Decoder: new () => Decoder };
}

/** Engine.IO's packet types, the prefixes of a text. */
const PING = '2';
const PONG = '3';
const MESSAGE = '4';

/** The parts of a WebSocket that Engine.IO's transport uses. */
class MemoryWebSocket extends EventEmitter {
  private closed = false;

  constructor(private readonly receive: (data: string | Buffer) => void) {
    super();
  }

  send(data: string | Buffer, sent: () => void): void {
    this.receive(data);
    sent();
  }

  close(): void {
    process.nextTick(() => this.end());
  }

  /** Closes at once, from the client's side. */
  end(): void {
    if (this.closed) return;
    this.closed = true;
    this.emit('close');
  }
}

/** Encodes and decodes the packets of a server's clients, with the app's own `parser`. */
export class Codec {
  private readonly internals: ServerInternals;

  constructor(io: Application) {
    this.internals = io as unknown as ServerInternals;
  }

  encode(packet: Packet): (string | Buffer)[] {
    return this.internals.encoder.encode(packet);
  }

  decoder(onPacket: (packet: Packet) => void): Decoder {
    const decoder = new this.internals._parser.Decoder();
    decoder.on('decoded', onPacket);
    return decoder;
  }

  /**
   * The packets that a client gets for an event.
   *
   * @param data - `[event, ...args]`
   */
  received(data: readonly unknown[]): { event: string; args: unknown[] } {
    let read: unknown = data;
    const decoder = this.decoder(packet => { read = packet.data; });
    for (const chunk of this.encode({ type: PacketType.EVENT, nsp: '/', data: [ ...data ] })) decoder.add(chunk);
    decoder.destroy();
    const [ event, ...args ] = read as [ string, ...unknown[] ];
    return { event, args };
  }
}

/** The client's end of a connection without a network: packets in, packets out. */
export class MemoryClient {
  /** For Engine.IO, instead of one of `ws`. */
  readonly webSocket: EventEmitter;
  private readonly memory = new MemoryWebSocket(data => this.receive(data));
  private readonly decoder: Decoder;

  constructor(private readonly codec: Codec, onPacket: (packet: Packet) => void) {
    this.webSocket = this.memory;
    this.decoder = codec.decoder(onPacket);
  }

  send(packet: Packet): void {
    for (const chunk of this.codec.encode(packet)) {
      if (typeof chunk === 'string') this.memory.emit('message', MESSAGE + chunk, false);
      else this.memory.emit('message', chunk, true);
    }
  }

  close(): void {
    this.memory.end();
    this.decoder.destroy();
  }

  private receive(data: string | Buffer): void {
    if (typeof data !== 'string') this.decoder.add(data);
    else if (data.startsWith(MESSAGE)) this.decoder.add(data.slice(1));
    // Engine.IO starts to wait for the pong after it has sent the ping.
    else if (data === PING) process.nextTick(() => this.memory.emit('message', PONG, false));
  }
}
