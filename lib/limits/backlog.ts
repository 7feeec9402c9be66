import { Socket as EngineSocket } from 'engine.io';
import { terminate } from '../internals/terminate';
import { patience, type Progress } from './patience';
import type { Refusals } from './refusals';

/** Bytes that Engine.IO's record of a packet takes besides its data: 176 as measured with Node.js 20. */
const RECORD = 200;
/** Instead of a number of bytes: the connection is about to be closed. */
const CLOSING = -1;
const WAITING = Symbol('session#waiting');
const PROGRESS = Symbol('session#progress');

interface PacketOptions {
  /** A frame that an adapter has encoded once for all sockets. */
  wsPreEncodedFrame?: readonly Buffer[];
}

interface Packet {
  readonly data?: unknown;
  readonly options?: PacketOptions;
}

/** An Engine.IO session. */
interface Session {
  readonly readyState: string;
  /** Packets that wait until the transport is writable. */
  readonly writeBuffer: readonly unknown[];
  /** Its bytes after the last addition. */
  [WAITING]?: number;
  /** When more than the limit was waiting for it. */
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

/** Whether every packet passes the method that is about to be replaced. */
export function hasSendPacket(): boolean {
  const { sendPacket, write } = EngineSocket.prototype as unknown as Partial<Session> & { write(this: object, data: string): void };
  let written: unknown;
  write.call({ sendPacket: (_type: string, data: unknown) => { written = data; } }, 'trial');
  return sendPacket?.length === 2 && written === 'trial';
}

/** Counts where packets enter the buffer, so a packet that need not wait costs next to nothing. */
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

/** The alternative that only uses Engine.IO's buffer events. Each packet then has to pass that buffer. */
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
 * Closes a connection for which more than `most` bytes are waiting when another packet comes, and which does not read: it must not make
 * the worker grow. {@link patience} decides whether it reads. Data that the system or `ws` has already accepted is not counted.
 *
 * @param describe - describes the owner of a session for the log
 * @param isInside - whether packets can be counted where they enter the buffer
 * @return watches a session; `undefined` if there is no limit
 */
export function createBacklogLimit(
  most: number, refusals: Refusals, describe: (session: EngineSocket) => string, isInside = hasSendPacket(),
): ((session: EngineSocket) => void) | undefined {
  if (most === Infinity) return undefined;
  const close: Close = session => {
    refusals.add('bufferedBytes', () => `closed the connection of ${describe(session)}: it does not read, and more than ${most} bytes waited for it (config.socketio.limits.bufferedBytes).`);
    // Not now: disconnect handlers would run in the middle of a send, perhaps to many clients.
    process.nextTick(terminate, session);
  };
  return isInside ? countPackets(most, close) : countEvents(most, close);
}
