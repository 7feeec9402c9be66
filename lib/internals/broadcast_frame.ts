/** Bytes up to which copying a payload costs less than writing it apart from its header. */
const MOST_JOINED = 16 * 1024;

/** How Socket.IO's adapters pass on to their sockets what is to be written. */
interface WriteOptions {
  /** A WebSocket frame, made once for all sockets: its header, and its payload. */
  wsPreEncodedFrame?: Buffer[];
}

type Encode = (packet: unknown, options: WriteOptions) => unknown[];

/**
 * Has an adapter of Socket.IO's make the frame of a broadcast in one piece, because each socket writes two pieces with
 * considerably more effort. An adapter of a later version that does not make frames, or makes them elsewhere, is left as it is.
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
