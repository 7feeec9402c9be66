import type { SocketContext } from '../../context/socket_context';
import { Durations } from './histogram';
import { sumUp } from './sum';
import type { EventStats, Histogram } from '../../types/stats';

/** Events that are counted apart from the others: a monitor keeps a series for each, and for each of its buckets. */
const MOST_EVENTS = 100;
/** What further ones are counted as. */
const OTHER = '(other)';

/** Counts the events of one name in one namespace. */
export class EventTally {
  count = 0;
  private durations: Durations | undefined;

  /** How long they took, from the first call on: to read the clock allocates, so that it is not done for nobody. */
  time(): Histogram {
    this.durations ??= new Durations();
    return this.durations.snapshot();
  }

  /** An event has its answer. */
  endEvent({ starttime }: Pick<SocketContext, 'starttime'>): void {
    this.count += 1;
    this.durations?.add(Date.now() - starttime);
  }
}

/** Counts events by namespace and name: those for which there are handlers, as clients could make up any other. */
export class EventTallies {
  private readonly namespaces = new Map<string, Map<string, EventTally>>();
  private size = 0;
  private isTimed = false;

  /** Events that are over. */
  get total(): number {
    let total = 0;
    for (const tallies of this.namespaces.values()) {
      for (const { count } of tallies.values()) total += count;
    }
    return total;
  }

  /**
   * What counts an event; to be asked for once for each handler.
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
    // Somebody may have asked before the controllers were there.
    if (this.isTimed) tally.time();
    if (key !== OTHER) this.size += 1;
    tallies.set(key, tally);
    return tally;
  }

  /** How long events have taken since this was asked for the first time; what has had none since is left out of `durations`. */
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
