import type { Duplex } from 'node:stream';

/** Bytes that are passed to the stream at a time. When it has written them, the peer reads. */
const PORTION = 1024 * 1024;
/** Bytes that may wait before senders should slow down, and the level at which they may speed up again. */
const CONGESTED = 4 * 1024 * 1024;
const DRAINED = PORTION;
/** Milliseconds for which a peer may read nothing while that much is waiting for it. */
const PATIENCE = 5000;

function uncork(stream: Duplex): void {
  stream.uncork();
}

/**
 * Everything written to a stream after this is written as one at the end of the turn. The first message is on its way by then, so nothing
 * is delayed, and many at once do not cost a system call each.
 */
function collectForThisTurn(stream: Duplex): void {
  if (stream.writableCorked > 0) return;
  stream.cork();
  process.nextTick(uncork, stream);
}

/** Is notified about how a peer keeps up. */
export interface OutboxListener {
  /** Too much is waiting. Called with each frame that is added in this state. */
  onCongested(): void;
  /** The state is over. */
  onDrained(): void;
  /** Too much is waiting, and the peer has read none of it for some seconds. */
  onStalled(): void;
}

/** The frames for a peer, in order. A large frame is passed to the stream in portions, so that progress can be seen. */
export class Outbox {
  isCongested = false;
  private stream: Duplex | undefined;
  private waiting: Buffer[] = [];
  /** The number of waiting frames that are in the stream by now. */
  private taken = 0;
  private waitingBytes = 0;
  private patience: NodeJS.Timeout | undefined;
  private portions = 0;
  private onWritten: (() => void) | undefined;

  constructor(private readonly listener: OutboxListener) {}

  /** Bytes that the peer has not read yet, or that are not sent yet. */
  get queued(): number {
    return this.waitingBytes + (this.stream?.writableLength ?? 0);
  }

  add(frame: Buffer): void {
    const { stream } = this;
    if (stream && this.waitingBytes === 0 && frame.length <= PORTION && stream.writableLength < PORTION) {
      stream.write(frame);
      collectForThisTurn(stream);
      return;
    }
    this.waiting.push(frame);
    this.waitingBytes += frame.length;
    if (stream && stream.writableLength < PORTION) this.fill(stream);
    if (this.queued > CONGESTED) this.congest();
  }

  /** Lets everything from here on wait for {@link flush}, which must follow. */
  collect(): void {
    if (this.stream?.writableCorked === 0) this.stream.cork();
  }

  /** Passes to the system now what waits for the end of the turn. */
  flush(): void {
    while (this.stream && this.stream.writableCorked > 0) this.stream.uncork();
  }

  /**
   * Continues with an open stream.
   *
   * @param frames - all that is to be sent. Default: what waits
   */
  attach(stream: Duplex, frames?: readonly Buffer[]): void {
    if (frames) this.waitFor(frames);
    this.stream = stream;
    stream.on('drain', () => {
      if (this.stream === stream) this.drain(stream);
    });
    this.fill(stream);
  }

  /**
   * The stream is broken.
   *
   * @param frames - what may have to be sent again. Default: nothing, and everything that is not written yet is lost
   */
  clear(frames: readonly Buffer[] = []): void {
    this.stream = undefined;
    this.waitFor(frames);
    this.relax();
  }

  /** Ends the stream; resolves when all is written. */
  async end(): Promise<void> {
    const { stream } = this;
    if (!stream) return;
    if (this.waitingBytes > 0) await new Promise<void>(resolve => { this.onWritten = resolve; });
    await new Promise<void>(resolve => { stream.end(resolve); });
  }

  private waitFor(frames: readonly Buffer[]): void {
    this.waiting = [ ...frames ];
    this.taken = 0;
    this.waitingBytes = frames.reduce((sum, { length }) => sum + length, 0);
  }

  private fill(stream: Duplex): void {
    if (this.waitingBytes === 0) return;
    stream.cork();
    while (this.waitingBytes > 0 && stream.writableLength < PORTION) {
      const frame = this.waiting[this.taken];
      const portion = frame.length <= PORTION ? frame : frame.subarray(0, PORTION);
      if (portion === frame) this.taken += 1;
      else this.waiting[this.taken] = frame.subarray(PORTION);
      this.waitingBytes -= portion.length;
      stream.write(portion);
    }
    stream.uncork();
    // Not one by one, because removing the first of many thousands moves the others.
    if (this.waitingBytes === 0 || this.taken > 1000) this.waiting = this.waiting.slice(this.taken);
    else return;
    this.taken = 0;
    if (this.waitingBytes === 0) this.onWritten?.();
  }

  private drain(stream: Duplex): void {
    this.portions += 1;
    this.patience?.refresh();
    this.fill(stream);
    if (this.isCongested && this.queued <= DRAINED) this.relax();
  }

  private congest(): void {
    if (!this.isCongested) {
      this.isCongested = true;
      this.patience = setTimeout(() => this.lookAgain(), PATIENCE);
    }
    this.listener.onCongested();
  }

  private relax(): void {
    clearTimeout(this.patience);
    this.patience = undefined;
    if (!this.isCongested) return;
    this.isCongested = false;
    this.listener.onDrained();
  }

  /** If this worker itself did nothing for that long, it only notices now what the peer has read. */
  private lookAgain(): void {
    const { portions, patience } = this;
    setImmediate(() => {
      if (this.portions === portions && this.patience === patience && this.isCongested) this.listener.onStalled();
    });
  }
}
