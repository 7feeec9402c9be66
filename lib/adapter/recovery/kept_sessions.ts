import type { KeptSession, OwnSession } from './client_path';
import type { Budget, Holder } from './budget';

/** Bytes that a session takes besides its data and its rooms. */
const RECORD = 500;

/** The approximate size of a session while it waits for its client. */
export function sessionBytes({ rooms }: Pick<OwnSession, 'rooms'>, dataBytes: number): number {
  return rooms.reduce((sum, { length }) => sum + length, RECORD + dataBytes);
}

/** Sessions that wait for their clients, by `pid`; the one that has waited longest is first. */
export class KeptSessions extends Map<string, KeptSession> implements Holder {
  bytes = 0;

  /**
   * @param onChange - called with the `pid` of a session that has come or gone. Default: nobody looks
   * @param onShed - called with a session that is dropped for lack of room. Default: the same
   */
  constructor(
    private readonly budget: Budget,
    private readonly onChange?: (pid: string) => void,
    private readonly onShed?: (kept: KeptSession) => void,
  ) {
    super();
    budget.add(this);
  }

  override set(pid: string, kept: KeptSession): this {
    this.delete(pid);
    super.set(pid, kept);
    this.bytes += kept.bytes;
    this.budget.take(kept.bytes);
    this.onChange?.(pid);
    return this;
  }

  override delete(pid: string): boolean {
    const kept = this.get(pid);
    if (!kept) return false;
    super.delete(pid);
    this.bytes -= kept.bytes;
    this.budget.free(kept.bytes);
    this.onChange?.(pid);
    return true;
  }

  override clear(): void {
    for (const pid of this.keys()) this.delete(pid);
  }

  shed(bytes: number): void {
    let freed = 0;
    for (const [ pid, kept ] of this) {
      if (freed >= bytes) return;
      freed += kept.bytes;
      this.delete(pid);
      this.onShed?.(kept);
    }
  }
}
