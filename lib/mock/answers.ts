/** The client's acks, by event: values, and functions of the arguments. */
export class Answers {
  /** Events with an ack request and without an answer. */
  readonly missing = new Set<string>();

  constructor(private readonly answers: Readonly<Record<string, unknown>> = {}) {}

  /**
   * Answers an event.
   *
   * @param ack - gets the arguments of the ack, later; not called without an answer
   * @throws the error of a function in the answers
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

  /** A hint for a message; empty if every request was answered. */
  toString(): string {
    if (this.missing.size === 0) return '';
    const [ event ] = this.missing;
    return `; the client was asked '${event}' and has no answer: give it one with the option answers: { '${event}': … }`;
  }
}
