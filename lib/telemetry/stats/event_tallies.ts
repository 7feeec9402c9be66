import type { SocketContext } from '../../context/socket_context';
import { Durations } from './histogram';
import { sumUp } from './sum';
import type { EventStats, Histogram } from '../../types/stats';

/** The number of events that are counted separately: a monitor keeps a series for each, and for each of its buckets. */
const MOST_EVENTS = 100;
/** The name under which further ones are counted. */
const OTHER = '(other)';

/** Counts the events of one name in one namespace. */
export class EventTally {
  count = 0;
  private durations: Durations | undefined;

  /** Their durations, from the first call on: reading the clock allocates, so it is only done if somebody wants it. */
  time(): Histogram {
    this.durations ??= new Durations();
    return this.durations.snapshot();
  }

  /** An event has its result. */
  endEvent({ starttime }: Pick<SocketContext, 'starttime'>): void {
    this.count += 1;
    this.durations?.add(Date.now() - starttime);
  }
}

/** Counts events by namespace and name, if they have handlers, because clients could make up any other name. */
export class EventTallies {
  private readonly namespaces = new Map<string, Map<string, EventTally>>();
  private size = 0;
  private isTimed = false;

  /** Events that have ended. */
  get total(): number {
    let total = 0;
    for (const tallies of this.namespaces.values()) {
      for (const { count } of tallies.values()) total += count;
    }
    return total;
  }

  /**
   * Returns the counter of an event; call it once for each handler.
   *
   * @param namespace - its name, or its pattern
   */
  of(namespace: string | RegExp, event: string): EventTally {
    const name = String(namespace);
    const tallies = this.namespaces.get(name) ?? new Map<string, EventTally>();
    this.namespaces.set(name, tallies);
    const key = tallies.has(event) || this.size < MOST_EVENTS ? event : OTHER;
    const known = tallies.get(key);
    if (known) return known;
    const tally = new EventTally();
    // The first request may come before the controllers exist.
    if (this.isTimed) tally.time();
    if (key !== OTHER) this.size += 1;
    tallies.set(key, tally);
    return tally;
  }

  /** The durations of events since the first call; events without any since then are missing in `durations`. */
  takeDurations(): Pick<EventStats, 'duration' | 'durations'> {
    this.isTimed = true;
    const all: Histogram[] = [];
    const durations = [ ...this.namespaces ].map(([ namespace, tallies ]) => {
      const timed = [ ...tallies ].map(([ event, tally ]) => [ event, tally.time() ] as const);
      all.push(...timed.map(([ , histogram ]) => histogram));
      return [ namespace, Object.fromEntries(timed.filter(([ , { count }]) => count > 0)) ] as const;
    });
    return { duration: sumUp([ new Durations().snapshot(), ...all ]), durations: Object.fromEntries(durations) };
  }
}
