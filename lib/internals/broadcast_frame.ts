/** Bytes up to which copying a payload costs less than writing it separately from its header. */
const MOST_JOINED = 16 * 1024;

/** The options with which Socket.IO's adapters pass data to their sockets. */
interface WriteOptions {
  /** A WebSocket frame, encoded once for all sockets: its header, and its payload. */
  wsPreEncodedFrame?: Buffer[];
}

type Encode = (packet: unknown, options: WriteOptions) => unknown[];

/**
 * Makes a Socket.IO adapter encode the frame of a broadcast in one piece, because writing two pieces per socket costs considerably more.
 * An adapter of a later version that does not encode frames, or does so elsewhere, is left alone.
 */
export function joinBroadcastFrames(adapter: object): void {
  const { _encode: encode } = adapter as { _encode?: Encode };
  if (typeof encode !== 'function') return;
  const encodeJoined: Encode = (packet, options) => {
    const encoded = encode.call(adapter, packet, options);
    const frame = options.wsPreEncodedFrame;
    if (frame?.length === 2 && frame[1].length <= MOST_JOINED) options.wsPreEncodedFrame = [ Buffer.concat(frame) ];
    return encoded;
  };
  Object.assign(adapter, { _encode: encodeJoined });
}
