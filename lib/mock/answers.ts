/** What a client acks, by event: values, and functions of the arguments. */
export class Answers {
  /** Events that were asked and had no answer. */
  readonly missing = new Set<string>();

  constructor(private readonly answers: Readonly<Record<string, unknown>> = {}) {}

  /**
   * Answers an event.
   *
   * @param ack - is given the arguments of the ack, later; not called where there is no answer
   * @throws what a function of the answers throws
   */
  async give(event: string, args: readonly unknown[], ack: (values: unknown[]) => void): Promise<void> {
    if (!Object.hasOwn(this.answers, event)) {
      this.missing.add(event);
      return;
    }
    const answer = this.answers[event];
    const value = await (typeof answer === 'function' ? (answer as (...args: readonly unknown[]) => unknown)(...args) : answer);
    ack(value === undefined ? [] : [ value ]);
  }

  /** Advice for a message; empty where every question was answered. */
  toString(): string {
    if (this.missing.size === 0) return '';
    const [ event ] = this.missing;
    return `; the client was asked '${event}' and has no answer: give it one with the option answers: { '${event}': … }`;
  }
}
