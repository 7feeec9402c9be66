import assert from 'node:assert/strict';
import { PassThrough, Readable } from 'node:stream';
import type { MockApplication } from 'egg-mock';
import { SocketIOTestClient } from '../../lib/mock/typed';
import { assertSendable, refusingUnsendable, UnsendableError } from '../../lib/internals/sendable';
import { attachServer } from '../support/attached_server';
import { withInlineApp } from '../support/inline_app';

const timer = setTimeout(() => undefined, 2 ** 30).unref();
const circular: { name: string; self?: unknown } = { name: 'loop' };
circular.self = { again: circular };
class Account {
  #balance = 1;
  get balance() { return this.#balance; }
}

/** What cannot be sent, and what is said of it. */
const VALUES: Record<string, [ value: () => unknown, says: RegExp ]> = {
  generator: [ function* generator() { yield 1; }, /^an iterator \(Generator\); send its items, in an array or one event each\.$/ ],
  'async generator': [ async function* generator() { yield 1; }, /^an iterator \(AsyncGenerator\); send its items, in an array or one event each\./ ],
  'iterator of a Map': [ () => [ new Map([[ 1, 2 ]]).values() ], /^an iterator \(Map Iterator\) at \[0\]; / ],
  stream: [ () => ({ file: new PassThrough() }), /^a stream \(PassThrough\) at \.file; / ],
  readable: [ () => Readable.from([ 1 ]), /^a stream \(Readable\); / ],
  'web stream': [ () => new ReadableStream(), /^a stream \(ReadableStream\); / ],
  'Promise inside': [ () => [{ timer: Promise.resolve(1) }], /^a Promise at \[0\]\.timer; await it\.$/ ],
  'own thenable': [ () => ({ deep: [ 1, new (class Query { then() { /* never */ } })() ] }), /^a Promise at \.deep\[1\]; await it\.$/ ],
  Blob: [ () => new Blob([ 'abc' ]), /^a Blob; send Buffer\.from\(await blob\.arrayBuffer\(\)\)\.$/ ],
  'Blob inside': [ () => ({ 'a file': new Blob([ 'abc' ]) }), /^a Blob at \["a file"\]; / ],
  Error: [ () => new Error('returned'), /^an Error \(Error\); throw it, or send its message\.$/ ],
  'Error inside': [ async () => Promise.allSettled([ Promise.reject(new TypeError('no')) ]), /^an Error \(Error\) at \[0\]\.reason; / ],
  circular: [ () => ({ list: [ circular ] }), /^a circular reference at \.list\[0\]\.self\.again; / ],
  timer: [ () => [{ timer }], /^a (circular reference|function) at \[0\]\.timer\./ ],
  BigInt: [ () => ({ big: 1n }), /^a BigInt at \.big; send it as a string\.$/ ],
  function: [ () => [ 1, () => 2 ], /^a function at \[1\]; leave it out\.$/ ],
  'nothing but functions': [ () => [{ next: undefined, save() { /* stays */ } }], /^a function at \[0\]\.save; leave it out\.$/ ],
  symbol: [ () => ({ kind: Symbol('kind') }), /^a symbol at \.kind; leave it out\.$/ ],
  Map: [ () => ({ users: new Map([[ 1, 2 ]]) }), /^a Map at \.users; send \[ \.\.\.map \] or Object\.fromEntries\(map\)\.$/ ],
  Set: [ () => new Set([ 1 ]), /^a Set; send \[ \.\.\.set \]\.$/ ],
  WeakMap: [ () => [ new WeakMap() ], /^a WeakMap at \[0\]; it would arrive as \{\}/ ],
  URLSearchParams: [ () => new URLSearchParams('a=1'), /^a URLSearchParams; it would arrive as \{\}/ ],
  RegExp: [ () => /a/, /^a RegExp; send its source\.$/ ],
  'private fields': [ () => ({ account: new Account() }), /^a Account at \.account; it would arrive as \{\}; send its contents\.$/ ],
};

const NO_CLASS = Object.assign(Object.create(null) as object, { a: 1 });
const shared = { a: 1 };
/** What can be sent, and as what it arrives. */
const SENDABLE: Record<string, [ value: () => unknown, arrives: unknown ]> = {
  'nested data': [ () => ({ a: [ 1, 'x', null, true, undefined, { b: {} }], c: undefined }), { a: [ 1, 'x', null, true, null, { b: {} }] }],
  'Date and toJSON': [ () => [ new Date(0), new URL('http://a/'), new (class { map = new Map(); toJSON() { return 'json'; } })() ], [ '1970-01-01T00:00:00.000Z', 'http://a/', 'json' ]],
  'an instance of a class': [ () => new (class { a = 1; #b = 2; get b() { return this.#b; } })(), { a: 1 }],
  'an instance without properties': [ () => new (class Empty {})(), {}],
  'no class': [ () => NO_CLASS, { a: 1 }],
  'functions next to other properties': [ () => ({ id: 1, save() { /* stays */ }, [Symbol('own')]: 2, kind: Symbol('kind') }), { id: 1 }],
  'one object twice': [ () => [ shared, shared, { shared }], [ shared, shared, { shared }]],
  'boxed values': [ () => [ Object(1), Object('a'), Object(true) ], [ 1, 'a', true ]],
  binary: [ () => ({ a: Buffer.from('a'), b: new Uint8Array([ 1 ]) }), { a: Buffer.from('a'), b: Buffer.from([ 1 ]) }],
};

const APP = `
  const { defineSocketController } = require('egg-socketio');
  const handler = (ctx, name) => ctx.app.values[name]();
  const emits = { emit: (ctx, value) => ctx.emit('news', value), 'io.emit': (ctx, value) => ctx.app.io.emit('news', value),
    room: (ctx, value) => ctx.nsp.to('all').emit('news', 1, value), broadcast: (ctx, value) => ctx.broadcast.emit('news', value),
    volatile: (ctx, value) => ctx.volatile.emit('news', value), send: (ctx, value) => ctx.send(value),
    'emit with ack': (ctx, value) => ctx.socket.timeout(1000).emitWithAck('news', value), ack: (ctx, value) => ctx.ack(value) };
  module.exports = defineSocketController({
    async onConnection(ctx) { await ctx.join('all'); },
    messages: {
      plain: handler,
      emit: { handler, emit: 'emitted' },
      rooms: { handler, emit: { event: 'emitted', rooms: [ 'all' ] } },
      broadcast: { handler, broadcast: 'broadcasted' },
      both: { handler, emit: 'emitted', broadcast: 'broadcasted' },
      async how(ctx, how, name) {
        const value = await ctx.app.values[name]();
        try {
          await emits[how](ctx, value);
        } catch (error) {
          if (!ctx.ack) throw error;
          return ctx.ack(error.name + ': ' + error.message);
        }
      },
    },
  });`;

interface UnsendableApp {
  readonly app: MockApplication;
  connect(): Promise<SocketIOTestClient>;
  errors: string[];
}

async function withUnsendableApp(config: string, run: (under: UnsendableApp) => Promise<void>): Promise<void> {
  await withInlineApp({
    'config/config.default.js': `module.exports = () => ({ keys: 'test keys', socketio: ${config} });`,
    'app/socket/main.js': APP,
  }, async ({ app }, startError) => {
    assert.ifError(startError);
    const values = Object.fromEntries(Object.entries({ ...VALUES, ...SENDABLE }).map(([ name, [ value ]]) => [ name, value ]));
    Object.assign(app, { values });
    const server = await attachServer(app);
    const clients: SocketIOTestClient[] = [];
    try {
      await run({
        app, errors: [],
        async connect() {
          const client = new SocketIOTestClient({ port: server.port, transports: [ 'websocket' ] });
          clients.push(client);
          return client.connect();
        },
      });
    } finally {
      await Promise.all(clients.map(client => client.close()));
      server.close();
    }
  });
}

type Refusal = { error: { code: string; message: string } };

for (const [ title, config ] of Object.entries({ 'by default': '{}', 'with connection state recovery': '{ connectionStateRecovery: true }' })) {
  describe(`test/reply/unsendable.test.ts, ${title}`, () => {
    it('says that a stream needs the option stream, if it is the whole return value', () => withUnsendableApp(config, async ({ app, connect }) => {
      Object.assign((app as unknown as { values: Record<string, unknown> }).values, { acks: () => app.io.acks('news') });
      const client = await connect();
      for (const name of [ 'readable', 'web stream', 'async generator', 'acks', 'stream', 'generator', 'Map' ]) {
        const { error } = await client.sendWithAck<Refusal>('plain', name);
        const isStream = [ 'readable', 'web stream', 'async generator', 'acks' ].includes(name);
        assert.equal(error.message.endsWith('; send its items, in an array or one event each. To stream them, set stream: true in the options of @OnWSMessage(), or next to handler in the plain form.'), isStream, error.message);
      }
    }));

    it('acks INTERNAL if the return value cannot be sent, logs its path, and disconnects nobody', () => withUnsendableApp(config, async ({ connect }) => {
      const client = await connect();
      const other = await connect();
      for (const [ name, [ , says ]] of Object.entries(VALUES)) {
        for (const event of [ 'plain', 'emit', 'rooms', 'broadcast', 'both' ]) {
          const { error } = await client.sendWithAck<Refusal>(event, name);
          assert.equal(error?.code, 'INTERNAL', `${event}, ${name}`);
          const [ place, reason ] = error.message.split(' returned what cannot be sent: ');
          assert.ok(place.endsWith(`main.js: messages.${event}`), place);
          assert.match(reason, says, name);
          if (event === 'plain') continue;
          client.send(event, name);
          const [ exception ] = await client.next<[{ event: string; code: string; message: string }]>('exception');
          assert.deepEqual([ exception.event, exception.code ], [ event, 'INTERNAL' ]);
          assert.match(exception.message.split(' returned what cannot be sent: ')[1], says, name);
        }
      }
      for (const each of [ client, other ]) {
        assert.deepEqual(each.pending, [], 'nothing of it was sent');
        assert.ok(each.connected);
      }
    }));

    it('throws at the emit, and disconnects nobody', () => withUnsendableApp(config, async ({ connect }) => {
      const client = await connect();
      const other = await connect();
      for (const [ name, [ , says ]] of Object.entries(VALUES)) {
        // A promise is awaited before it is emitted.
        for (const how of [ 'emit', 'io.emit', 'room', 'broadcast', 'send', 'emit with ack', 'ack' ]) {
          const thrown = await client.sendWithAck<string>('how', how, name);
          assert.match(String(thrown), /^UnsendableError: /, `${how}, ${name}`);
          const [ , packet, reason ] = /^UnsendableError: (event '\w+'|the ack) cannot be sent: (.*)$/s.exec(thrown)!;
          assert.equal(packet, how === 'ack' ? 'the ack' : how === 'send' ? "event 'message'" : "event 'news'");
          assert.match(how === 'room' ? reason.replace(' in argument 2', '') : reason, says, `${how}, ${name}`);
        }
      }
      for (const each of [ client, other ]) {
        assert.deepEqual(each.pending, []);
        assert.ok(each.connected);
      }
    }));

    it('sends all other values as JSON does', () => withUnsendableApp(config, async ({ connect }) => {
      const client = await connect();
      const other = await connect();
      for (const [ name, [ , arrives ]] of Object.entries(SENDABLE)) {
        assert.deepEqual(await client.sendWithAck('plain', name), arrives, name);
        client.send('both', name);
        // With recovery, an offset comes behind it.
        assert.deepEqual((await client.next('emitted'))[0], arrives, name);
        assert.deepEqual((await other.next('broadcasted'))[0], arrives, name);
      }
    }));
  });
}

describe('test/reply/unsendable.test.ts: parsers', () => {
  it('of the app may send values that JSON cannot represent, but no functions or streams', () => {
    const encoded: unknown[] = [];
    const own = { Encoder: class { encode({ data }: { data?: unknown }) { encoded.push(data); return []; } }, Decoder: class {} };
    const encoder = new (refusingUnsendable(own).Encoder)();
    const send = (value: unknown) => encoder.encode({ type: 2, nsp: '/', data: [ 'news', value ] } as never);
    const values = [ new Map(), new Set(), 1n, () => 1, circular, new Error('sent') ];
    for (const value of values) send(value);
    assert.deepEqual(encoded, values.map(value => [ 'news', value ]));
    for (const value of [{ a: Promise.resolve() }, new PassThrough(), (function* generator() { yield 1; })() ]) {
      assert.throws(() => send(value), UnsendableError);
    }
  });

  it('a BigInt is sent if the app defines its toJSON', () => {
    const { prototype } = BigInt as unknown as { prototype: { toJSON?: () => string } };
    prototype.toJSON = function() { return String(this); };
    try {
      assertSendable([ 'news', 1n ], true, true);
    } finally {
      delete prototype.toJSON;
    }
    assert.throws(() => assertSendable([ 'news', 1n ], true, true), UnsendableError);
  });

  it('finds a value that is nested a thousand times', () => {
    let value: unknown = new Map();
    for (let i = 0; i < 1000; i++) value = [ value ];
    assert.throws(() => assertSendable([ value ], false, true), /^UnsendableError: the ack cannot be sent: a Map at (\[0\]){1000}; /);
  });
});
