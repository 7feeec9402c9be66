import { Packr } from 'msgpackr';

const HEADER = 4;
/**
 * Bytes that one message between processes may take. A larger one is refused where it would be sent: at the other end it would
 * have to be kept whole until its last byte is there.
 */
export const MAX_MESSAGE = 64 * 1024 * 1024;

// moreTypes would write Sets, Maps and Errors, which no Socket.IO packet has; records need a shared state of both ends.
const packr = new Packr({ useRecords: false, moreTypes: false });
const literalPackr = new Packr({ useRecords: false, moreTypes: false, useToJSON: false });

/** Encodes a value with msgpack. */
export function pack(value: unknown): Buffer {
  try {
    return packr.pack(value);
  } catch (error) {
    // It calls `toJSON` of what has a `constructor` of its own, and from a client (auth, acks) that may be no function.
    if (error instanceof TypeError) return literalPackr.pack(value);
    throw error;
  }
}

/** Decodes what {@link pack} has made. */
export function unpack(packed: Buffer): unknown {
  return packr.unpack(packed);
}

/** A message takes more than {@link MAX_MESSAGE}. */
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

/** Puts the frames of a stream together again. */
export class FrameReader {
  /** The part that comes next, a length or a message, as far as it is there; made only for one that comes in pieces. */
  private part: Buffer | undefined;
  private filled = 0;
  private wanted = HEADER;
  private isMessage = false;

  /** @param most - bytes that a message may take */
  constructor(private readonly onMessage: (message: unknown) => void, private readonly most = MAX_MESSAGE) {}

  /**
   * Takes what has arrived.
   *
   * @throws if it is not what {@link encodeFrame} writes; the stream is of no use then
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
      // One buffer, however many chunks come: a message that trickles in must not cost more than its length.
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
      this.onMessage(packr.unpack(part));
      return;
    }
    const length = part.readUInt32BE(0);
    if (length === 0 || length > this.most) throw new Error(`a frame of ${length} bytes, where 1 to ${this.most} were expected`);
    this.isMessage = true;
    this.wanted = length;
  }
}
