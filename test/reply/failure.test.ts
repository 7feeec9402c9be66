import assert from 'node:assert/strict';
import { SocketIOError } from '../../lib/base/errors';
import { normaliseError } from '../../lib/events/reply/payload';
import { withInlineApp } from '../support/inline_app';

const FILTERS = `
const { defineSocketController } = require('egg-socketio');
const order = global.filterOrder = [];
const note = (name, result) => error => { order.push([ name, error.message ]); return result; };
module.exports = defineSocketController({
  filters: [ note('controller'), (error, ctx) => (error.message === 'for the controller' ? { by: 'controller', event: ctx.event } : undefined) ],
  onConnection() { throw new Error('for the controller'); },
  messages: {
    method: { filters: [ note('method', 'by the method') ], handler() { throw new Error('a'); } },
    controller: { filters: [ note('method') ], handler() { throw new Error('for the controller'); } },
    app: async () => { throw new Error('for the app'); },
    replaced: { filters: [ () => { throw Object.assign(new Error('replaced'), { status: 404 }); } ], handler() { throw new Error('b'); } },
    nobody: () => { throw Object.assign(new Error('seen by all'), { expose: true }); },
    circular: { filters: [ () => { const o = {}; o.o = o; return o; } ], handler() { throw new Error('c'); } },
    details: () => { const o = {}; o.o = o; throw Object.assign(new Error('looped'), { expose: true, details: o }); },
    hostile: () => { throw { get expose() { throw new Error('trap'); } }; },
  },
});
`;

describe('test/reply/failure.test.ts', () => {
  for (const code of [ 'PEERS_SILENT', 'PEER_FAILED', 'REDIS_UNAVAILABLE', 'BROADCAST_TOO_LARGE', 'EMIT_REFUSED', 'AGENT_IO_UNAVAILABLE', 'PACKAGE_MISSING' ]) {
    it(`a handler that fails with ${code}: the client gets INTERNAL without the message`, () => {
      assert.deepEqual(normaliseError(new SocketIOError(code, 'worker 1 is silent'), false), {
        payload: { code: 'INTERNAL', message: 'Internal server error' }, exposed: false,
      });
    });
  }

  it('calls the filters of method, controller and app in turn', async () => {
    await withInlineApp({
      'app/socket/filters.js': FILTERS,
      'config/config.default.js': `module.exports = () => ({ keys: 'k', socketio: {
        filters: [ async error => (error.message === 'for the app' ? 'by the app' : undefined) ],
      } });`,
    }, async ({ app }, startError) => {
      assert.equal(startError, undefined);
      const order = (global as unknown as { filterOrder: unknown[] }).filterOrder;
      const client = await app.createSocketIOClient();
      assert.deepEqual(await client.next('exception'), [{ by: 'controller', event: 'connection' }], 'connection handlers have filters too');
      order.length = 0;
      assert.equal(await client.sendWithAck('method'), 'by the method');
      assert.deepEqual(await client.sendWithAck('controller'), { by: 'controller', event: 'controller' });
      assert.equal(await client.sendWithAck('app'), 'by the app');
      assert.deepEqual(order, [
        [ 'method', 'a' ], [ 'method', 'for the controller' ], [ 'controller', 'for the controller' ], [ 'controller', 'for the app' ],
      ]);
      assert.deepEqual(await client.sendWithAck('replaced'), { error: { code: 'NOT_FOUND', message: 'replaced' } });
      assert.deepEqual(await client.sendWithAck('nobody'), { error: { code: 'ERROR', message: 'seen by all' } });

      const circular = await client.sendWithAck<{ error: { code: string } }>('circular');
      assert.equal(circular.error.code, 'INTERNAL', 'an answer that cannot be sent is an error like others');
      assert.deepEqual(await client.sendWithAck('details'), { error: { code: 'ERROR', message: 'looped' } });
      assert.deepEqual(await client.sendWithAck('hostile'), { error: { code: 'INTERNAL', message: 'Internal server error' } });

      client.send('app');
      assert.deepEqual(await client.next('exception'), [ 'by the app' ], 'without an ack the answer is the payload of exception');
      await client.close();
    });
  });

  it('logs a deliberate error if its client has left', async () => {
    await withInlineApp({
      'app/socket/late.js': `module.exports = require('egg-socketio').defineSocketController({
        onDisconnection(ctx) {
          setImmediate(global.afterLeaving);
          ctx.throw(409, 'too late');
        },
      });`,
    }, async ({ app }) => {
      app.mockLog();
      const left = new Promise<void>(resolve => { Object.assign(global, { afterLeaving: resolve }); });
      await (await app.createSocketIOClient()).close();
      await left;
      app.expectLog('thrown after the client had left: too late');
    });
  });

  const cases: [title: string, thrown: unknown, payload: object][] = [
    [ 'a status from 400 to 499 is deliberate', { status: 403, message: 'no' }, { code: 'FORBIDDEN', message: 'no' }],
    [ 'expose: false hides it all the same', { status: 403, expose: false, message: 'no' }, { code: 'INTERNAL', message: 'Internal server error' }],
    [ 'a code of the error\'s own wins', { expose: true, code: 'MINE', status: 404, message: 'm' }, { code: 'MINE', message: 'm' }],
    [ 'a numeric code is none', { expose: true, code: 11000, message: 'm' }, { code: 'ERROR', message: 'm' }],
    [ 'the errors of egg-validate are details', { status: 422, code: 'invalid_param', message: 'Validation Failed', errors: [{ field: 'a' }] },
      { code: 'invalid_param', message: 'Validation Failed', details: [{ field: 'a' }] }],
    [ 'a 5xx is internal', { status: 503, message: 'db01 is down' }, { code: 'INTERNAL', message: 'Internal server error' }],
    [ 'a string is internal', 'oops', { code: 'INTERNAL', message: 'Internal server error' }],
    [ 'undefined is internal', undefined, { code: 'INTERNAL', message: 'Internal server error' }],
  ];
  for (const [ title, thrown, payload ] of cases) {
    it(title, () => assert.deepEqual(normaliseError(thrown, false).payload, payload));
  }
});
