import assert from 'node:assert/strict';
import { SOCKET_GETTERS, SOCKET_METHODS } from '../../lib/types/context';
import { SocketIOTestClient } from '../../lib/mock/typed';
import { attachServer } from '../support/attached_server';
import { startErrorOf, withInlineApp } from '../support/inline_app';

const MEMBERS = [ 'event', 'args', 'ack', 'socket', 'starttime', ...SOCKET_GETTERS, ...SOCKET_METHODS ];

const CONTROLLER = `
  const { defineSocketController } = require('egg-socketio');
  module.exports = defineSocketController({
    onConnection: ctx => ctx.join('lobby'),
    messages: {
      hi: (ctx, name) => ['hi ' + name, ctx.event, ctx.args, ctx.id, [ ...ctx.rooms ], ctx.ownHelper],
      http: ctx => ctx.emit('emitted', typeof ctx.starttime),
      ack(ctx) { ctx.ack('acked'); },
    },
  });`;

/** Members that cannot be assigned to, as a getter alone has it. */
function getters(names: readonly string[]): string {
  return `module.exports = { ${names.map(name => `get ${name}() { return 'of the app'; }`).join(', ')} };`;
}

describe('test/plan/names.test.ts', () => {
  it('app/extend/context with names of the plugin: events work, and a warning names file and members', () => withInlineApp({
    'app/extend/context.js': getters([ ...MEMBERS, 'ownHelper' ]),
    'app/socket/main.js': CONTROLLER,
  }, async ({ app, warnings }, startError) => {
    assert.ifError(startError);
    assert.deepEqual(warnings, [
      `[egg-socketio] app/extend/context.js: ${MEMBERS.map(name => `ctx.${name}`).join(', ')}: in socket controllers the plugin's own members of ctx replace these, which work in HTTP only. Rename those that handlers or services need in both.`,
    ]);
    const server = await attachServer(app);
    const client = await new SocketIOTestClient({ port: server.port, transports: [ 'polling' ] }).connect();
    assert.deepEqual(await client.sendWithAck('hi', 'ann'), [ 'hi ann', 'hi', [ 'ann' ], client.id, [ client.id, 'lobby' ], 'of the app' ]);
    assert.equal(await client.sendWithAck('ack'), 'acked');
    client.send('http');
    assert.deepEqual(await client.next('emitted'), [ 'number' ]);
    await client.close();
    server.close();
  }));

  for (const name of [ 'event', 'args', 'starttime', 'join' ]) {
    it(`app/extend/context with a getter '${name}' alone`, () => withInlineApp({
      'app/extend/context.ts': `export default { get ${name}() { return 'of the app'; } };`,
      'app/socket/main.js': CONTROLLER,
    }, async ({ app, warnings }, startError) => {
      assert.ifError(startError);
      assert.equal(warnings.length, 1);
      assert.ok(warnings[0].includes(`app/extend/context.ts: ctx.${name}: `), warnings[0]);
      const client = await app.createSocketIOClient();
      assert.equal((await client.sendWithAck<string[]>('hi', 'ann'))[0], 'hi ann');
      await client.close();
    }));
  }

  it('app/extend/request with a getter ip: the getter is kept, and events work', () => withInlineApp({
    'app/extend/request.js': getters([ 'ip' ]),
    'app/socket/main.js': "module.exports = require('egg-socketio').defineSocketController({ messages: { ip: ctx => ctx.request.ip } });",
  }, async ({ app }, startError) => {
    assert.ifError(startError);
    const client = await app.createSocketIOClient({ transports: [ 'polling' ] });
    // The TCP connection of the handshake has no address any more, as behind a proxy that has closed it.
    app.io.sockets.sockets.forEach(({ request }) => Object.defineProperty(request, 'socket', { value: {} }));
    assert.equal(await client.sendWithAck('ip'), 'of the app');
    await client.close();
  }));

  it('app/extend/application with a member io stops the start', async () => {
    const { message } = await startErrorOf({ 'app/extend/application.js': getters([ 'io' ]) });
    assert.match(message, /app\/extend\/application\.js: 'io' is the name of the Socket\.IO server, app\.io\. Give the member another name/);
  });

  it('app/extend/application with a member io in the file of the env stops the start', async () => {
    const { message } = await startErrorOf({ 'app/extend/application.unittest.js': "module.exports = { get io() { return 'of the app'; } };" });
    assert.match(message, /app\/extend\/application\.unittest\.js: 'io' is the name of the Socket\.IO server/);
  });

  it('app/extend/agent with a member io stops the start', async () => {
    const { message } = await startErrorOf({ 'app/extend/agent.js': getters([ 'io' ]) });
    assert.match(message, /app\/extend\/agent\.js: 'io' is the name of the Socket\.IO server, agent\.io\./);
  });

  it('services called io and ctx are services; @App() is the server', () => withInlineApp({
    'app/service/io.js': "const { Service } = require('egg'); module.exports = class extends Service { name() { return 'the service ' + this.ctx.event; } };",
    'app/service/ctx.js': "const { Service } = require('egg'); module.exports = class extends Service { name() { return 'ctx of ' + this.ctx.event; } };",
    'app/socket/main.ts': `
      import { App, type Application, type Context, Inject, OnWSMessage, WSController } from 'egg-socketio';
      @WSController('/')
      export class Main {
        @Inject() ctx: Context;
        @Inject() io: { name(): string };
        @App() server: Application;
        @OnWSMessage('names')
        names() {
          const { service } = this.ctx as any;
          return [ this.io.name(), service.io.name(), service.ctx.name(), this.server === this.ctx.app.io ];
        }
      }`,
  }, async ({ app, warnings }, startError) => {
    assert.ifError(startError);
    const client = await app.createSocketIOClient();
    assert.deepEqual(await client.sendWithAck('names'), [ 'the service names', 'the service names', 'ctx of names', true ]);
    assert.deepEqual(warnings, []);
    await client.close();
  }));
});
