import assert from 'node:assert/strict';
import type { SocketIOTestClient } from 'egg-socketio/mock';
import { useApp } from '../support/app';

type Path = (string | number)[];
interface Refusal { error: { code: string; message: string; details: { path: Path; message: string }[] } }
const invalid = (...issues: [path: Path, message?: string | RegExp][]) => issues;

describe('test/validation/validation.test.ts', () => {
  const t = useApp('validation');
  let client: SocketIOTestClient;

  /** Asks with arguments that are refused, and compares what is said of them. */
  async function refuses(event: string, args: unknown[], issues: ReturnType<typeof invalid>): Promise<void> {
    const { error } = await client.sendWithAck<Refusal>(event, ...args);
    assert.equal(error?.code, 'VALIDATION_FAILED', JSON.stringify(error));
    assert.equal(error.message, 'invalid arguments');
    assert.deepEqual(error.details.map(({ path }) => path), issues.map(([ path ]) => path), JSON.stringify(error.details));
    issues.forEach(([ , message ], index) => {
      if (message instanceof RegExp) assert.match(error.details[index].message, message);
      else if (message !== undefined) assert.equal(error.details[index].message, message);
    });
    for (const issue of error.details) assert.deepEqual(Object.keys(issue), [ 'path', 'message' ]);
  }

  describe('schemas', () => {
    beforeEach(async () => { client = await t.connect({ namespace: '/schemas' }); });

    it('passes on the arguments as zod has parsed them', async () => {
      assert.deepEqual(await client.sendWithAck('zod', { text: ' hi ', more: 1 }, '3'), { message: { text: 'hi', tags: [] }, times: 3 });
      assert.deepEqual(await client.sendWithAck('zod', { text: 'hi' }), { message: { text: 'hi', tags: [] } });
    });

    it('acks all issues, with argument and path', async () => {
      await refuses('zod', [{ text: '', tags: [ 'a', 1 ] }, 'x' ], invalid([[ 0, 'text' ]], [[ 0, 'tags', 1 ]], [[ 1 ]]));
      await refuses('zod', [], invalid([[ 0 ]]));
      await refuses('zod', [ null ], invalid([[ 0 ]]));
      await refuses('zod', [[]], invalid([[ 0 ]]));
    });

    it('refuses more arguments than there are schemas', async () => {
      await refuses('zod', [{ text: 'hi' }, 1, 'more', 'still more' ], invalid([[ 2 ], 'expected 2 arguments at most' ]));
      await refuses('nothing', [ 1 ], invalid([[ 0 ], 'expected 0 arguments at most' ]));
      assert.equal(await client.sendWithAck('nothing'), 'nothing');
    });

    it('works with valibot', async () => {
      assert.deepEqual(await client.sendWithAck('valibot', 'four'), { length: 4, flag: true });
      await refuses('valibot', [ 4, 'no' ], invalid([[ 0 ]], [[ 1 ]]));
    });

    it('works with arktype, whose schemas are functions', async function() {
      if (!process.features.require_module) {
        console.log('      skipped: arktype can be required since Node.js 20.19 only.');
        this.skip();
      }
      assert.deepEqual(await client.sendWithAck('arktype', { name: 'harry', age: 11 }), { name: 'harry', age: 11 });
      await refuses('arktype', [{ name: '', age: 1.5 }], invalid([[ 0, 'age' ]], [[ 0, 'name' ]]));
    });

    it('waits for an asynchronous schema, and reports the issues of the other schemas with its own', async () => {
      assert.equal(await client.sendWithAck('async', 'harry', ' hi '), 'harry: hi');
      await refuses('async', [ 'tom', '' ], invalid([[ 0 ], 'nobody knows them' ], [[ 1 ]]));
    });

    it('accepts one schema for all arguments', async () => {
      assert.deepEqual(await client.sendWithAck('whole', 'sum', 1, 2, 3), { name: 'sum', sum: 6 });
      await refuses('whole', [ 'sum', 1, '2' ], invalid([[ 2 ]]));
      await refuses('whole', [], invalid([[ 0 ]]));
    });

    it('emits exception to a client without an ack', async () => {
      client.send('nothing', 1);
      assert.deepEqual(await client.next('exception'), [{
        event: 'nothing', code: 'VALIDATION_FAILED', message: 'invalid arguments', details: [{ path: [ 0 ], message: 'expected 0 arguments at most' }],
      }]);
    });

    it('acks an error for schemas that throw or reject, and no error escapes', async () => {
      const escaped: unknown[] = [];
      const note = (error: unknown) => escaped.push(error);
      process.on('unhandledRejection', note);
      try {
        assert.deepEqual(await client.sendWithAck('broken', 'a', 'b'), { error: { code: 'INTERNAL', message: 'the schema is broken' } });
        await new Promise(setImmediate);
        assert.deepEqual(escaped, []);
      } finally {
        process.off('unhandledRejection', note);
      }
    });

    it('shows paths of any kind', async () => {
      await refuses('symbols', [ 1 ], invalid([[ 0, 'Symbol(odd)', 'at' ], 'odd' ]));
    });

    it('sends the answer as its schema has parsed it, and no answer that it refuses', async () => {
      assert.deepEqual(await client.sendWithAck('returned', true), { id: 1, name: 'harry' });
      const { error } = await client.sendWithAck<{ error: { code: string; message: string } }>('returned', false);
      assert.equal(error.code, 'INTERNAL');
      assert.match(error.message, /validation\.ts: SchemaController\.returned: @OnWSMessage\('returned'\): returns rejects the return value: id: /);
      client.send('emitted', 'hi');
      assert.deepEqual(await client.next('shouted'), [ 'HI' ]);
    });
  });

  it('checks the schema that all events of a controller share', async () => {
    client = await t.connect({ namespace: '/common' });
    assert.deepEqual(await client.sendWithAck('one', { room: 'a' }, 1, 2), [ 'a', 1, 2 ]);
    await refuses('one', [{}], invalid([[ 0, 'room' ]]));
    assert.deepEqual(await client.sendWithAck('two', { room: 'lobby' }, 1), [ 'lobby', 1 ]);
    await refuses('two', [{ room: 'a' }, 'x' ], invalid([[ 0, 'room' ]], [[ 1 ]]));
  });

  describe('rules of egg-validate', () => {
    beforeEach(async () => { client = await t.connect({ namespace: '/rules' }); });

    it('checks, trims and converts', async () => {
      assert.deepEqual(await client.sendWithAck('rules', { name: ' harry ', age: '11' }, '2'), { person: { name: 'harry', age: 11 }, times: 2 });
      assert.deepEqual(await client.sendWithAck('rules', { name: 'harry', tags: [ 'a' ] }), { person: { name: 'harry', tags: [ 'a' ] } });
    });

    it('answers with all that is wrong, by argument and path', async () => {
      await refuses('rules', [{ age: 'x', tags: [ 'a', {}] }, 'y' ], invalid([[ 0, 'name' ], 'required' ], [[ 0, 'age' ]], [[ 0, 'tags', 1 ]], [[ 1 ]]));
      await refuses('rules', [], invalid([[ 0 ], 'required' ]));
      await refuses('rules', [ 'harry' ], invalid([[ 0 ]]));
    });
  });
});
