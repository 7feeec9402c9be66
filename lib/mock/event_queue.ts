import { showEvents } from './format';

/** An event that has arrived. */
export interface ArrivedEvent { event: string; args: unknown[] }

/** A caller that waits for an event. */
interface Expectation {
  readonly event: string;
  readonly fulfil: (args: unknown[]) => void;
  readonly fail: (reason: string) => void;
}

/** Keeps each event until it is taken. */
export class EventQueue {
  /** Events that have not been taken, oldest first. */
  readonly arrived: ArrivedEvent[] = [];
  private readonly taken = new Set<string>();
  private readonly expected = new Set<Expectation>();
  private ended: string | undefined;

  /** An event has arrived. */
  add(event: string, args: unknown[]): void {
    for (const expectation of this.expected) {
      if (expectation.event !== event) continue;
      expectation.fulfil(args);
      return;
    }
    this.arrived.push({ event, args });
  }

  /** No event comes until {@link resume}: waiting callers get the reason. */
  end(reason: string): void {
    this.ended = reason;
    for (const expectation of this.expected) expectation.fail(reason);
  }

  /** Events may come again. */
  resume(): void {
    this.ended = undefined;
  }

  /**
   * Takes the next event of a name, whether it has arrived or is still to come.
   *
   * @param timeout - milliseconds
   * @throws if none comes; the message lists the events that did
   */
  async next(event: string, timeout: number): Promise<unknown[]> {
    const index = this.arrived.findIndex(entry => entry.event === event);
    if (index >= 0) {
      this.taken.add(event);
      return this.arrived.splice(index, 1)[0].args;
    }
    if (this.ended) throw this.missing(event, this.ended);
    return new Promise((resolve, reject) => {
      const settle = () => {
        clearTimeout(timer);
        this.expected.delete(expectation);
      };
      const expectation: Expectation = {
        event,
        fulfil: args => {
          settle();
          this.taken.add(event);
          resolve(args);
        },
        fail: reason => {
          settle();
          reject(this.missing(event, reason));
        },
      };
      const timer = setTimeout(() => expectation.fail(`none within ${timeout} ms`), timeout);
      this.expected.add(expectation);
    });
  }

  private missing(event: string, reason: string): Error {
    const others = this.arrived.length > 0 ? `arrived and not taken: ${showEvents(this.arrived)}` : 'nothing else arrived';
    const before = this.taken.size > 0 ? `; taken before: ${[ ...this.taken ].map(name => `'${name}'`).join(', ')}` : '';
    return new Error(`no event '${event}': ${reason}; ${others}${before}`);
  }
}
