import assert from 'node:assert/strict';
import { once } from 'node:events';
import { MemoryCluster, type MemoryWorker } from '../support/adapter/memory_cluster';
import { ticketOf } from '../support/adapter/ticket';
import { readPage } from '../docs/markdown';

class Point {
  constructor(readonly x: number, private readonly hidden = 1) {}
  get twice(): number { return 2 * this.x * this.hidden; }
}

/** By what the table of the documentation calls it: a value, and what arrives. */
const VALUES: Record<string, [ value: unknown, arrives: unknown ]> = {
  Date: [ new Date(5), new Date(5) ],
  BigInt: [[ 5n, -(2n ** 63n), 2n ** 64n - 1n ], [ 5n, -(2n ** 63n), 2n ** 64n - 1n ]],
  'NaN, Infinity': [[ NaN, Infinity ], [ NaN, Infinity ]],
  undefined: [{ a: undefined, b: [ undefined ] }, { a: undefined, b: [ undefined ] }],
  Buffer: [ Buffer.from('x'), Buffer.from('x') ],
  'typed array, ArrayBuffer, DataView': [[ Uint16Array.of(1, 300), Uint8Array.of(1).buffer ], [ Buffer.from([ 1, 0, 44, 1 ]), Buffer.from([ 1 ]) ]],
  Map: [ new Map<unknown, unknown>([[ 'a', 1 ], [ 2, new Map() ]]), { a: 1, 2: {} }],
  Set: [ new Set([ 1, 2 ]), [ 1, 2 ]],
  Error: [ Object.assign(new TypeError('wrong'), { code: 'E' }), { name: 'TypeError', message: 'wrong', code: 'E' }],
  RegExp: [ /a/g, '/a/g' ],
  'instance of a class': [ new Point(3), { x: 3, hidden: 1 }],
  'object with toJSON()': [ new URL('http://127.0.0.1/'), 'http://127.0.0.1/' ],
  'Number, String, Boolean (objects)': [[ Object(1), Object('s'), Object(true) ], [ 1, 's', true ]],
  'function, symbol': [{ f: () => 1, s: Symbol('s') }, { f: undefined, s: undefined }],
};

describe('test/cluster/plain_copy.test.ts', () => {
  let cluster: MemoryCluster;
  let a: MemoryWorker;
  let b: MemoryWorker;

  before(async () => {
    cluster = new MemoryCluster();
    [ a, b ] = await cluster.start({ connectionStateRecovery: {} }, 'a', 'b');
  });
  after(() => cluster.close());

  for (const [ name, [ value, arrives ]] of Object.entries(VALUES)) {
    it(`arrives unchanged on another worker, by every way: ${name}`, async () => {
      const client = await a.connect();
      a.socketOf(client).data = { value };
      const [ found ] = await b.io.in(client.id!).fetchSockets();
      assert.deepEqual(found.data, { value: arrives }, 'fetchSockets()');

      const told = once(b.io, 'told');
      a.io.serverSideEmit('told', value);
      assert.deepEqual(await told, [ arrives ], 'serverSideEmit()');
      b.io.removeAllListeners('asked').on('asked', ack => ack(value));
      assert.deepEqual(await a.io.serverSideEmitWithAck('asked'), [ arrives ], 'an answer');

      const { pid, offset } = ticketOf(client);
      const back = await b.connect({ auth: { pid, offset } });
      assert.deepEqual(b.socketOf(back).data, { value: arrives }, 'recovery');
      await back.close();
    });
  }

  it('throws with a reason if data cannot be sent, and sends nothing', () => {
    const self: { self?: unknown } = {};
    self.self = [ self ];
    assert.throws(() => a.io.serverSideEmit('told', self), { message: 'contains itself' });
    assert.throws(() => a.io.serverSideEmit('told', { n: 2n ** 64n }), { message: 'a BigInt of more than 64 bits' });
    // Twice beside each other is not within itself.
    const shared = {};
    a.io.serverSideEmit('nobody listens', [ shared, shared ]);
  });

  for (const page of [ 'docs/many-workers.md', 'docs/zh/many-workers.md' ]) {
    it(`${page} has all of them in its table`, () => {
      const { text } = readPage(page);
      for (const name of Object.keys(VALUES)) {
        for (const word of name.match(/\w+(\(\))?/g)!) {
          if (/^[A-Z]|\(\)$|^undefined$/.test(word)) assert.ok(text.includes(`\`${word}\``), word);
        }
      }
    });
  }
});
