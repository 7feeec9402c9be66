import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { transformSync as esbuild } from 'esbuild';
import { typescript } from '../support/decorator_modes';
import { type InlineApp, startErrorOf, withInlineApp } from '../support/inline_app';

const SOURCE = readFileSync(path.join(__dirname, '../fixtures/decorators/params.ts'), 'utf8');

const COMPILERS = {
  TypeScript: () => typescript(SOURCE, { experimentalDecorators: true }),
  'TypeScript with emitDecoratorMetadata': () => typescript(SOURCE, { experimentalDecorators: true, emitDecoratorMetadata: true }),
  esbuild: () => esbuild(SOURCE, {
    loader: 'ts', format: 'cjs', target: 'es2022', tsconfigRaw: { compilerOptions: { experimentalDecorators: true } },
  }).code,
};

async function startMessageOf(members: string, before = ''): Promise<string> {
  const source = `
    import { Ack, Arg, Ctx, OnWSConnection, OnWSMessage, WSController } from 'egg-socketio';
    ${before}
    @WSController('/x')
    export class XController { ${members} }`;
  const { message } = await startErrorOf({ 'app/socket/x.js': typescript(source, { experimentalDecorators: true }) });
  return message.replace('[egg-socketio] app/socket/x.js: ', '');
}

describe('test/decorator/params.test.ts', () => {
  for (const [ title, compile ] of Object.entries(COMPILERS)) {
    it(`parameters get the context, the ack and the client's arguments: ${title}`, async () => {
      await withInlineApp({ 'app/socket/params.js': compile() }, async ({ app }, error) => {
        assert.equal(error, undefined);
        await check(app);
      });
    });
  }

  it('a mistake with a parameter decorator stops the start, and the message names the method', async () => {
    assert.equal(await startMessageOf("@OnWSMessage('a') a(@Arg(0) first, second) {}"),
      'XController.a: the second parameter has no decorator, but another one has @Arg(). Add @Arg(n), or remove @Arg() from all parameters: they'
      + ' then get the arguments in order.');
    assert.equal(await startMessageOf("@OnWSMessage('a') a(@Arg(0) @Ctx() first) {}"), 'XController.a: the first parameter has two decorators. Remove one.');
    assert.equal(await startMessageOf("@OnWSMessage('a') a(@Arg(-1) first) {}"),
      '@Arg(): expected the index of an argument, a whole number from 0, but got -1.');
    assert.equal(await startMessageOf("@OnWSMessage('a') a(@Arg() first) {}"),
      '@Arg(): expected the index of an argument, a whole number from 0, but got undefined.');
    assert.equal(await startMessageOf('constructor(@Ctx() ctx) {}'), '@Ctx() is on a parameter of the constructor: expected one of a method.');
    assert.equal(await startMessageOf("@OnWSMessage('a') static a(@Ctx() ctx) {}"),
      "a decorator on 'a': expected a member of the instance, but it is static.");
    assert.equal(await startMessageOf('a(@Ctx() ctx) {}'),
      "XController.a: @Arg, @Ctx and @Ack need a decorator that listens on the method, such as @OnWSMessage('event').");
    assert.equal(await startMessageOf('@OnWSConnection() a(@Ack() ack) {}'),
      "XController.a: @Ack needs @OnWSMessage('event') on the method: only events have an ack.");
  });

  it('on a member of a class with standard decorators they stop the start, and the compiler rejects them on parameters', async () => {
    const source = (member: string) => `
      import { Ctx, OnWSMessage, WSController } from 'egg-socketio';
      @WSController('/x')
      export class XController { ${member} }`;
    const { message } = await startErrorOf({ 'app/socket/x.js': typescript(source("@OnWSMessage('a') @Ctx() a(ctx) {}"), {}) });
    assert.equal(message, '[egg-socketio] app/socket/x.js: @Ctx() is not on a parameter. Only "experimentalDecorators" has decorators for parameters;'
      + ' with standard decorators use this.ctx, ctx.ack and the order of the arguments.');
    assert.throws(() => esbuild(source("@OnWSMessage('a') a(@Ctx() ctx) {}"), { loader: 'ts', logLevel: 'silent', tsconfigRaw: {} }),
      /Parameter decorators only work when experimental decorators are enabled/);
  });
});

async function check(app: InlineApp['app']): Promise<void> {
  const client = await app.createSocketIOClient({ namespace: '/params' });
  const ask = (event: string, ...args: unknown[]) => client.sendWithAck(event, ...args);
  assert.deepEqual(await ask('inherited', 'a', 'b'), [ 'inherited', 'b' ]);
  assert.deepEqual(await ask('overridden', 'a', 'b'), [ 'b', 'a', 'subclass' ]);
  assert.deepEqual(await ask('in order', 'a', 'b', 'c'), [ 'a', true, 'b' ]);
  assert.deepEqual(await ask('rest', undefined, 'b', 'c'), [ true, null, [ 'b', 'c' ]]);
  assert.deepEqual(await ask('rest'), [ true, 'default', []]);
  assert.deepEqual(await ask('rest after first', 'a', 'b', 'c'), [ 'a', [ 'b', 'c' ]]);
  assert.deepEqual(await ask('by index', 'a', 'b', 'c'), [ 'c', 'a', 'a', true ]);
  assert.deepEqual(await ask('by index'), [ null, null, null, true ]);
  assert.deepEqual(await ask('checked', '  a '), [ 7, 'a' ]);
  assert.equal((await ask('checked', 1) as { error: { code: string } }).error.code, 'VALIDATION_FAILED');
  assert.equal((await ask('checked', 'refused') as { error: { code: string } }).error.code, 'FORBIDDEN');
  assert.equal(await ask('ack', 'a'), 'called with a');
  assert.deepEqual(await ask('ack', 'throw'), { error: { code: 'THROWN', message: 'before the ack' } });
  client.send('ack', 'a');
  assert.deepEqual(await client.next('emitted'), [ 'not for the ack' ], 'without an ack the value is emitted');
  client.send('no ack');
  assert.deepEqual(await client.next('told'), [ true ]);
  const gone = once(app, 'gone');
  await client.close();
  assert.deepEqual(await gone, [ 'client namespace disconnect' ]);
}
