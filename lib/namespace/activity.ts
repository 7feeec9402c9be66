/** The connection and disconnect handlers that are running, so that a shutdown can wait for them. */
export class Activity {
  private readonly running = new Set<Promise<unknown>>();

  /** Remembers a promise, which must not reject, until it is settled. */
  track(promise: Promise<unknown>): void {
    this.running.add(promise);
    void promise.finally(() => this.running.delete(promise));
  }

  /**
   * Waits until nothing runs.
   *
   * @param limit - milliseconds to wait at most
   * @return whether everything has finished
   */
  async settle(limit: number): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<void>(resolve => { timer = setTimeout(resolve, limit); });
    let expired = false;
    void timeout.then(() => { expired = true; });
    while (this.running.size > 0 && !expired) await Promise.race([ Promise.all(this.running), timeout ]);
    clearTimeout(timer);
    return this.running.size === 0;
  }
}
