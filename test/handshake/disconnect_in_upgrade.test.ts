import assert from 'node:assert/strict';
import { attachServer } from '../support/attached_server';
import { withInlineApp } from '../support/inline_app';
import { RawWebSocket } from '../support/protocol/raw_websocket';

/** Each is what a handler of the CONNECT does after it has sent an event. */
const ENDS = {
  'disconnect(true)': 'ctx.disconnect(true)',
  'disconnect()': 'ctx.disconnect()',
  'the close() of the Engine.IO session': 'ctx.socket.conn.close()',
};

describe('test/handshake/disconnect_in_upgrade.test.ts', () => {
  for (const [ what, end ] of Object.entries(ENDS)) {
    it(`a client that upgrades while ${what} waits for it gets what was sent before, and a close frame`, () => withInlineApp({
      'config/config.default.js': "module.exports = () => ({ keys: 'k', socketio: { takeOverWindow: 0 } });",
      'app/socket/main.js': `
        const { defineSocketController } = require('egg-socketio');
        module.exports = defineSocketController({ onConnection(ctx) { ctx.emit('replaced'); ${end}; } });`,
    }, async ({ app }, startError) => {
      assert.ifError(startError);
      const server = await attachServer(app);
      try {
        const { sid } = JSON.parse((await server.poll()).body.slice(1)) as { sid: string };
        const socket = await RawWebSocket.open(`http://${server.host}/socket.io/?EIO=4&transport=websocket&sid=${sid}`);
        socket.send('2probe');
        assert.equal(await socket.next(), '3probe');
        await server.poll({}, `&sid=${sid}`, '40');
        socket.send('5');
        const [ connected, event ] = await socket.take(2);
        assert.match(String(connected), /^40\{/);
        assert.equal(event, '42["replaced"]');
        if (what !== 'the close() of the Engine.IO session') assert.equal(await socket.next(), '41');
        if (what === 'disconnect()') await socket.close();
        else assert.equal(await socket.closed, 1005);
      } finally {
        server.close();
      }
    }));
  }
});
