import assert from 'node:assert/strict';
import { io } from 'socket.io-client';
import { freePort } from '../support/free_port';
import { withInlineApp } from '../support/inline_app';
import { codeBlocksOf, readPage } from './markdown';

/** The first order is handled, and its ack is lost with the connection. */
const config = (port: number) => `
  const orders = [];
  const loseFirstAck = async (ctx, next) => {
    await next();
    if (ctx.event === 'order' && orders.push(ctx.args) === 1) {
      const closed = new Promise(resolve => { ctx.conn.once('close', resolve); });
      ctx.conn.transport.socket.terminate();
      await closed;
    }
  };
  module.exports = app => ({
    keys: 'k', orders, socketio: { port: { port: ${port}, hostname: '127.0.0.1' }, middleware: [ loseFirstAck ] },
  });`;

const SHOUT = `
  const { defineSocketController } = require('egg-socketio');
  module.exports = defineSocketController({
    namespace: '/orders',
    messages: { shout: { emit: 'shouted', handler: (ctx, text) => text.toUpperCase() } },
  });`;

describe('test/docs/delivery.test.ts', function() {
  this.timeout(60_000);

  it('with retries, an event whose ack is lost is handled again, its id makes that harmless, and @WSEmit sends nothing to the sender', async () => {
    const port = await freePort();
    const blocks = codeBlocksOf(readPage('docs/delivery.md')).filter(block => block.path?.startsWith('app/'));
    const files = Object.fromEntries(blocks.map(({ path, content }) => [ path!, content ]));
    await withInlineApp({ ...files, 'app/socket/shout.js': SHOUT, 'config/config.default.js': config(port) }, async ({ app }, startError) => {
      assert.ifError(startError);
      const socket = io(`http://127.0.0.1:${port}/orders`, { transports: [ 'websocket' ], retries: 3, ackTimeout: 30_000, reconnectionDelay: 10 });
      try {
        const heard: unknown[][] = [];
        socket.onAny((...args) => heard.push(args));
        assert.equal(await socket.emitWithAck('order', 'id 1', 'soup'), 'id 1');
        assert.deepEqual(app.config.orders, [[ 'id 1', 'soup' ], [ 'id 1', 'soup' ]]);
        socket.emit('shout', 'hello');
        assert.deepEqual(await socket.emitWithAck('list'), [[ 'id 1', 'soup' ]]);
        assert.deepEqual(heard.filter(([ event ]) => event === 'shouted'), []);
        assert.ok(heard.filter(([ event ]) => event === 'ordered').length <= 1);
      } finally {
        socket.disconnect();
      }
    });
  });
});
