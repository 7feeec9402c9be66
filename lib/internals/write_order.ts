/** Passes to the system what has to be on its way before a client is written to. */
type Flush = () => void;

/**
 * The order of writes within a turn: first to other workers, then to clients. A client then knows nothing that is lost when this process
 * is killed, because the system delivers what it has accepted.
 */
export class WriteOrder {
  private isPending = false;
  private isScheduled = false;
  /** Whether this turn has flushed for a single write; further packets wait for the end of the turn, and share a flush. */
  private hasFlushed = false;

  /** @param flush - called at most once for all that was noted until then */
  constructor(private readonly flush: Flush) {}

  /** There is something to send to other workers in this turn. */
  note(): void {
    this.isPending = true;
    if (this.isScheduled) return;
    this.isScheduled = true;
    process.nextTick(() => {
      this.isScheduled = false;
      this.hasFlushed = false;
      this.pass();
    });
  }

  /** Call it before a write to a client. */
  pass(): void {
    if (!this.isPending) return;
    this.isPending = false;
    this.flush();
  }

  /** Whether a packet for a client may be written now; if not, write it at the end of the turn, after {@link pass}. */
  mayWrite(): boolean {
    if (!this.isPending) return true;
    if (this.hasFlushed) return false;
    this.hasFlushed = true;
    this.pass();
    return true;
  }
}
