/** Milliseconds after which a client above the limit is checked for reading. */
const PATIENCE = 10_000;
/** The share of the limit that a client must have read by then. */
const LEAST = 1 / 16;
/** How many times the limit may wait for a client that reads. */
const CAP = 8;

/** The connection below a WebSocket, and Node's private state of it: a large write counts as nothing until all of it is done. */
interface Stream {
  readonly bytesWritten: number;
  readonly writableLength: number;
  readonly _handle?: { readonly bytesWritten?: number; readonly writeQueueSize?: number } | null;
}

/** An Engine.IO session. */
interface Session {
  readonly transport: { readonly socket?: { readonly _socket?: Stream | null } };
  /** Packets that wait until the transport is writable; a new list once that has accepted them. */
  readonly writeBuffer: readonly unknown[];
}

/** A client's reading progress. */
export interface Progress {
  readonly at: number;
  /** Bytes that the system had accepted; `undefined` if that is unknown, as in polling. */
  readonly taken: number | undefined;
  readonly buffer: readonly unknown[];
}

function takenBy({ transport: { socket } }: Session): number | undefined {
  const stream = socket?._socket;
  if (!stream) return undefined;
  const { bytesWritten, writeQueueSize } = stream._handle ?? {};
  if (bytesWritten !== undefined && writeQueueSize !== undefined) return bytesWritten - writeQueueSize;
  return stream.bytesWritten - stream.writableLength;
}

function progressOf(session: Session): Progress {
  return { at: Date.now(), taken: takenBy(session), buffer: session.writeBuffer };
}

/** Whether a client has read enough since then. In polling, each poll takes everything. */
function hasRead(then: Progress, now: Progress, most: number): boolean {
  if (then.taken === undefined || now.taken === undefined) return then.buffer !== now.buffer;
  return now.taken - then.taken >= most * LEAST;
}

/**
 * Distinguishes a client that does not read from one that was just sent a lot. Call it for a session with more than `most` bytes waiting.
 *
 * @param before - the result of the last call for this session
 * @return `undefined` if it does not read: it has read hardly anything for some time, or far too much is waiting for it
 */
export function patience(session: object, waiting: number, most: number, before: Progress | undefined): Progress | undefined {
  const { writableLength = 0 } = (session as Session).transport.socket?._socket ?? {};
  if (waiting + writableLength > most * CAP) return undefined;
  const now = progressOf(session as Session);
  if (!before || hasRead(before, now, most)) return now;
  return now.at - before.at < PATIENCE ? before : undefined;
}
