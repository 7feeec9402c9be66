import type { SocketContext } from '../handshake/context';
import type { Observation } from '../observation/observation';
import { Durations } from './histogram';
import type { Histogram } from './types';

/** Different codes that are kept apart. An app has few, unless it makes codes of what clients send. */
const MOST_CODES = 100;
/** The code under which further ones are counted. */
const OTHER = 'OTHER';

/**
 * Counts what happens in this worker, from its start on. Events are counted where they end, because to observe each would cost
 * more than to count it; what is rare is observed. They are timed only once somebody has asked: to read the clock allocates.
 */
export class Tally {
  /** Events that are over. */
  events = 0;
  readonly forwarded = { requests: 0, webSockets: 0 };
  takeOvers = 0;
  private durations: Durations | undefined;
  private readonly errors = new Map<string, number>();

  /** An event has its answer. */
  endEvent({ starttime }: Pick<SocketContext, 'starttime'>): void {
    this.events += 1;
    this.durations?.add(Date.now() - starttime);
  }

  /** How long events have taken since this was asked for the first time. */
  takeDurations(): Histogram {
    this.durations ??= new Durations();
    return this.durations.snapshot();
  }

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
