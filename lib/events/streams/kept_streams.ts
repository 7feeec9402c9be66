import { SocketIOError } from '../../base/errors';
import { type Keeper, type Keeping, KeptStream } from './kept_stream';

/** The limits of the streams that a worker keeps. */
export interface KeepLimits {
  /** Streams of one worker. */
  readonly keptStreams: number;
  /** Approximate bytes of one stream. */
  readonly keptStreamBytes: number;
  /** Approximate bytes of all streams of one worker. */
  readonly keptBytes: number;
  /** Milliseconds that a reader may take for the next item. */
  readonly patience: number;
}

/** The streams of one worker that go on without their clients. */
export class KeptStreams implements Keeper {
  private readonly streams = new Map<string, KeptStream>();
  private bytes = 0;

  /** @param tag - of this worker; empty for the only one */
  constructor(readonly tag: string, private readonly limits: KeepLimits) {}

  get maxStreamBytes(): number {
    return this.limits.keptStreamBytes;
  }

  get patience(): number {
    return this.limits.patience;
  }

  get hasRoom(): boolean {
    return this.bytes < this.limits.keptBytes;
  }

  /**
   * Keeps a new stream.
   *
   * @param abort - ends its handler
   * @throws {SocketIOError} `TOO_MANY_STREAMS`
   */
  create(nsp: string, keeping: Keeping, abort: (reason: unknown) => void): KeptStream {
    const { keptStreams } = this.limits;
    if (this.streams.size >= keptStreams && !this.dropOne(() => true)) {
      throw new SocketIOError('TOO_MANY_STREAMS', undefined, { details: { limit: keptStreams } });
    }
    const stream = new KeptStream(nsp, this.tag, keeping, this, abort);
    this.streams.set(stream.key, stream);
    return stream;
  }

  /** Returns the stream with a key, if a client of this namespace may read it. */
  find(key: string, nsp: string): KeptStream | undefined {
    const stream = this.streams.get(key);
    return stream?.nsp === nsp ? stream : undefined;
  }

  count(bytes: number): void {
    const wasFull = !this.hasRoom;
    this.bytes += bytes;
    // Those that have ended make room first.
    while (!this.hasRoom && this.dropOne(({ ending }) => ending !== undefined)) { /* dropOne() counts. */ }
    if (wasFull && this.hasRoom) for (const stream of this.streams.values()) stream.wakeIfRoom();
  }

  remove({ key }: KeptStream): void {
    this.streams.delete(key);
  }

  /** Drops the oldest stream that nobody reads. */
  private dropOne(isOf: (stream: KeptStream) => boolean): boolean {
    for (const stream of this.streams.values()) {
      if (!stream.isAlone || !isOf(stream)) continue;
      stream.stop(new SocketIOError('CLIENT_LEFT'));
      return true;
    }
    return false;
  }
}
