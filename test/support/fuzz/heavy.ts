import fc from 'fast-check';
import { batches } from './floods';
import type { Frames } from './frames';
import type { PollingScript, WebSocketScript } from './scripts';

const { constantFrom } = fc;
const KILOBYTE = 1000;
/** Bytes of events in one step: a request may have a million. */
const STEP = 900 * KILOBYTE;

/** Clients that do the same at the same time. */
export interface Crowd {
  readonly kind: 'crowd';
  readonly clients: number;
  readonly script: PollingScript | WebSocketScript | MovingScript;
}

/** A session that begins with polling, while its WebSocket comes to whichever worker: posts go on meanwhile. */
export interface MovingScript {
  readonly kind: 'moving';
  /** Of the WebSocket's request; `same` for the server's own. */
  readonly origin: 'none' | 'same' | 'http://elsewhere.example' | 'null';
  /** Packets before the WebSocket comes. */
  readonly before: readonly string[];
  /** What the WebSocket sends at first. */
  readonly probe: readonly string[];
  /** How many requests are posted then, and the bytes of each. */
  readonly posts: number;
  readonly size: number;
  /** What the WebSocket sends after them. */
  readonly after: readonly string[];
}

/** Has a client do its steps by either transport, in a namespace. */
function byEither(namespace: string, steps: fc.Arbitrary<Frames[]>): fc.Arbitrary<PollingScript | WebSocketScript> {
  const common = { namespace: fc.constant(namespace), answer: fc.constant('[]'), steps };
  return fc.oneof(
    fc.record({ ...common, kind: fc.constant('websocket' as const), bytes: fc.constant(undefined), ending: constantFrom('close' as const, 'abort' as const, 'leave open' as const) }),
    fc.record({ ...common, kind: fc.constant('polling' as const), chunk: fc.constant(1), upgrade: fc.constant(undefined), ending: constantFrom('close' as const, 'leave open' as const) }),
  );
}

/** To the part of the app that uses Socket.IO's own API: batches, and counts of whatever size. */
const manyAtOnce = byEither('/own', batches.map(all => all.slice(0, 3).map(({ packets }) => ({ frames: packets, wild: true }))));

/** Events behind a connection handler that takes its time: up to some tens of megabytes. */
const behindSlow = byEither('/slow', fc.tuple(constantFrom(50, 2 * KILOBYTE, 100 * KILOBYTE, 400 * KILOBYTE), constantFrom(1, 5, 20, 30)).map(([ size, steps ]) => (
  Array.from({ length: steps }, () => ({
    frames: Array.from({ length: Math.min(1000, Math.floor(STEP / size)) }, () => `42/slow,["nothing","${'x'.repeat(size)}"]`), wild: true,
  }))
)));

/**
 * Events behind a connection handler that disconnects the client. They follow the answer to the CONNECT: Socket.IO closes a connection
 * with events for a namespace that it is not connected to yet.
 */
const behindDismissal = byEither('/dismissing', fc.array(fc.nat(20), { minLength: 1, maxLength: 8, size: 'max' }).map(steps => steps.map(events => ({
  frames: Array.from({ length: events }, (_, i) => `42/dismissing,${i % 2 ? i : ''}["count",${i}]`), wild: true,
}))));

const moving: fc.Arbitrary<MovingScript> = fc.record({
  kind: fc.constant('moving' as const),
  origin: fc.oneof({ weight: 4, arbitrary: fc.constant('none' as const) }, constantFrom('same' as const, 'http://elsewhere.example' as const, 'null' as const)),
  before: constantFrom<string[]>([], [ '40' ], [ '40', '42["count",1]' ]),
  probe: constantFrom<string[]>([ '2probe' ], [ '2probe' ], []),
  posts: constantFrom(0, 3, 20, 20),
  size: constantFrom(100, 800 * KILOBYTE, 800 * KILOBYTE),
  after: constantFrom<string[]>([ '5' ], [ '5', '42["count",2]' ], [ '5', '5' ], [], [ '42["count",2]' ]),
});

/** They have their sessions kept by some worker for another one, all at the same time. */
export const movingCrowd: fc.Arbitrary<Crowd> = fc.record({ kind: fc.constant('crowd' as const), clients: fc.integer({ min: 1, max: 5 }), script: moving });

/** Few of them, as each costs as much as many of the others. */
export const crowd: fc.Arbitrary<Crowd> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('crowd' as const), clients: fc.constant(1), script: manyAtOnce }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('crowd' as const), clients: fc.integer({ min: 1, max: 3 }), script: behindDismissal }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('crowd' as const), clients: fc.integer({ min: 1, max: 3 }), script: fc.oneof(behindSlow, moving) }) },
);
