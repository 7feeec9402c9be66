import assert from 'node:assert/strict';
import { invalid } from 'egg-socketio/mock';
import { withInlineApp } from '../support/inline_app';

describe('test/validation/define_message.test.ts', () => {
  it('a message of defineSocketMessage() behaves as without it: valid arguments reach the handler, invalid ones are rejected', () => withInlineApp({
    'app/socket/hotel.js': `
      const { defineSocketController, defineSocketMessage } = require('egg-socketio');
      const { z } = require('zod');
      module.exports = defineSocketController({
        messages: {
          cancel: defineSocketMessage({ args: [ z.string().trim(), z.number() ], handler: (ctx, name, room) => name + room }),
        },
      });`,
  }, async ({ app }, startError) => {
    assert.ifError(startError);
    assert.deepEqual((await app.mockSocketEvent('/', 'cancel', [ ' Ada ', 7 ])).ack, [ 'Ada7' ]);
    const { error } = await app.mockSocketEvent('/', 'cancel', invalid([ 'Ada', 'seven' ]));
    assert.equal(error?.code, 'VALIDATION_FAILED');
    assert.deepEqual((error.details as { path: unknown[] }[]).map(({ path }) => path), [[ 1 ]]);
  }));
});
