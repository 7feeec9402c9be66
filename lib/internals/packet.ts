/** The output of Socket.IO's encoder for a packet: text, followed by one Buffer for each binary value. */
export type Chunk = string | Buffer;

/** A packet as Socket.IO's adapters use it. */
export interface Packet {
  type: number;
  nsp?: string;
  data: unknown[];
  /** Set if the clients are asked for an ack. */
  id?: number;
  /** Set if each ack has to name its socket: {@link NamedAck}. How long they are awaited, in milliseconds. */
  named?: number;
}

/** The number of clients that a worker has asked; if acks are named, the ids of their sockets. */
export type Asked = number | readonly string[];

/** The ack of a client, with the id of its socket; or the news that there will be none. It passes every adapter like a client's own ack. */
export interface NamedAck {
  readonly id: string;
  readonly value?: unknown;
  /** The client has left. */
  readonly left?: true;
  /** Its worker could not pass it on, and why. */
  readonly failure?: string;
}

/** The encoding half of a parser. */
export interface PacketEncoder {
  encode(packet: Packet): unknown[];
}

/** The decoding half of a parser. */
interface PacketDecoder {
  on(event: 'decoded', listener: (packet: Packet) => void): unknown;
  add(chunk: Chunk): void;
}

/** `socket.io-parser`, or the app's option `parser`. */
export interface Parser {
  Encoder: new () => PacketEncoder;
  Decoder: new (options: object) => PacketDecoder;
}

/** The packet type of an event. */
export const EVENT = 2;

function toChunk(encoded: unknown): Chunk {
  if (encoded instanceof ArrayBuffer) return Buffer.from(encoded);
  if (ArrayBuffer.isView(encoded)) return Buffer.from(encoded.buffer, encoded.byteOffset, encoded.byteLength);
  return encoded as Chunk;
}

/**
 * Encodes an event once for all workers, so that a client gets the same on every worker: dates, holes, `toJSON` and typed arrays already
 * have the form that they have on the way to a client.
 */
export function encodeEvent(encoder: PacketEncoder, nsp: string, data: unknown[]): Chunk[] {
  return encoder.encode({ type: EVENT, nsp, data }).map(toChunk);
}

/** The event's name and arguments, as a client would get them. */
export function decodeEvent(parser: Parser, chunks: readonly Chunk[]): unknown[] {
  // The limit protects a server from its clients; this comes from a sibling.
  const decoder = new parser.Decoder({ maxAttachments: Infinity });
  let data: unknown[] = [];
  decoder.on('decoded', packet => { data = packet.data; });
  for (const chunk of chunks) decoder.add(chunk);
  return data;
}

/** An event that is already encoded, and is only decoded if somebody reads it (`socket.onAnyOutgoing()`). */
export class EncodedPacket implements Packet {
  readonly type = EVENT;
  nsp?: string;
  readonly #chunks: readonly Chunk[];
  readonly #parser: Parser;
  #data: unknown[] | undefined;

  constructor(chunks: readonly Chunk[], { server }: { readonly server: { readonly _parser: Parser } }, data?: unknown[]) {
    this.#chunks = chunks;
    this.#parser = server._parser;
    this.#data = data;
  }

  get chunks(): readonly Chunk[] { return this.#chunks; }
  get data(): unknown[] { return this.#data ??= decodeEvent(this.#parser, this.#chunks); }
}

/** Wraps the server's encoder, and skips it for data that is already encoded. */
export class ReusingEncoder {
  constructor(private readonly encoder: PacketEncoder) {}

  encode(packet: Packet): readonly unknown[] {
    return packet instanceof EncodedPacket ? packet.chunks : this.encoder.encode(packet);
  }
}
