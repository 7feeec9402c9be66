const PENDING = Symbol('Socket#pendingAcks');

/**
 * Acks of one socket that come after the handler has returned: acks that the app calls itself, and errors that filters still handle. A
 * stop waits for them. They are counted by event, so an app that never acks costs a number and not its events.
 */
export class PendingAcks {
  private readonly counts = new Map<string, number>();
  private onSettled: (() => void) | undefined;

  add(event: string): void {
    this.counts.set(event, (this.counts.get(event) ?? 0) + 1);
  }

  /** One of them was called. */
  remove(event: string): void {
    const count = this.counts.get(event)! - 1;
    if (count > 0) this.counts.set(event, count);
    else this.counts.delete(event);
    if (this.counts.size === 0) this.onSettled?.();
  }

  /** The events whose acks are missing. */
  get events(): string[] {
    return [ ...this.counts.keys() ];
  }

  /** Resolves when all have been called. */
  async settled(): Promise<void> {
    if (this.counts.size > 0) await new Promise<void>(resolve => { this.onSettled = resolve; });
  }
}

/** Returns those of a socket, and creates the list at the first one. */
export function pendingAcksOf(socket: object): PendingAcks {
  const holder = socket as { [PENDING]?: PendingAcks };
  return holder[PENDING] ??= new PendingAcks();
}

/** Returns those of a socket, if it has had any. */
export function pendingAcksIfAny(socket: object): PendingAcks | undefined {
  return (socket as { [PENDING]?: PendingAcks })[PENDING];
}
