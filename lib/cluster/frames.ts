import { Packr } from 'msgpackr';

const HEADER = 4;
/** Bytes; more than any message can need, and little enough that garbage cannot make us reserve the whole memory. */
const MAX_FRAME = 256 * 1024 * 1024;

// moreTypes would write Sets, Maps and Errors, which no Socket.IO packet has; records need a shared state of both ends.
const packr = new Packr({ useRecords: false, moreTypes: false });
const literalPackr = new Packr({ useRecords: false, moreTypes: false, useToJSON: false });

function pack(message: unknown): Buffer {
  try {
    return packr.pack(message);
  } catch (error) {
    // It calls `toJSON` of what has a `constructor` of its own, and from a client (auth, acks) that may be no function.
    if (error instanceof TypeError) return literalPackr.pack(message);
    throw error;
  }
}

/** Encodes a message as a frame: its length in four bytes, then msgpack. */
export function encodeFrame(message: unknown): Buffer {
  const body = pack(message);
  const frame = Buffer.allocUnsafe(HEADER + body.length);
  frame.writeUInt32BE(body.length, 0);
  body.copy(frame, HEADER);
  return frame;
}

/** Puts the frames of a stream together again. */
export class FrameReader {
  private chunks: Buffer[] = [];
  private buffered = 0;
  private wanted = HEADER;
  private body = false;

  constructor(private readonly onMessage: (message: unknown) => void) {}

  /**
   * Takes what has arrived.
   *
   * @throws if it is not what {@link encodeFrame} writes; the stream is of no use then
   */
  push(chunk: Buffer): void {
    this.chunks.push(chunk);
    this.buffered += chunk.length;
    while (this.buffered >= this.wanted) {
      const part = this.take(this.wanted);
      if (!this.body) {
        this.wanted = part.readUInt32BE(0);
        if (this.wanted === 0 || this.wanted > MAX_FRAME) throw new Error(`a frame of ${this.wanted} bytes`);
        this.body = true;
      } else {
        this.wanted = HEADER;
        this.body = false;
        this.onMessage(packr.unpack(part));
      }
    }
  }

  private take(length: number): Buffer {
    this.buffered -= length;
    const [ first ] = this.chunks;
    if (first.length === length) return this.chunks.shift()!;
    if (first.length > length) {
      this.chunks[0] = first.subarray(length);
      return first.subarray(0, length);
    }
    const all = Buffer.concat(this.chunks);
    this.chunks = all.length > length ? [ all.subarray(length) ] : [];
    return all.subarray(0, length);
  }
}
