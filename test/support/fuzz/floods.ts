import fc from 'fast-check';
import { anyFrames, type Frame } from './frames';

/** Packets of Engine.IO that are sent at once: over polling, in one request. */
export interface Batch {
  readonly packets: readonly string[];
}

const { constantFrom } = fc;

const count = fc.oneof(fc.nat(20), constantFrom(100, 999, 1001, 5000, 9_999, 12_000, 40_000));
const manyValues = constantFrom(10, 1000, 1001, 60_000, 490_000, 490_000, 490_000).map(values => ',1'.repeat(values));
/** Events that the app's own listeners hear; they throw at the first value. */
const heard = fc.tuple(
  constantFrom('on', 'once', 'any', 'use', 'late use', 'both', 'ask', 'ask all', 'leave', 'room'),
  constantFrom('"throw"', '"reject"', '"throw null"', '"throw a promise"', 'null', '{}', '[]', '{"then":1}', '"x"'),
).map(([ event, how ]) => `["${event}",${how}]`);

const connects = constantFrom((i: number) => `40/nowhere-${i},`, (i: number) => `40/doc-${i},`, () => '40/own,', () => '40/chat,', () => '40');
const flood = fc.tuple(count, fc.oneof(connects, constantFrom(
  (i: number) => `43/own,${i}[]`, (i: number) => `43/own,${i % 3}["x"]`,
  () => '3', () => '2', () => '6', () => '5', () => '2probe', () => '41/own,', (i: number) => (i % 2 ? '41/cycle,' : '40/cycle,'),
  () => '42/own,["on","throw"]', () => '42/own,["ask","throw"]', () => '4', () => '', () => '451-/own,["on",{"_placeholder":true,"num":0}]', () => 'bAAAA',
))).map(([ times, make ]) => Array.from({ length: times }, (_, i) => make(i)));

const manyArguments = fc.oneof(
  manyValues.map(values => [ `42/own,["on"${values}]` ]), manyValues.map(values => [ `42/own,7["any"${values}]` ]),
  manyValues.map(values => [ '42/own,["ask",null]', `43/own,0[1${values}]`, `43/own,1[1${values}]` ]),
);

const longNames = fc.oneof(
  constantFrom(100, 513, 100_000).map(length => [ `40/${'n'.repeat(length)},` ]), constantFrom(513, 100_000).map(length => [ `42/own,["${'e'.repeat(length)}"]` ]),
  constantFrom(100, 70_000, 300_000).map(length => [ `40/doc-${length},{"token":"${'t'.repeat(length)}"}` ]),
  constantFrom(513, 50_000).map(length => [ `42/own,1["room","${'r'.repeat(length)}"]` ]),
);

/** What stands before the data of a packet, in every odd way. */
const oddHead = fc.tuple(
  constantFrom('4', '44', '40', '41', '42', '43', '45', '46', '451-', '4510-', '4511-', '45-', '42/', '43/', '40/'), constantFrom('', '/own', '/own,', 'own,', ',', '/,', '//'),
  constantFrom('', '0', '-1', '1e9', '00', '9'.repeat(400), 'x'), constantFrom('', '[]', '["on"]', '["on","throw"]', '{}', '[null]', '[1]', '{"pid":1,"offset":[]}'),
).map(parts => [ parts.join('') ]);

const texts = (frames: readonly Frame[]): string[] => frames.filter((frame): frame is string => typeof frame === 'string');

/** What one client sends to an app that uses Socket.IO's own API. */
export const batches: fc.Arbitrary<Batch[]> = fc.array(fc.oneof(
  { weight: 6, arbitrary: fc.tuple(fc.option(fc.nat(9), { nil: '' }), heard).map(([ id, data ]) => [ `42/own,${id}${data}` ]) },
  { weight: 4, arbitrary: flood },
  { weight: 5, arbitrary: manyArguments },
  { weight: 2, arbitrary: longNames },
  { weight: 2, arbitrary: oddHead },
  { weight: 2, arbitrary: anyFrames('/own').map(({ frames }) => texts(frames)) },
).map(packets => ({ packets })), { minLength: 1, maxLength: 8 });
