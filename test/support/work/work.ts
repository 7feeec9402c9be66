/** What is measured: events of test/fixtures/apps/work, by name. */
export const EVENTS = [ 'plain', 'service', 'middleware', 'validated', 'deadline', 'broadcast' ] as const;

export type Event = typeof EVENTS[number];

/** What is done for one event; of a broadcast, for all of its deliveries together, but for the bytes. */
export interface Work {
  /** Contexts of the plugin's. */
  contexts: number;
  /** Promises, as a hook sees them: an `await` makes one besides that of its function. */
  promises: number;
  /** Timers and immediates. */
  timers: number;
  /** `process.nextTick()`. */
  ticks: number;
  /** Packets that Socket.IO encodes. */
  encodes: number;
  /** Bytes of heap that are allocated, less what plain Socket.IO allocates for the same; of a broadcast, for each delivery. */
  bytes: number;
}

/** Ways to do more than there is to do, each with the event at which that is measured. */
export const FAULTS = {
  'a second context': 'service',
  'one more promise': 'service',
  'encoding for each socket': 'broadcast',
} as const satisfies Record<string, Event>;

export type Fault = keyof typeof FAULTS;

/** What the process that measures says in the end. */
export interface Findings {
  sound: Record<Event, Work>;
  /** With the bytes that the fault adds to those of the sound event, measured in turns with it. */
  faulty: Record<Fault, Work>;
  error?: string;
}
