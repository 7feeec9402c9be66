import fc from 'fast-check';
import type { Exchange } from './raw_answers';

/** One request, well-formed or not. */
export interface OddRequest {
  readonly method: string;
  readonly version: string;
  /** Whose: a session that there is, or one that there is not. */
  readonly session: 'live' | 'unknown' | 'none';
  /** Lines that stand before and behind the filler. */
  readonly first: readonly string[];
  readonly last: readonly string[];
  /** How many headers it has, if there are not more anyway. */
  readonly count: number;
  /** Bytes of one more header. */
  readonly large: number;
  readonly body: string;
  /** Whether it says more than may ever come. */
  readonly isEndless?: boolean;
}

interface Framed { readonly lines: readonly string[]; readonly body: string; readonly isEndless?: boolean }

/** Largest body that servers under test take: their `maxHttpBufferSize`. */
export const LARGEST_BODY = 100_000;
/** Around `maxHttpBufferSize`, `maxHeaderSize` and `maxHeadersCount`. */
const BODY_SIZES = [ 65_535, 65_536, 65_537, LARGEST_BODY - 1, LARGEST_BODY, LARGEST_BODY + 1 ];
const HEADER_BYTES = [ 8_000, 15_000, 15_900, 16_300, 16_384, 17_000, 20_000 ];
const HEADER_COUNTS = [ 990, 999, 1000, 1001, 1002, 1022, 1023, 1024, 1100, 2000 ];

const bodies = fc.oneof(
  { weight: 20, arbitrary: fc.constantFrom('', '40', '41', '3', '2probe', '1', '42["echo","evil"]', '40\x1e41', 'b\x1e', 'evil', '0\r\n\r\nevil') },
  { weight: 1, arbitrary: fc.constantFrom(...BODY_SIZES).map(size => '42["'.padEnd(size - 2, 'e') + '"]') },
  // A request within a body.
  { weight: 3, arbitrary: fc.constant('GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: evil\r\n\r\n') },
);

function chunked(body: string, size: number, extension: string, trailer: string): string {
  let text = '';
  for (let i = 0; i < body.length; i += size) {
    const part = body.slice(i, i + size);
    text += `${part.length.toString(16)}${extension}\r\n${part}\r\n`;
  }
  return `${text}0\r\n${trailer}\r\n`;
}

/** One byte is enough to be odd, and many small chunks of a large body cost only time. */
const chunkedBodies = fc.tuple(
  bodies, fc.constantFrom(1, 2, 7, 70_000), fc.constantFrom('', ';a=b', ' '), fc.constantFrom('', 'X-Trailer: 1\r\n', 'Content-Length: 3\r\n'),
).map(([ body, size, extension, trailer ]) => chunked(body, body.length > 1000 ? 70_000 : size, extension, trailer));

const framings: fc.Arbitrary<Framed> = fc.oneof(
  { weight: 6, arbitrary: bodies.map(body => ({ lines: [ `Content-Length: ${body.length}` ], body })) },
  { weight: 2, arbitrary: fc.constant({ lines: [], body: '' }) },
  { weight: 4, arbitrary: chunkedBodies.map(body => ({ lines: [ 'Transfer-Encoding: chunked' ], body })) },
  // More or less than was said.
  {
    weight: 3,
    arbitrary: fc.tuple(bodies, fc.integer({ min: -3, max: 3 }))
      .map(([ body, more ]) => ({ lines: [ `Content-Length: ${Math.max(0, body.length + more)}` ], body })),
  },
  {
    weight: 4,
    arbitrary: fc.tuple(bodies, fc.constantFrom('00%', '+%', '-%', '%, %', '% ', '\t%', '%;', '0x%', '', '%.0', '% 0', '%e0'))
      .map(([ body, form ]) => ({ lines: [ `content-length:${form.replaceAll('%', `${body.length}`)}` ], body })),
  },
  { weight: 2, arbitrary: bodies.map(body => ({ lines: [ `Content-Length: ${body.length}`, `Content-Length: ${body.length}` ], body })) },
  { weight: 2, arbitrary: bodies.map(body => ({ lines: [ `Content-Length: ${body.length}`, 'Content-Length: 1' ], body })) },
  {
    weight: 4,
    arbitrary: fc.tuple(chunkedBodies, fc.constantFrom('Chunked', 'identity', 'gzip, chunked', 'chunked, identity', 'xchunked', 'chunked\x0b', ',chunked', 'chunked, chunked', ''))
      .map(([ body, form ]) => ({ lines: [ `Transfer-Encoding: ${form}` ], body })),
  },
  { weight: 2, arbitrary: chunkedBodies.map(body => ({ lines: [ 'Content-Length: 4', 'Transfer-Encoding: chunked' ], body })) },
  { weight: 2, arbitrary: chunkedBodies.map(body => ({ lines: [ 'Transfer-Encoding: chunked', `Content-Length: ${body.length}` ], body })) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('5000000', '9007199254740993', '18446744073709551615', '18446744073709551616')
      .map(length => ({ lines: [ `Content-Length: ${length}` ], body: 'evil', isEndless: true })),
  },
);

const oddLines = fc.array(fc.constantFrom(
  'Connection: keep-alive', 'Connection: close', 'Connection: keep-alive, content-length, host', 'Connection: transfer-encoding', 'Keep-Alive: timeout=1',
  'Connection: Upgrade', 'Upgrade: websocket', 'Connection: Upgrade\r\nUpgrade: websocket', 'TE: trailers', 'Trailer: Content-Length', 'Proxy-Connection: keep-alive',
  'Expect: 100-continue', 'Expect: evil', 'X-Fold: a\r\n b', 'X-Fold: a\r\n\tContent-Length: 3', 'X-Space : 1', 'X-Empty:', ': nameless', 'X-Nul: a\x00b',
  'X-Bare: a\nContent-Length: 2', 'X-Return: a\rb', 'X-Latin: \xe9\xff', 'Host: evil', '__proto__: 1', 'constructor: 1', 'x-egg-socketio-client: 0 1 6.6.6.6 1',
  'Cookie: a=1', 'cookie: b=2', 'Content_Length: 7', 'Content-Length\x0b: 7', 'X-HTTP-Method-Override: PUT', 'Accept-Encoding: gzip',
), { maxLength: 3 });

export const oddRequests: fc.Arbitrary<OddRequest> = fc.record({
  method: fc.oneof({ weight: 8, arbitrary: fc.constantFrom('GET', 'POST', 'POST') }, { weight: 1, arbitrary: fc.constantFrom('PUT', 'OPTIONS', 'HEAD', 'DELETE', 'post') }),
  version: fc.oneof({ weight: 8, arbitrary: fc.constant('HTTP/1.1') }, { weight: 1, arbitrary: fc.constantFrom('HTTP/1.0', 'HTTP/2.0', 'HTTP/1.1 ') }),
  session: fc.constantFrom('live' as const, 'live' as const, 'unknown' as const, 'none' as const),
  framed: framings,
  isFramedLast: fc.boolean(),
  odd: oddLines,
  count: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.constantFrom(...HEADER_COUNTS) }),
  large: fc.oneof({ weight: 12, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.constantFrom(...HEADER_BYTES) }),
}).map(({ framed: { lines, body, isEndless }, isFramedLast, odd, session, ...rest }) => ({
  ...rest,
  // Where nobody has the session, the answer comes before the body.
  session: isEndless ? 'unknown' as const : session,
  first: [ 'Host: x', ...isFramedLast ? [] : lines, ...odd ],
  last: isFramedLast ? lines : [],
  body,
  isEndless,
}));

/** Bytes of a header that keep a head below `maxHeaderSize`, whatever else it has. */
const NOT_TOO_LARGE = 4000;

/**
 * The same request as one of several that are sent together: without an upgrade, and with a head that is not too large. Node answers
 * such a head as soon as it sees it, and closes the connection, whether an earlier request is answered by then or not.
 */
export function asOneOfSeveral(request: OddRequest): OddRequest {
  return { ...request, first: request.first.filter(line => !line.includes('Upgrade')), large: Math.min(request.large, NOT_TOO_LARGE) };
}

/** The bytes of a request. */
function render({ method, version, first, last, count, large, body }: OddRequest, query: string): string {
  const fixed = first.length + last.length + (large > 0 ? 1 : 0);
  const filler = 'h:\r\n'.repeat(Math.max(0, count - fixed));
  const lines = (some: readonly string[]) => some.map(line => `${line}\r\n`).join('');
  return `${method} /socket.io/?EIO=4&transport=polling${query} ${version}\r\n${lines(first)}${large > 0 ? `X-Large: ${'x'.repeat(large)}\r\n` : ''}${filler}${lines(last)}\r\n${body}`;
}

/**
 * What a client sends that makes requests without waiting for the answers. One that never ends is made alone.
 *
 * @param queries - what is behind the fixed part of each request's URL
 */
export function toExchange(requests: readonly OddRequest[], queries: readonly string[]): Exchange {
  const endless = requests.find(({ isEndless }) => isEndless);
  const made = endless ? [ endless ] : requests;
  return {
    bytes: made.map(request => render(request, queries[requests.indexOf(request)])).join(''),
    headless: made.map(({ method }) => method === 'HEAD'),
    ...endless && { leavesAfter: 1 },
  };
}
