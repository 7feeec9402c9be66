interface Waiting {
  readonly newcomer: string;
  readonly task: () => void;
}

/**
 * Lets something for a new worker wait until everything that was sent before it joined has arrived here. Such packets do not reach the new
 * worker: if they came here after a session had been given to it, the client would miss them.
 */
export class JoinBarrier {
  /** By the tag of a worker: those that send to it. */
  private readonly joined = new Map<string, Set<string>>();
  private waiting: Waiting[] = [];

  /** @param peers - returns the tags of the workers that this one hears */
  constructor(private readonly peers: () => readonly string[]) {}

  /** Everything that `from` sends after this also reaches these workers. */
  join(tags: readonly string[], from: string): void {
    for (const tag of tags) {
      const senders = this.joined.get(tag) ?? new Set<string>();
      this.joined.set(tag, senders.add(from));
    }
    this.look();
  }

  /** A worker is gone. */
  down(tag: string): void {
    this.joined.delete(tag);
    for (const senders of this.joined.values()) senders.delete(tag);
    this.waiting = this.waiting.filter(({ newcomer }) => newcomer !== tag);
    this.look();
  }

  /** Runs a task for a worker now, or when everything that does not reach it has arrived here; never if that worker leaves first. */
  wait(newcomer: string, task: () => void): void {
    if (this.isComplete(newcomer)) task();
    else this.waiting.push({ newcomer, task });
  }

  private isComplete(newcomer: string): boolean {
    const senders = this.joined.get(newcomer);
    return this.peers().every(tag => tag === newcomer || senders?.has(tag));
  }

  private look(): void {
    if (this.waiting.length === 0) return;
    const { waiting } = this;
    this.waiting = [];
    for (const { newcomer, task } of waiting) this.wait(newcomer, task);
  }
}
