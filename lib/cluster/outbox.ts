import type { Duplex } from 'node:stream';

/** Bytes that the stream is given at a time. That it has written them shows that the peer reads. */
const PORTION = 1024 * 1024;
/** Bytes that may wait before whoever sends should send less, and to which it must fall before that is over. */
const CONGESTED = 4 * 1024 * 1024;
const DRAINED = PORTION;
/** Milliseconds for which a peer may read nothing at all while so much waits for it. */
const PATIENCE = 5000;

function uncork(stream: Duplex): void {
  stream.uncork();
}

/**
 * What is written to a stream after this is written as one, when the present turn is over. The first of it is on its way
 * by then, so that nothing is later than it would be, and many at once do not cost a system call each.
 */
function collectForThisTurn(stream: Duplex): void {
  if (stream.writableCorked > 0) return;
  stream.cork();
  process.nextTick(uncork, stream);
}

/** Hears how a peer keeps up. */
export interface OutboxListener {
  /** Too much waits. Called with each frame that is added while that is so. */
  onCongested(): void;
  /** That is over. */
  onDrained(): void;
  /** Too much waits, and the peer has read nothing of it for some seconds. */
  onStalled(): void;
}

/** What is to be written to a peer, in its order. A large frame goes to the stream in portions, so that progress can be seen. */
export class Outbox {
  isCongested = false;
  private stream: Duplex | undefined;
  private waiting: Buffer[] = [];
  /** How many of those that wait are in the stream by now. */
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

  /** Goes on with a stream that is open. */
  attach(stream: Duplex): void {
    this.stream = stream;
    stream.on('drain', () => {
      if (this.stream === stream) this.drain(stream);
    });
    this.fill(stream);
  }

  /** The stream is broken: what has not been written is lost. */
  clear(): void {
    this.stream = undefined;
    this.waiting = [];
    this.taken = 0;
    this.waitingBytes = 0;
    this.relax();
  }

  /** Ends the stream; resolves once all is written. */
  async end(): Promise<void> {
    const { stream } = this;
    if (!stream) return;
    if (this.waitingBytes > 0) await new Promise<void>(resolve => { this.onWritten = resolve; });
    await new Promise<void>(resolve => { stream.end(resolve); });
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
    // Not one by one, because to take the first of many thousands moves the others.
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

  /** If it was this worker that did nothing for so long, what the peer has read is noticed only now. */
  private lookAgain(): void {
    const { portions, patience } = this;
    setImmediate(() => {
      if (this.portions === portions && this.patience === patience && this.isCongested) this.listener.onStalled();
    });
  }
}
