import type { Observation } from '../observation/observation';
import { EventTallies } from './event_tallies';

/** Different codes that are kept apart. An app has few, unless it makes codes of what clients send. */
const MOST_CODES = 100;
/** The code under which further ones are counted. */
const OTHER = 'OTHER';

/**
 * Counts what happens in this worker, from its start on. Events are counted where they end, because to observe each would cost
 * more than to count it; what is rare is observed.
 */
export class Tally {
  readonly events = new EventTallies();
  readonly forwarded = { requests: 0, webSockets: 0 };
  takeOvers = 0;
  private readonly errors = new Map<string, number>();

  /** A client is told of an error. */
  addError(code: string): void {
    const key = this.errors.has(code) || this.errors.size < MOST_CODES ? code : OTHER;
    this.errors.set(key, (this.errors.get(key) ?? 0) + 1);
  }

  /** Has what is rare counted. */
  observe(observation: Observation): void {
    observation.observe({
      refuse: ({ code = 'CONNECTION_REFUSED' }) => this.addError(code),
      forward: ({ kind }) => { this.forwarded[kind === 'relay' ? 'webSockets' : 'requests'] += 1; },
      takeOver: () => { this.takeOvers += 1; },
    });
  }

  get errorsByCode(): Record<string, number> {
    return Object.fromEntries(this.errors);
  }
}
