/** Waits for several steps of a call within one limit. */
export class TimeLimit {
  private wake: () => void = () => undefined;
  private expire: (error: Error) => void = () => undefined;
  private readonly expired: Promise<never>;
  private timer: NodeJS.Timeout | undefined;

  /** @param explain - makes the message of the error with which the time ends */
  constructor(private readonly limit: number, explain: () => string) {
    this.expired = new Promise((_resolve, reject) => { this.expire = reject; });
    // There may be no waiting caller when the time is over.
    this.expired.catch(() => undefined);
    this.timer = setTimeout(() => this.expire(new Error(explain())), this.limit);
  }

  /** Something has happened: conditions are checked again. */
  note(): void {
    this.wake();
  }

  /** Ends the wait with an error. */
  fail(error: Error): void {
    this.expire(error);
  }

  /** Waits for a condition that changes with {@link note}. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      const change = new Promise<void>(resolve => { this.wake = resolve; });
      await this.of(change);
    }
  }

  /** Waits for a promise. */
  async of<T>(promise: Promise<T>): Promise<T> {
    return Promise.race([ promise, this.expired ]);
  }

  close(): void {
    clearTimeout(this.timer);
  }
}
