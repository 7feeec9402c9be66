import { msgpack } from '../base/msgpack';

const HEADER = 4;
/**
 * The maximum size of a message between processes, in bytes. A larger one is rejected at its sender: the receiver would have to keep all
 * of it until its last byte has arrived.
 */
export const MAX_MESSAGE = 64 * 1024 * 1024;

// No Socket.IO packet contains Sets, Maps and Errors.
const packr = msgpack({ moreTypes: false });
const literalPackr = msgpack({ moreTypes: false, useToJSON: false });

/** Encodes a value with msgpack. */
export function pack(value: unknown): Buffer {
  try {
    return packr.pack(value);
  } catch (error) {
    // It calls `toJSON` of objects with a `constructor` of their own; for data from a client (auth, acks) that may not be a function.
    if (error instanceof TypeError) return literalPackr.pack(value);
    throw error;
  }
}

/** Decodes the value of {@link pack}. */
export function unpack(packed: Buffer): unknown {
  return packr.unpack(packed);
}

/** A message is larger than {@link MAX_MESSAGE}. */
export class MessageTooLargeError extends Error {
  override readonly name = 'MessageTooLargeError';

  constructor(bytes: number) {
    super(`it takes ${bytes} bytes, and one message between workers may take ${MAX_MESSAGE}: send less at a time`);
  }
}

/**
 * Encodes a message as a frame: its length in four bytes, then msgpack.
 *
 * @throws {MessageTooLargeError}
 */
export function encodeFrame(message: unknown): Buffer {
  const body = pack(message);
  if (body.length > MAX_MESSAGE) throw new MessageTooLargeError(body.length);
  const frame = Buffer.allocUnsafe(HEADER + body.length);
  frame.writeUInt32BE(body.length, 0);
  body.copy(frame, HEADER);
  return frame;
}

/** Joins the chunks of a stream into frames. */
export class FrameReader {
  /** How many messages have arrived, including one that cannot be decoded. */
  count = 0;
  /** The next part, a length or a message, as far as it has arrived; only created for a part that arrives in pieces. */
  private part: Buffer | undefined;
  private filled = 0;
  private wanted = HEADER;
  private isMessage = false;

  /** @param most - bytes that a message may take */
  constructor(private readonly onMessage: (message: unknown) => void, private readonly most = MAX_MESSAGE) {}

  /**
   * Handles a chunk.
   *
   * @throws for data that is not from {@link encodeFrame}; the stream is unusable then
   */
  push(chunk: Buffer): void {
    let rest = chunk;
    for (;;) {
      const { part, wanted } = this;
      if (!part && rest.length >= wanted) {
        this.take(rest.subarray(0, wanted));
        rest = rest.subarray(wanted);
        continue;
      }
      if (rest.length === 0) return;
      // One buffer for all chunks: a message that trickles in must not cost more than its length.
      const target = part ?? (this.part = Buffer.allocUnsafe(wanted));
      const copied = rest.copy(target, this.filled);
      this.filled += copied;
      rest = rest.subarray(copied);
      if (this.filled < wanted) return;
      this.part = undefined;
      this.filled = 0;
      this.take(target);
    }
  }

  private take(part: Buffer): void {
    if (this.isMessage) {
      this.isMessage = false;
      this.wanted = HEADER;
      this.count += 1;
      this.onMessage(packr.unpack(part));
      return;
    }
    const length = part.readUInt32BE(0);
    if (length === 0 || length > this.most) throw new Error(`a frame of ${length} bytes, where 1 to ${this.most} were expected`);
    this.isMessage = true;
    this.wanted = length;
  }
}
