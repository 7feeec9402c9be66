import fc from 'fast-check';

/** A text frame, or a binary one. */
export type Frame = string | Uint8Array;

/** Frames that belong together. */
export interface Frames {
  readonly frames: readonly Frame[];
  /** Whether the server may close the connection because of them. */
  readonly wild: boolean;
}

const EVENTS = [ 'echo', 'count', 'slow', 'large', 'store', 'join', 'leave', 'ask', 'refuse', 'throw' ];
/** Seldom, as each is heard by all clients. */
const BROADCASTS = [ 'say', 'tell', 'ask all', 'who' ];
const RESERVED = [ 'connect', 'connect_error', 'disconnect', 'disconnecting', 'newListener', 'removeListener' ];
const HOSTILE = [
  'error', '__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'then', 'length', 'exception', 'connection',
  '_placeholder', 'toJSON', 'pid', 'offset', '', ' ', '\0', '\ud800', '\udfff\ud800', '1', 'null', 'lobby', '/',
];
const HOSTILE_JSON = [
  'null', '-0', '1e999', '9007199254740993', '"\\ud800"', '"\\udfff\\ud800"', '"\\u0000"', '{"then":{}}', '{"toJSON":1}', '{"toString":1}',
  '{"_placeholder":true,"num":0}', '{"_placeholder":true,"num":-1}', '{"_placeholder":true,"num":"length"}', '{"type":"Buffer","data":[1]}',
  '{"constructor":1,"toJSON":2}', '{"__proto__":{"polluted":true}}', '{"constructor":{"prototype":{"polluted":true}}}', '{"callback":1}', '[[]]', '{}',
];
const PLACEHOLDER = '{"_placeholder":true,"num":0}';
const NOWHERE = [ '/', '/chat', '/guarded', '/nowhere', '/__proto__', '/constructor', '/_0', '/room-', '/room-1/2', '//', '/chat?a=b', `/${'x'.repeat(3000)}` ];

const { constantFrom } = fc;
const text = fc.string({ unit: 'binary', maxLength: 12 });
const name = fc.oneof({ weight: 3, arbitrary: constantFrom(...HOSTILE) }, text);
const bytes = fc.uint8Array({ maxLength: 40 });
const id = fc.oneof({ weight: 4, arbitrary: constantFrom('', '') }, fc.nat(2000).map(String), constantFrom('0', '9007199254740993', '9'.repeat(400)));

/** JSON as text: of objects, `__proto__` would be lost. */
const { json } = fc.letrec<{ json: string }>(tie => ({
  json: fc.oneof(
    { depthSize: 'small' },
    constantFrom(...HOSTILE_JSON),
    fc.oneof(name, fc.double(), fc.boolean()).map(value => JSON.stringify(value)),
    fc.array(tie('json'), { maxLength: 3 }).map(items => `[${items.join()}]`),
    fc.array(fc.tuple(name, tie('json')), { maxLength: 3 })
      .map(entries => `{${entries.map(([ key, value ]) => `${JSON.stringify(key)}:${value}`).join()}}`),
  ),
}));
const deep = fc.tuple(constantFrom([ '[', '', ']' ], [ '{"a":', '0', '}' ]), constantFrom(100, 3000, 15_000))
  .map(([[ open, inmost, close ], depth ]) => `${open.repeat(depth)}${inmost}${close.repeat(depth)}`);
const args = fc.oneof({ weight: 20, arbitrary: fc.array(json, { maxLength: 3 }) }, deep.map(value => [ value ]));
const event = fc.oneof({ weight: 20, arbitrary: constantFrom(...EVENTS) }, { weight: 5, arbitrary: name }, constantFrom(...BROADCASTS))
  .map(value => JSON.stringify(value));
const calm = (frames: readonly Frame[]): Frames => ({ frames, wild: false });
const wild = (frames: readonly Frame[]): Frames => ({ frames, wild: true });

/** What a client acks with. */
export const answer = args.map(values => `[${values.join()}]`);

/** The ack to a packet that asks for one, if it does. */
export function ackOf(packet: string, values: string): string | undefined {
  const [ , namespace = '', ackId ] = /^42(\/[^,]*,)?(\d+)\[/.exec(packet) ?? [];
  return ackId === undefined ? undefined : `43${namespace}${ackId}${values}`;
}

/** The namespace of a packet, as it stands in one. */
export function prefixOf(namespace: string): string {
  return namespace === '/' ? '' : `${namespace},`;
}

/** Packets that keep to the protocol, for one who is connected to a namespace. */
function wellFormed(namespace: string): fc.Arbitrary<Frames> {
  const prefix = prefixOf(namespace);
  const plain = fc.tuple(id, event, args).map(([ ack, called, values ]) => [ `42${prefix}${ack}[${[ called, ...values ].join()}]` ]);
  const binary = fc.tuple(constantFrom('5', '6'), id, event, json, fc.array(bytes, { minLength: 1, maxLength: 3 }))
    .map(([ type, ack, called, value, buffers ]) => {
      const values = [ called, value.includes('_placeholder') ? '0' : value, ...buffers.map((_, num) => PLACEHOLDER.replace('0', `${num}`)) ];
      return [ `4${type}${buffers.length}-${prefix}${type === '6' ? ack || '0' : ack}[${values.join()}]`, ...buffers ];
    });
  const ack = fc.tuple(fc.nat(50), args).map(([ to, values ]) => [ `43${prefix}${to}[${values.join()}]` ]);
  return fc.oneof({ weight: 6, arbitrary: plain }, binary, ack, constantFrom([ '3' ], [ '6' ])).map(calm);
}

/** What comes to and goes from other namespaces. */
const elsewhere = fc.oneof(
  fc.tuple(constantFrom(...NOWHERE), json).map(([ nsp, auth ]) => [ `40${nsp},${auth}` ]),
  fc.tuple(constantFrom('/', '/chat', '/room-back'), json, json).map(([ nsp, pid, offset ]) => [ `40${prefixOf(nsp)}{"pid":${pid},"offset":${offset}}` ]),
  constantFrom('let me in', '').map(token => [ `40/guarded,{"token":"${token}"}` ]),
  // A flood of namespaces, and of connects to the same one.
  fc.tuple(fc.nat(), fc.nat(20)).map(([ from, count ]) => Array.from({ length: count }, (_, i) => `40/room-${from + i},`)),
  fc.tuple(constantFrom('/chat', '/guarded', '/room-one'), fc.nat(20)).map(([ nsp, count ]) => Array.from({ length: count }, () => `40${nsp},{"token":"let me in"}`)),
  fc.tuple(constantFrom('41', '42', '43', '44'), constantFrom(...NOWHERE)).map(([ type, nsp ]) => [ `${type}${prefixOf(nsp)}` ]),
);

const SHOCKS: Frame[][] = [
  [ '' ], [ '4' ], [ '42' ], [ '49' ], [ '40' ], [ '41' ], [ '44{}' ], [ '1' ], [ '2' ], [ '2probe' ], [ '3probe' ], [ '5' ], [ '6' ], [ '0{}' ], [ '7' ], [ 'b' ],
  [ 'bAAAA' ], [ 'b!!!!' ], [ '\u001e' ], [ '4\u001e4' ], [ '42[]' ], [ '42[null]' ], [ '42[["echo"]]' ], [ '42{"0":"echo"}' ], [ '42["echo"' ],
  [ '42-1["echo"]' ], [ '421.5["echo"]' ], [ '42NaN["echo"]' ], [ '43{}' ], [ '45-["echo"]' ], [ '450-["echo"]' ], [ `451000000-["echo",${PLACEHOLDER}]` ],
  [ `451-["echo",${PLACEHOLDER}]` ], [ `451-["echo",${PLACEHOLDER}]`, '42["echo"]' ], [ `452-["echo",${PLACEHOLDER}]`, Uint8Array.of(1) ],
  [ `451-["echo",${PLACEHOLDER}]`, Uint8Array.of(1), Uint8Array.of(2) ], [ '451-["echo",{"_placeholder":true,"num":7}]', Uint8Array.of(1) ],
  [ '451-["echo",{"_placeholder":true,"num":"length"}]', Uint8Array.of(1) ], [ Uint8Array.of() ], [ Uint8Array.of(4) ], [ '42["bye"]' ], [ '42["bye",true]' ],
  ...RESERVED.map(reserved => [ `421["${reserved}"]` ]),
  // Of the third version of the protocol.
  [ '40/chat?token=1' ], [ '2:40' ], [ '6:42["a"]' ], [ 'b4AAAA' ],
];

interface Change { kind: number; at: number; with: number }

function alter(frame: Frame, { kind, at, with: value }: Change, other: Frame): Frame {
  const buffer = Buffer.from(frame as Uint8Array);
  const place = buffer.length === 0 ? 0 : at % buffer.length;
  const after = (() => {
    switch (kind) {
      case 0: return Buffer.concat([ buffer.subarray(0, place), Buffer.of(value), buffer.subarray(place + 1) ]);
      case 1: return buffer.subarray(0, place);
      case 2: return Buffer.concat([ buffer.subarray(0, place), Buffer.of(value), buffer.subarray(place) ]);
      case 3: return Buffer.concat([ buffer.subarray(0, place), buffer.subarray(place + 1) ]);
      case 4: return Buffer.concat([ buffer.subarray(0, place), buffer ]);
      default: return Buffer.concat([ buffer.subarray(0, place), Buffer.from(other as Uint8Array) ]);
    }
  })();
  return typeof frame === 'string' ? after.toString() : after;
}

/** Packets that were well formed before somebody changed a few bytes, lost one of them, sent one twice or with another type. */
function mutated(namespace: string): fc.Arbitrary<Frames> {
  const original = wellFormed(namespace);
  const change = fc.record({ kind: fc.nat(5), at: fc.nat(60), with: fc.oneof(fc.nat(255), constantFrom(...Buffer.from('0123456789/,-[]{}"_'))) });
  const changes = fc.array(change, { minLength: 1, maxLength: 3 });
  return fc.tuple(original, original, changes, fc.nat(8)).map(([{ frames }, { frames: [ other ] }, some, what ]) => {
    const [ first, ...rest ] = frames;
    const altered = some.reduce<Frame>((frame, each) => alter(frame, each, other), first);
    switch (what) {
      case 0: return wild([ first, ...rest.slice(1) ]);
      case 1: return wild([ first, ...rest, ...rest ]);
      case 2: return wild([ Buffer.from(first as Uint8Array), ...rest ]);
      case 3: return wild([ first, ...rest.map(frame => Buffer.from(frame as Uint8Array).toString()) ]);
      default: return wild([ altered, ...rest ]);
    }
  });
}

const random = fc.oneof(
  text, bytes, ...[ '4', '42' ].map(type => text.map(rest => `${type}${rest}`)), ...[ '42', '43' ].map(type => json.map(rest => `${type}${rest}`)),
).map(frame => [ frame ]);

/** Whatever one who is connected to a namespace may send. */
export function anyFrames(namespace: string): fc.Arbitrary<Frames> {
  return fc.oneof(
    { weight: 12, arbitrary: wellFormed(namespace) },
    { weight: 3, arbitrary: mutated(namespace) },
    { weight: 1, arbitrary: elsewhere.map(wild) },
    { weight: 1, arbitrary: constantFrom(...SHOCKS).map(wild) },
    { weight: 1, arbitrary: random.map(wild) },
  );
}
