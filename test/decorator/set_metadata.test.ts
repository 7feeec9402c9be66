import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { MODES } from '../support/decorator_modes';
import { type InlineApp, startErrorOf, withInlineApp } from '../support/inline_app';

const SOURCE = readFileSync(path.join(__dirname, '../fixtures/decorators/roles.ts'), 'utf8');

const PLAIN = `
  const { defineSocketController } = require('egg-socketio');
  const AREA = Symbol('area');
  const seen = target => [ target.metadata('roles'), target.metadata(AREA), target.method ];
  module.exports = defineSocketController({
    namespace: '/plain',
    metadata: { roles: 'class', [AREA]: 'class' },
    guards: [ (ctx, target) => ctx.event === 'connection' || target.metadata('roles') !== 'nobody' ],
    middleware: [ async (ctx, next, target) => [ await next(), seen(target) ] ],
    filters: [ (error, ctx, target) => [ error.code, seen(target) ] ],
    messages: {
      one: () => 1,
      two: { metadata: { roles: 'method' }, handler: () => 2 },
      nobody: { metadata: { roles: 'nobody' }, handler: () => 3 },
    },
  });`;

/** Guards, middleware and filters of the whole app. */
const CONFIG = `
  module.exports = () => ({ keys: 'test keys', socketio: {
    guards: [ (ctx, target) => { if (ctx.event === 'ofApp') throw new Error(String(target.metadata('roles'))); return true; } ],
    connectionMiddleware: [ (ctx, next, target) => { ctx.data.bare = [ Object.keys(target), target.metadata('roles') ]; return next(); } ],
    middleware: [ async (ctx, next, target) => ({ app: target.metadata('roles'), result: await next() }) ],
    filters: [ (error, ctx, target) => ({ caught: error.message, roles: target.metadata('roles') }) ],
  } });`;

const OF_APP = `
  const { defineSocketController } = require('egg-socketio');
  module.exports = [ 'one', 'two' ].map(name => defineSocketController({
    namespace: name,
    metadata: { roles: name },
    messages: {
      ofApp: () => undefined,
      wrapped: { metadata: { roles: name + ' wrapped' }, handler: ctx => ctx.data.bare },
    },
  }));`;

describe('test/decorator/set_metadata.test.ts', () => {
  for (const { title, compile, sign } of MODES) {
    it(`guards, middleware and filters read the values of methods, classes and base classes: ${title}`, async () => {
      const compiled = compile(SOURCE);
      assert.match(compiled, sign);
      await withInlineApp({ 'app/socket/roles.js': compiled }, async ({ app }, error) => {
        assert.equal(error, undefined);
        await check(app);
      });
    });
  }

  it('the plain form has the same values', async () => {
    await withInlineApp({ 'app/socket/plain.js': PLAIN }, async ({ app }) => {
      const client = await app.createSocketIOClient({ namespace: '/plain' });
      assert.deepEqual(await client.sendWithAck('one'), [ 1, [ 'class', 'class', 'messages.one' ]]);
      assert.deepEqual(await client.sendWithAck('two'), [ 2, [ 'method', 'class', 'messages.two' ]]);
      assert.deepEqual(await client.sendWithAck('nobody'), [ 'FORBIDDEN', [ 'nobody', 'class', 'messages.nobody' ]]);
      await client.close();
    });
  });

  it('guards, middleware and filters of the app read the values of the controller that they run for', async () => {
    await withInlineApp({ 'config/config.default.js': CONFIG, 'app/socket/of_app.js': OF_APP }, async ({ app }) => {
      for (const namespace of [ 'one', 'two' ]) {
        const client = await app.createSocketIOClient({ namespace: `/${namespace}` });
        assert.deepEqual(await client.sendWithAck('ofApp'), { caught: namespace, roles: namespace });
        assert.deepEqual(await client.sendWithAck('wrapped'), { app: `${namespace} wrapped`, result: [[ 'metadata' ], null ] });
        await client.close();
      }
    });
  });

  it('stops the start for a key that is neither a string nor a symbol, and for a method that listens to nothing', async () => {
    const controller = (decorated: string) => `
      const { WSController, SetMetadata } = require('egg-socketio');
      class RolesController { ${decorated} }
      WSController('/x')(RolesController);
      exports.RolesController = RolesController;`;
    const wrongKey = await startErrorOf({ 'app/socket/roles.js': controller('static { SetMetadata(7, 1)(RolesController); }') });
    assert.equal(wrongKey.message,
      '[egg-socketio] app/socket/roles.js: @SetMetadata(): expected the key to be a string or a symbol, but got 7.');
    const unheard = await startErrorOf({
      'app/socket/roles.js': controller("join() {} static { SetMetadata('roles', 1)(RolesController.prototype, 'join', {}); }"),
    });
    assert.equal(unheard.message, '[egg-socketio] app/socket/roles.js: RolesController.join: @SetMetadata on a method needs a decorator'
      + " that listens, such as @OnWSMessage('event').");
  });
});

async function check(app: InlineApp['app']): Promise<void> {
  await assert.rejects(app.createSocketIOClient({ namespace: '/roles', auth: { area: 'another' } }), { data: { needed: [[ 'outer' ], 'base', null ] } });
  const connect = (role?: string, auth: object = {}) => app.createSocketIOClient({ namespace: '/roles', auth: { area: 'base', role, ...auth } });
  const client = await connect('outer');
  const needs = (roles: string[], area = 'base') => ({ needed: [ roles, area, null ] });

  assert.deepEqual(await client.sendWithAck('inherited'), {
    value: [ 'RolesController', null, [ 'outer' ], 'base', null ], seen: [[ 'outer' ], 'base', null ],
  });
  assert.deepEqual(await client.sendWithAck('overridden'), needs([ 'overridden' ]), 'a method that the subclass overrides');
  assert.deepEqual(await client.sendWithAck('again'), needs([ 'again' ], 'anew'), 'a method with one of the values anew');
  const open = { seen: [ null, 'base', null ] };
  assert.deepEqual(await client.sendWithAck('open'), { value: { value: 'open', ...open }, ...open }, 'a value of undefined on the method counts');
  assert.deepEqual(await client.sendWithAck('thrown'), { error: 'thrown', method: 'throws', seen: [[ 'outer' ], 'base', null ] });
  client.send('overridden');
  assert.deepEqual(await client.next('exception'), [ needs([ 'overridden' ]) ]);
  await client.close();

  const other = await connect('overridden');
  assert.deepEqual(await other.sendWithAck('overridden'), { value: 'subclass', seen: [[ 'overridden' ], 'base', null ] });
  assert.deepEqual(await other.sendWithAck('inherited'), needs([ 'outer' ]));
  await other.close();
}
