/** Bytes up to which copying a payload costs less than writing it separately from its header. */
const MOST_JOINED = 16 * 1024;
/** First byte of a frame that is a whole message (RFC 6455, section 5.2). */
const TEXT = 0x81;
const BINARY = 0x82;
/** Engine.IO's packet types: https://socket.io/docs/v4/engine-io-protocol/#packet-encoding */
const TYPES: Record<string, number> = { open: 0x30, close: 0x31, ping: 0x32, pong: 0x33, message: 0x34, upgrade: 0x35, noop: 0x36 };

export interface PacketOptions {
  /** A frame that an adapter has encoded once for all sockets: its header and its payload, or both in one. */
  wsPreEncodedFrame?: Buffer[];
}

export interface Packet {
  type: string;
  data?: unknown;
  options?: PacketOptions;
}

/** The format in which a transport's client takes binary messages. */
export interface BinaryForm {
  /** Engine.IO's protocol; in version 3, a byte with the type comes before a binary message. */
  readonly protocol: number;
  /** `false` for a client that only takes text. */
  readonly supportsBinary: boolean;
}

/** Creates a frame with room for a payload of this many bytes at its end. */
function allocateFrame(first: number, length: number): Buffer {
  const isShort = length < 126;
  const frame = Buffer.allocUnsafe(length + (isShort ? 2 : 4));
  frame[0] = first;
  if (isShort) {
    frame[1] = length;
  } else {
    frame[1] = 126;
    frame.writeUInt16BE(length, 2);
  }
  return frame;
}

/** Returns the frame of a message in one piece; `undefined` for a long one, and for one that is not sent as it is. */
export function frameOf(
  { protocol, supportsBinary }: BinaryForm, data: unknown, options?: PacketOptions, type = TYPES.message,
): Buffer | undefined {
  const made = options?.wsPreEncodedFrame;
  if (made) return made.length === 1 ? made[0] : undefined;
  if (typeof data === 'string') {
    const length = Buffer.byteLength(data) + 1;
    if (length > MOST_JOINED) return undefined;
    const frame = allocateFrame(TEXT, length);
    frame[frame.length - length] = type;
    frame.write(data, frame.length - length + 1);
    return frame;
  }
  if (!Buffer.isBuffer(data) || data.length > MOST_JOINED || !supportsBinary) return undefined;
  const isTyped = protocol === 3;
  const frame = allocateFrame(BINARY, isTyped ? data.length + 1 : data.length);
  if (isTyped) frame[frame.length - data.length - 1] = type - TYPES.open;
  data.copy(frame, frame.length - data.length);
  return frame;
}

/** Returns the frames of several packets in one piece; `undefined` if one of them has none. */
export function join(form: BinaryForm, packets: readonly Packet[]): Buffer | undefined {
  const frames: Buffer[] = [];
  for (const { type, data, options } of packets) {
    const frame = frameOf(form, type === 'message' ? data : data ?? '', options, TYPES[type]);
    if (!frame) return undefined;
    frames.push(frame);
  }
  return frames.length === 1 ? frames[0] : Buffer.concat(frames);
}
