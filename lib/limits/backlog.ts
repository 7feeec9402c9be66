import { type Server as Engine, Socket as EngineSocket } from 'engine.io';
import { terminate } from '../internals/terminate';
import { wrapSessionListener } from '../internals/session_listener';
import { patience, type Progress } from './patience';
import type { Refusals } from './refusals';

/** Bytes that Engine.IO's record of a packet takes besides what is sent: 176 as measured with Node.js 20. */
const RECORD = 200;
/** In place of a number of bytes: the connection is about to be closed. */
const CLOSING = -1;
const WAITING = Symbol('session#waiting');
const PROGRESS = Symbol('session#progress');

interface PacketOptions {
  /** A frame that an adapter has made once for all sockets. */
  wsPreEncodedFrame?: readonly Buffer[];
}

interface Packet {
  readonly data?: unknown;
  readonly options?: PacketOptions;
}

/** A session of Engine.IO's. */
interface Session {
  readonly readyState: string;
  /** What waits until the transport can be written to. */
  readonly writeBuffer: readonly unknown[];
  /** Bytes in it, when something was last put there. */
  [WAITING]?: number;
  /** When more than the limit waited for it. */
  [PROGRESS]?: Progress;
  sendPacket(type: string, data?: unknown, options?: PacketOptions, callback?: () => void): void;
}

/** Closes a session whose client does not read. */
type Close = (session: EngineSocket) => void;

function sizeOf(data: unknown, options?: PacketOptions): number {
  if (options?.wsPreEncodedFrame) return options.wsPreEncodedFrame.reduce((sum, { length }) => sum + length, RECORD);
  if (typeof data === 'string') return Buffer.byteLength(data) + RECORD;
  return ((data as { byteLength?: number } | undefined)?.byteLength ?? 0) + RECORD;
}

/** Whether every packet goes through the method that is about to be replaced. */
export function hasSendPacket(): boolean {
  const { sendPacket, write } = EngineSocket.prototype as unknown as Partial<Session> & { write(this: object, data: string): void };
  let written: unknown;
  write.call({ sendPacket: (_type: string, data: unknown) => { written = data; } }, 'trial');
  return sendPacket?.length === 2 && written === 'trial';
}

/** Counts where packets are put into the buffer, so that a packet that need not wait costs next to nothing. */
function countPackets(most: number, close: Close): (session: EngineSocket) => void {
  function sendPacket(this: Session, type: string, data?: unknown, options?: PacketOptions, callback?: () => void): void {
    const waiting = this.writeBuffer.length === 0 ? 0 : this[WAITING] ?? 0;
    if (this[WAITING] === CLOSING) return;
    if (waiting > most && this.readyState === 'open') {
      this[PROGRESS] = patience(this, waiting, most, this[PROGRESS]);
      if (!this[PROGRESS]) {
        this[WAITING] = CLOSING;
        close(this as unknown as EngineSocket);
        return;
      }
    }
    (Object.getPrototypeOf(this) as Session).sendPacket.call(this, type, data, options, callback);
    if (this.writeBuffer.length > 0) this[WAITING] = waiting + sizeOf(data, options);
  }
  return session => { (session as unknown as Session).sendPacket = sendPacket; };
}

/** The way with nothing but what Engine.IO tells of its buffer. It costs each packet the way through that buffer. */
function countEvents(most: number, close: Close): (session: EngineSocket) => void {
  return session => {
    let waiting = 0;
    let progress: Progress | undefined;
    session.on('packetCreate', ({ data, options }: Packet) => {
      if (waiting === CLOSING) return;
      if (waiting > most) {
        progress = patience(session, waiting, most, progress);
        if (!progress) {
          waiting = CLOSING;
          close(session);
          return;
        }
      }
      waiting += sizeOf(data, options);
    });
    session.on('flush', () => { if (waiting !== CLOSING) waiting = 0; });
  };
}

/**
 * Closes a connection for which more than `most` bytes wait when one more packet comes, and that does not read: it must not make
 * the worker grow. {@link patience} says who reads. What the system or `ws` has taken already is not in these bytes.
 *
 * @param describe - says in the log whose a session is
 * @param isInside - whether packets can be counted where they are put into the buffer
 */
export function limitBacklog(
  engine: Engine, most: number, refusals: Refusals, describe: (session: EngineSocket) => string, isInside = hasSendPacket(),
): void {
  if (most === Infinity) return;
  const close: Close = session => {
    refusals.add('bufferedBytes', () => `closed the connection of ${describe(session)}: it does not read, and more than ${most} bytes waited for it (config.socketio.limits.bufferedBytes).`);
    // Not now: disconnect handlers would run in the middle of what is being sent, perhaps to many.
    process.nextTick(terminate, session);
  };
  const watch = isInside ? countPackets(most, close) : countEvents(most, close);
  wrapSessionListener(engine, listener => session => {
    watch(session);
    listener(session);
  });
}
