import type { Observation } from '../observation/observation';
import { printable } from '../../base/printable';
import { ConnectionTally } from './connection_tally';
import { EventTallies } from './event_tallies';

/** The number of codes that are counted separately. An app has few, unless it makes codes from clients' data. */
const MOST_CODES = 100;
/**
 * The number of characters of a code that are kept. It becomes part of a Prometheus series, and an invalid text would break the scrape.
 */
const LONGEST_CODE = 100;
/** The code under which further ones are counted. */
const OTHER = 'OTHER';

/**
 * Counts what happens in this worker, from its start on. Events are counted where they end, because observing each would cost more than
 * counting it; rare occurrences are observed.
 */
export class Tally {
  readonly connections: ConnectionTally;
  readonly events = new EventTallies();
  readonly forwarded = { requests: 0, webSockets: 0 };
  takeOvers = 0;
  private readonly errors = new Map<string, number>();

  /** @param recovers - whether clients may recover their sessions */
  constructor({ recovers }: { recovers: boolean }) {
    this.connections = new ConnectionTally(recovers);
  }

  /** A client gets an error. */
  addError(code: string): void {
    const shown = printable(code.slice(0, LONGEST_CODE));
    const key = this.errors.has(shown) || this.errors.size < MOST_CODES ? shown : OTHER;
    this.errors.set(key, (this.errors.get(key) ?? 0) + 1);
  }

  /** Starts counting rare occurrences. */
  observe(observation: Observation): void {
    const { connections } = this;
    observation.observe({
      connect: message => connections.connect(message),
      disconnect: message => connections.disconnect(message),
      refuse: ({ code = 'CONNECTION_REFUSED' }) => this.addError(code),
      forward: ({ kind }) => { this.forwarded[kind === 'relay' ? 'webSockets' : 'requests'] += 1; },
      takeOver: () => { this.takeOvers += 1; },
    });
  }

  get errorsByCode(): Record<string, number> {
    return Object.fromEntries(this.errors);
  }
}
