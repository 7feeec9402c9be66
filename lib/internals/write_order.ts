/** Passes to the system what has to be on its way before a client is written to. */
type Flush = () => void;

/**
 * The order of writes: first to other workers, then to clients. A client then knows nothing that is lost when this process is killed,
 * because the system delivers what it has accepted.
 *
 * The first write to a client in a turn of the event loop flushes at once, so that a single event takes no longer. All further ones wait
 * for the end of the turn, and share one flush: each costs a system call here and one in the other worker.
 */
export class WriteOrder {
  private isPending = false;
  private isScheduled = false;
  private hasFlushed = false;
  private waiting: (() => void)[] = [];

  /** @param flush - called at most once for all that was noted until then */
  constructor(private readonly flush: Flush) {}

  /** There is something to send to other workers. */
  note(): void {
    this.isPending = true;
    if (this.isScheduled) return;
    this.isScheduled = true;
    // Not in the next tick, which comes after each of the connections that can be read in this turn.
    setImmediate(() => this.endTurn());
  }

  /** Call it before a write to a client. */
  pass(): void {
    if (!this.isPending) return;
    this.isPending = false;
    this.flush();
  }

  /** Whether a client may be written to now; if not, call {@link later}. */
  mayWrite(): boolean {
    if (!this.isPending) return true;
    if (this.hasFlushed) return false;
    this.hasFlushed = true;
    this.pass();
    return true;
  }

  /** Calls a function that writes to a client, at the end of the turn. */
  later(write: () => void): void {
    this.waiting.push(write);
  }

  private endTurn(): void {
    this.isScheduled = false;
    this.hasFlushed = false;
    this.pass();
    const { waiting } = this;
    this.waiting = [];
    for (const write of waiting) write();
  }
}
