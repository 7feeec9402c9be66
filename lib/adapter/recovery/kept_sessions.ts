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

  /** Forgets a session whose client has come back to another worker. */
  forget(pid: string): void {
    if (!this.get(pid)?.claimed) this.delete(pid);
  }

  /** Whether a session was with another worker before. */
  isInherited(pid: string): boolean {
    return this.get(pid)?.entry.joined === Infinity;
  }

  /** Whether a session was sent to the heir of this worker. */
  isLeft(pid: string): boolean {
    return this.get(pid)?.left !== undefined;
  }

  /** The heir has these sessions, and may have given them to other workers by now. */
  confirmLeft(pids: readonly string[]): void {
    for (const pid of pids) {
      const kept = this.get(pid);
      if (kept) kept.left = 'confirmed';
    }
  }

  /** The heir is gone: the sessions that it has not confirmed are here again. */
  takeBack(): void {
    for (const kept of this.values()) {
      if (kept.left === 'sent') kept.left = undefined;
    }
  }
}
