import { Durations } from './histogram';

/** Different codes that are kept apart. An app has few, unless it makes codes of what clients send. */
const MOST_CODES = 100;
/** The code under which further ones are counted. */
const OTHER = 'OTHER';

/** Counts what happens to events in this worker, from its start on: two numbers an event. */
export class Tally {
  readonly durations = new Durations();
  private readonly errors = new Map<string, number>();

  /**
   * An event has its answer.
   *
   * @param start - when its context was made, in milliseconds
   */
  endEvent(start: number): void {
    this.durations.add(Date.now() - start);
  }

  /** A client is told of an error. */
  addError(code: string): void {
    const key = this.errors.has(code) || this.errors.size < MOST_CODES ? code : OTHER;
    this.errors.set(key, (this.errors.get(key) ?? 0) + 1);
  }

  get errorsByCode(): Record<string, number> {
    return Object.fromEntries(this.errors);
  }
}
