/** Milliseconds after which it is asked whether a client has read, of whom more waits than may. */
export const PATIENCE = 10_000;
/** The part of the limit that a client must have taken by then. */
const LEAST = 1 / 16;
/** How often the limit may wait for a client that reads. */
export const CAP = 8;

/** The connection below a WebSocket, and what Node keeps to itself of it: a large write counts as nothing until all of it is done. */
interface Stream {
  readonly bytesWritten: number;
  readonly writableLength: number;
  readonly _handle?: { readonly bytesWritten?: number; readonly writeQueueSize?: number } | null;
}

/** A session of Engine.IO's. */
interface Session {
  readonly transport: { readonly socket?: { readonly _socket?: Stream | null } };
  /** What waits until the transport can be written to; a new one once that has taken it. */
  readonly writeBuffer: readonly unknown[];
}

/** How far a client had read. */
export interface Progress {
  readonly at: number;
  /** Bytes that the system had taken; `undefined` if that cannot be seen, as in polling. */
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

/** Whether a client has taken enough since then. In polling, each poll takes all that waits. */
function hasRead(then: Progress, now: Progress, most: number): boolean {
  if (then.taken === undefined || now.taken === undefined) return then.buffer !== now.buffer;
  return now.taken - then.taken >= most * LEAST;
}

/**
 * Tells a client that does not read from one that was just sent much. To be asked about a session for which more than `most` bytes
 * wait.
 *
 * @param before - what the last call for this session has returned
 * @return `undefined` if it does not read: it has taken hardly anything for some time, or far too much waits for it
 */
export function patience(session: object, waiting: number, most: number, before: Progress | undefined): Progress | undefined {
  const { writableLength = 0 } = (session as Session).transport.socket?._socket ?? {};
  if (waiting + writableLength > most * CAP) return undefined;
  const now = progressOf(session as Session);
  if (!before || hasRead(before, now, most)) return now;
  return now.at - before.at < PATIENCE ? before : undefined;
}
