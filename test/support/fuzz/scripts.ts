import fc from 'fast-check';
import { answer, anyFrames, type Frames } from './frames';
import { type Crowd, crowdsFor, type MovingScript } from './heavy';

/** What a client does over WebSocket. */
export interface WebSocketScript {
  readonly kind: 'websocket';
  /** The namespace that it is connected to besides the main one. */
  readonly namespace: string;
  /** What it acks with. */
  readonly answer: string;
  readonly steps: readonly Frames[];
  /** Bytes that are no WebSocket frame, at its end. */
  readonly bytes: Uint8Array | undefined;
  readonly ending: 'close' | 'abort' | 'leave open';
}

/** What a client does to its polling session, besides sending packets. */
export type PollingTrick =
  | 'second poll' | 'abort poll' | 'second post' | 'abort post' | 'put' | 'binary post' | 'oversize post' | 'other protocol' | 'as websocket';

/** How a client goes over to a WebSocket. */
export interface Upgrade {
  readonly frames: readonly (string | Uint8Array)[];
  readonly sockets: number;
  /** Whether packets are posted at the same time. */
  readonly posts: boolean;
}

/** What a client does by polling. */
export interface PollingScript {
  readonly kind: 'polling';
  readonly namespace: string;
  readonly answer: string;
  /** How many steps go with one POST, at most. */
  readonly chunk: number;
  readonly steps: readonly (Frames | { readonly trick: PollingTrick })[];
  readonly upgrade: Upgrade | undefined;
  readonly ending: 'close' | 'leave open';
}

/** One request, as bytes. */
export interface RequestScript {
  readonly kind: 'request';
  readonly head: string;
  readonly body: Uint8Array;
  /** How many of the bytes are sent. */
  readonly cut: number | undefined;
}

export type Script = WebSocketScript | PollingScript | RequestScript | MovingScript | Crowd;

const { constantFrom } = fc;
const NAMESPACES = [ '/chat', '/room-a', '/room-__proto__', '/guarded' ];
const TRICKS: PollingTrick[] = [ 'second poll', 'abort poll', 'second post', 'abort post', 'put', 'binary post', 'oversize post', 'other protocol', 'as websocket' ];

function framesFor(namespace: string): fc.Arbitrary<Frames> {
  return fc.oneof({ weight: 4, arbitrary: anyFrames('/') }, anyFrames(namespace));
}

function many<T>(item: fc.Arbitrary<T>, maxLength: number): fc.Arbitrary<T[]> {
  return fc.array(item, { maxLength, size: 'max' });
}

function webSocketScript(namespace: string): fc.Arbitrary<WebSocketScript> {
  return fc.record({
    kind: fc.constant('websocket' as const),
    namespace: fc.constant(namespace),
    answer,
    steps: many(framesFor(namespace), 60),
    bytes: fc.option(fc.uint8Array({ minLength: 1, maxLength: 30 }), { nil: undefined, freq: 3 }),
    ending: constantFrom('close' as const, 'abort' as const, 'leave open' as const),
  });
}

const upgrade: fc.Arbitrary<Upgrade> = fc.record({
  frames: fc.oneof(
    constantFrom<(string | Uint8Array)[]>([ '2probe', '5', '42["echo"]' ], [ '5' ], [ '2probe' ], [ '2probe', '2probe', '5', '5' ], [ '2' ], [ '2probe', '42["echo"]' ], [ '1' ], []),
    fc.array(fc.oneof(constantFrom('2probe', '5'), fc.string({ maxLength: 5 }), fc.uint8Array({ maxLength: 5 })), { maxLength: 4 }),
  ),
  sockets: fc.integer({ min: 1, max: 2 }),
  posts: fc.boolean(),
});

function pollingScript(namespace: string): fc.Arbitrary<PollingScript> {
  const step = fc.oneof({ weight: 30, arbitrary: framesFor(namespace) }, constantFrom(...TRICKS).map(trick => ({ trick })));
  return fc.record({
    kind: fc.constant('polling' as const),
    namespace: fc.constant(namespace),
    answer,
    chunk: fc.integer({ min: 1, max: 20 }),
    steps: many(step, 60),
    upgrade: fc.option(upgrade, { nil: undefined, freq: 1 }),
    ending: constantFrom('close' as const, 'leave open' as const),
  });
}

const sid = fc.oneof(
  constantFrom('', '.', 'x.y', 'x.AAAAAAAA', `x.${'A'.repeat(5000)}`, '__proto__', 'constructor', 'x.__proto__', 'x.../../../etc', 'x.%2e%2e%2f', '%00', '%', '%ff', '[]', 'a&sid=b'),
  fc.string({ maxLength: 12 }).map(encodeURIComponent),
);
const query = fc.tuple(
  constantFrom('EIO=4', 'EIO=4', 'EIO=4', 'EIO=3', 'EIO=5', 'EIO=', 'EIO[]=4', ''),
  constantFrom('transport=polling', 'transport=websocket', 'transport=webtransport', 'transport=__proto__', 'transport=toString', 'transport[]=polling', ''),
  fc.option(sid.map(value => `sid=${value}`), { nil: '' }),
  constantFrom('', 'b64=1', 'j=0', 'j=1);alert(1', 't=%ff', '__proto__=1', '&&&==', 'a[b][c]=d'),
).map(parts => parts.filter(Boolean).join('&'));
const THOUSAND = Array.from({ length: 1001 }, (_, i) => `X-${i}: 1`).join('\r\n');
const header = constantFrom(
  THOUSAND, `${THOUSAND}\r\nContent-Length: 20`, 'Origin: http://elsewhere.example',
  'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
  'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 12\r\nSec-WebSocket-Key: short', 'Connection: Upgrade\r\nUpgrade: h2c',
  'Connection: Upgrade\r\nUpgrade: egg-socketio-peer\r\nx-egg-socketio-tag: AAAAAAAA',
  'Content-Type: application/octet-stream', 'Content-Type: text/plain;charset=UTF-8', 'Content-Encoding: gzip', 'Accept-Encoding: gzip, deflate', 'Origin: null', 'Origin: \x7f',
  'Expect: 100-continue', 'Expect: nothing', 'Transfer-Encoding: chunked', 'Content-Length: 5', 'Content-Length: -1', 'Cookie: io=1; __proto__=2; =', 'X-Forwarded-For: 1.2.3.4, __proto__',
  'Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=99', 'Sec-WebSocket-Protocol: ,,', 'User-Agent: Mozilla/4.0 (compatible;MSIE 6)', `X-Long: ${'x'.repeat(20_000)}`,
);

const requestScript: fc.Arbitrary<RequestScript> = fc.record({
  kind: fc.constant('request' as const),
  head: fc.tuple(
    constantFrom('GET', 'POST', 'PUT', 'OPTIONS', 'HEAD', 'CONNECT', 'get', 'BREW'),
    constantFrom('/socket.io/', '/socket.io/', '/socket.io', '/socket.io/../', '//socket.io/', '/socket.io/x', 'http://other/socket.io/', '*'),
    query,
    fc.array(header, { maxLength: 3 }),
  ).map(([ method, path, search, headers ]) => `${method} ${path}?${search} HTTP/1.1\r\nHost: localhost\r\n${headers.map(each => `${each}\r\n`).join('')}\r\n`),
  body: fc.uint8Array({ maxLength: 20 }),
  cut: fc.option(fc.nat(200), { nil: undefined }),
});

/** What one client does, whatever it is. */
const script: fc.Arbitrary<Script> = fc.oneof(
  { weight: 12, arbitrary: fc.oneof(...NAMESPACES.map(webSocketScript)) },
  { weight: 12, arbitrary: fc.oneof(...NAMESPACES.map(pollingScript)) },
  { weight: 3, arbitrary: requestScript },
);

/**
 * What many clients do at the same time, a crowd among them.
 *
 * @param run - the number of the run; as many runs as there are {@link crowdsFor} have each kind of crowd
 */
export function scriptsFor(run: number, workers: number): fc.Arbitrary<Script[]> {
  const crowds = crowdsFor(workers);
  const clients = fc.array(script, { minLength: 1, maxLength: workers > 1 ? 30 : 100, size: 'max' });
  return fc.tuple(clients, crowds[run % crowds.length]).map(([ others, crowd ]) => [ crowd, ...others ]);
}
