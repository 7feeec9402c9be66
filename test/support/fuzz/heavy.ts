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

/** As many events as a step may have, in each step. */
function events(size: number, steps: number): Frames[] {
  const frames = Array.from({ length: Math.min(1000, Math.floor(STEP / size)) }, () => `42/slow,["nothing","${'x'.repeat(size)}"]`);
  return Array.from({ length: steps }, () => ({ frames, wild: true }));
}

/** Events behind a connection handler that takes its time. */
const behindSlow = byEither('/slow', fc.tuple(constantFrom(50, 2 * KILOBYTE, 100 * KILOBYTE, 400 * KILOBYTE), constantFrom(1, 5, 20)).map(([ size, steps ]) => events(size, steps)));

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

/** To namespaces that the client is not in: a CONNECT to one that it is in would close its connection. */
const CONNECTS = [ () => '40/slow,', () => '40/dismissing,', (i: number) => `40/room-${i},`, (i: number) => `40/nowhere-${i},` ];

/** A client that asks in each request for as many namespaces as it can hold. */
const connectFlood: fc.Arbitrary<PollingScript> = fc.shuffledSubarray(CONNECTS, { minLength: CONNECTS.length }).map(all => ({
  kind: 'polling', namespace: '/chat', answer: '[]', chunk: 1, upgrade: undefined, ending: 'leave open',
  steps: all.map(make => ({
    frames: Array.from({ length: Math.floor(STEP / (make(100_000).length + 1)) }, (_, i) => make(i)), wild: true,
  })),
}));

/** A client that sends events, or acks, with more arguments than a function can be called with, or with many. */
const argumentFlood = byEither('/own', fc.shuffledSubarray([ 1001, 60_000, 490_000 ], { minLength: 3 }).map(counts => counts.flatMap(count => {
  const values = ',1'.repeat(count);
  const packets = [ `42/own,["on"${values}]`, `42/own,7["any"${values}]`, '42/own,["ask",null]', `43/own,0[1${values}]` ];
  return packets.map(packet => ({ frames: [ packet ], wild: true }));
})));

function crowd(clients: number, script: fc.Arbitrary<Crowd['script']>): fc.Arbitrary<Crowd> {
  return fc.record({ kind: fc.constant('crowd' as const), clients: fc.constant(clients), script });
}

function upTo(most: number, script: fc.Arbitrary<Crowd['script']>): fc.Arbitrary<Crowd> {
  return fc.record({ kind: fc.constant('crowd' as const), clients: fc.integer({ min: 1, max: most }), script });
}

/** As many as it takes to see that there is an end to what is kept for connection handlers. */
const megabytesBehindSlow = crowd(5, byEither('/slow', constantFrom(2 * KILOBYTE, 100 * KILOBYTE, 400 * KILOBYTE).map(size => events(size, 25))));

/** As many as it takes to see that there is an end to what one worker keeps of sessions that another one is taking over. */
const megabytesOnTheMove = crowd(8, fc.constant<MovingScript>({
  kind: 'moving', origin: 'none', before: [], probe: [], posts: 25, size: 800 * KILOBYTE, after: [ '2probe', '5' ],
}));

/** A run has one of them: each costs as much as many other clients, and some faults are found by one kind only. */
const ALONE = [
  crowd(1, connectFlood), upTo(2, manyAtOnce), megabytesBehindSlow, crowd(1, argumentFlood), upTo(3, behindDismissal),
  upTo(3, fc.oneof(behindSlow, moving)),
];
const AMONG_WORKERS = [ megabytesOnTheMove, upTo(5, moving), upTo(3, behindDismissal) ];

/** One of each kind, one after the other: in that many runs, each is there. */
export function crowdsFor(workers: number): readonly fc.Arbitrary<Crowd>[] {
  return workers > 1 ? AMONG_WORKERS : ALONE;
}
