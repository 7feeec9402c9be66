import { Duplex } from 'node:stream';

/** A process of the simulated machine. */
export class SimulatedProcess {
  isAlive = true;
  /** It reads nothing, and the system accepts nothing more for it. */
  isStalled = false;

  /** It has no file descriptors left, and cuts off each new connection. */
  isFull = false;

  constructor(readonly name: string) {}
}

/** The error of a system call. */
export function failure(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`simulated ${code}`), { code });
}

interface Held {
  readonly chunks: readonly Buffer[];
  done(error?: Error): void;
}

/**
 * One end of a connection between two processes. What is written to it reaches the other end when the simulation wants it; the system
 * accepts it at once, unless the other process is stalled.
 */
export class SimulatedSocket extends Duplex {
  /** The other end, once it is connected. */
  private other: SimulatedSocket | undefined;
  /** Accepted by the system for this end, and not read yet; `undefined` is the end. */
  private readonly inbox: (Buffer | undefined)[] = [];
  private held: Held | undefined;
  private isBroken = false;
  /** Whether its process was connected to. */
  isAccepted = false;

  /** @param connect - finds the other end, and calls back */
  constructor(readonly owner: SimulatedProcess, private readonly connect?: (done: (error?: Error) => void) => void) {
    super({ allowHalfOpen: false });
  }

  /** Connects two ends. */
  join(other: SimulatedSocket): void {
    this.other = other;
    other.other = this;
  }

  /** The process at the other end. */
  get peer(): SimulatedProcess { return this.other!.owner; }

  /** Whether the process at the other end lives, and has closed it: what is written is lost. */
  get isLossy(): boolean { return this.isBroken && this.other!.owner.isAlive; }

  /** Whether there is something to read. */
  get isReady(): boolean {
    return this.inbox.length > 0 && this.owner.isAlive && !this.owner.isStalled;
  }

  /** Whether the system has not accepted all that was written. */
  get isHeld(): boolean { return this.held !== undefined; }

  /** Lets the process read what comes next. */
  deliver(): void {
    const chunk = this.inbox.shift();
    this.push(chunk ?? null);
  }

  /** The other process reads again. */
  accept(): void {
    const { held, other } = this;
    if (!held || other!.owner.isStalled || !this.owner.isAlive) return;
    this.held = undefined;
    other!.inbox.push(...held.chunks);
    held.done();
  }

  /** The process of this end is gone: what the system has not accepted is lost. */
  vanish(): void {
    this.held = undefined;
    this.finish();
  }

  override _construct(done: (error?: Error) => void): void {
    if (this.connect) this.connect(done);
    else done();
  }

  override _write(chunk: Buffer, _encoding: string, done: Held['done']): void {
    this.offer([ chunk ], done);
  }

  override _writev(chunks: { chunk: Buffer }[], done: Held['done']): void {
    this.offer(chunks.map(({ chunk }) => chunk), done);
  }

  override _final(done: (error?: Error) => void): void {
    if (this.owner.isAlive) this.finish();
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.inbox.length = 0;
    this.held = undefined;
    if (this.owner.isAlive) this.finish();
    done(error);
  }

  override _read(): void { /* The simulation delivers. */ }

  // The methods of a socket that node:http calls.
  setTimeout(): this { return this; }
  setNoDelay(): this { return this; }
  setKeepAlive(): this { return this; }
  ref(): this { return this; }
  unref(): this { return this; }

  private offer(chunks: readonly Buffer[], done: Held['done']): void {
    // Nobody is there any more who would notice.
    if (!this.owner.isAlive) return;
    if (this.isBroken || !this.other) done(failure('EPIPE'));
    else if (this.other.owner.isStalled) this.held = { chunks, done };
    else {
      this.other.inbox.push(...chunks);
      done();
    }
  }

  /** Nothing more comes from this end. */
  private finish(): void {
    const { other } = this;
    if (!other || other.isBroken) return;
    other.isBroken = true;
    if (!other.destroyed) other.inbox.push(undefined);
    other.held?.done(failure('EPIPE'));
    other.held = undefined;
  }
}
