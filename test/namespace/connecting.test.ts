import assert from 'node:assert/strict';
import type { Context } from 'egg-socketio';
import { SocketIOTestClient } from '../../lib/mock/typed';
import { RawClient } from '../support/attacked_app';
import { attachServer } from '../support/attached_server';
import { withInlineApp } from '../support/inline_app';

const APP = `
  const { defineSocketController } = require('egg-socketio');
  module.exports = defineSocketController({
    connectionMiddleware: [ async (ctx, next) => {
      ctx.app.emit('test asks', ctx);
      await ctx.app.gate;
      await next();
    } ],
    onConnection: ctx => { ctx.app.trace.push('connected ' + ctx.connected); },
    onDisconnection: ctx => { ctx.app.trace.push('left ' + ctx.connected); },
    messages: {
      address: async ctx => [ ctx.ip, ctx.handshake.address, (await ctx.nsp.fetchSockets())[0].handshake.address ],
    },
  });`;

describe('test/namespace/connecting.test.ts', () => {
  it('ctx.connected is false in connection middleware once the client has left, and then no disconnect handler runs', () => withInlineApp({
    'app/socket/main.js': APP,
  }, async ({ app }, startError) => {
    assert.ifError(startError);
    const server = await attachServer(app);
    const trace: string[] = [];
    let open!: () => void;
    Object.assign(app, { trace, gate: new Promise<void>(resolve => { open = resolve; }) });
    const nextContext = () => new Promise<Context>(resolve => { app.once('test asks', resolve); });

    const asked = nextContext();
    const leaver = await RawClient.open(server.port);
    leaver.send('40');
    const ctx = await asked;
    assert.equal(ctx.connected, true);
    const gone = new Promise<void>(resolve => { ctx.conn.once('close', () => resolve()); });
    leaver.ws.terminate();
    await gone;
    assert.equal(ctx.connected, false);

    const askedAgain = nextContext();
    const stays = new SocketIOTestClient({ port: server.port, transports: [ 'websocket' ] });
    const connected = stays.connect();
    const other = await askedAgain;
    open();
    await connected;
    assert.equal(other.connected, true);
    const left = new Promise<void>(resolve => { app.io.sockets.sockets.forEach(socket => socket.once('disconnect', () => resolve())); });
    await stays.close();
    await left;
    assert.equal(other.connected, false);
    assert.deepEqual(trace, [ 'connected true', 'left false' ], 'of the one that has come in, and of nobody else');
    server.close();
  }));

  for (const [ proxy, expected ] of [[ true, '203.0.113.7' ], [ false, '127.0.0.1' ]] as const) {
    it(`handshake.address, also of fetchSockets(), is that of ${proxy ? 'the client where config.proxy is on' : 'the connection where config.proxy is off'}`, () => withInlineApp({
      'app/socket/main.js': APP,
      'config/config.default.js': `module.exports = () => ({ keys: 'test keys', proxy: ${proxy}, maxIpsCount: 1 });`,
    }, async ({ app }, startError) => {
      assert.ifError(startError);
      Object.assign(app, { trace: [] });
      for (const transport of [ 'websocket', 'polling' ] as const) {
        const client = await app.createSocketIOClient({ transports: [ transport ], extraHeaders: { 'x-forwarded-for': '203.0.113.7' } });
        const [ ip, ...addresses ] = await client.sendWithAck<string[]>('address');
        assert.equal(ip, expected);
        for (const address of addresses) assert.equal(address.replace('::ffff:', ''), expected);
        const left = new Promise<void>(resolve => { app.io.sockets.sockets.forEach(socket => socket.once('disconnect', () => resolve())); });
        await client.close();
        await left;
      }
    }));
  }
});
