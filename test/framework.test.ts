import assert from 'node:assert/strict';
import { once } from 'node:events';
import { execFile } from 'node:child_process';
import { get, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { SocketIOTestClient } from 'egg-socketio/mock';
import { frameworkOf } from '../lib/boot/framework';
import type { Deadlines } from '../lib/limits/deadlines';
import { Activity } from '../lib/events/namespace/activity';
import { withInlineApp } from './support/inline_app';

const CONTROLLER = `
const { defineSocketController } = require('egg-socketio');
const log = global.shutdownLog = [];
module.exports = defineSocketController({
  onConnection(ctx) { ctx.emit('ready'); },
  async onDisconnection(ctx, reason) {
    log.push(['begun', reason]);
    await new Promise(resolve => setImmediate(resolve));
    await new Promise(resolve => setImmediate(resolve));
    log.push(['finished', ctx.app.currentContext === ctx]);
  },
  messages: { echo: (ctx, value) => value },
});
`;

function config(socketio: string): Record<string, string> {
  return {
    'config/config.default.js': `module.exports = () => ({ keys: 'k', socketio: ${socketio} });`,
    'app/socket/echo.js': CONTROLLER,
  };
}

describe('test/framework.test.ts', () => {
  it('waits for disconnect handlers, lets clients reconnect, and leaves Egg\'s server open', async () => {
    await withInlineApp(config('{}'), async ({ app }) => {
      const { server } = app as unknown as { server: Server };
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      const client = await new SocketIOTestClient({ port, transports: [ 'websocket' ] }).connect();
      await client.next('ready');
      const disconnected = once(client, 'disconnect');

      await app.close();

      const log = (global as unknown as { shutdownLog: unknown[] }).shutdownLog;
      assert.deepEqual(log, [[ 'begun', 'server shutting down' ], [ 'finished', true ]]);
      // 'io server disconnect' would stop the client from reconnecting by itself.
      assert.deepEqual((await disconnected)[0], 'transport close');
      assert.ok(server.listening);
      server.close();
    });
  });

  it('keeps no name of a namespace that a client has made up', async () => {
    const controller = 'module.exports = require("egg-socketio").defineSocketController({ namespace: /^\\/room-/, messages: { a() {} } });';
    await withInlineApp({ 'app/socket/room.js': controller }, async ({ app }) => {
      const client = await app.createSocketIOClient({ namespace: '/room-1' });
      await client.close();
      const { namespaces } = frameworkOf(app) as unknown as { namespaces: Set<string> };
      assert.deepEqual(namespaces, new Set([ '/' ]));
    });
  });

  it('closes while a test client is still connected', async () => {
    for (const transports of [[ 'websocket' ], [ 'polling' ]] as const) {
      await withInlineApp(config('{}'), async ({ app }) => {
        await app.createSocketIOClient({ transports: [ ...transports ] });
      });
    }
  });

  it('closes without a disconnect handler that never ends, and logs it', async () => {
    const deadlines = { pending: [] } as unknown as Deadlines;
    const activity = new Activity(deadlines);
    activity.track(new Promise(() => undefined));
    assert.deepEqual(await activity.settle(1), [ '1 connection or disconnect handler(s)' ]);
    const idle = new Activity(deadlines);
    idle.track(Promise.resolve());
    assert.deepEqual(await idle.settle(10_000), []);
  });

  it('leaves no handle open', async () => {
    // In a process of its own, once with the plugin and once without it: what Egg itself leaves is not ours.
    const leftOpen = async (enable: boolean) => {
      const script = path.join(__dirname, 'support/open_and_close.js');
      const { stdout } = await promisify(execFile)(process.execPath, [ script, String(enable) ], { timeout: 60_000 });
      return JSON.parse(stdout.split('\n').at(-2)!) as string[];
    };
    assert.deepEqual(await leftOpen(true), await leftOpen(false));
  });

  it('listens on a port of its own, and leaves Egg\'s server alone', async () => {
    await withInlineApp(config("{ port: 0, path: '/own' }"), async ({ app }) => {
      const client = await app.createSocketIOClient();
      assert.equal(await client.sendWithAck('echo', 'own'), 'own');
      await client.close();
      await app.httpRequest().get('/own/?EIO=4&transport=polling').expect(404);
    });
  });

  it('passes other options to Socket.IO: path, transports, serveClient, pingInterval, generateId, adapter', async () => {
    const socketio = `{
      path: '/deep/io', transports: [ 'polling' ], serveClient: true, pingInterval: 12345,
      generateId: req => 'id-of-' + req.headers['x-name'],
      adapter: nsp => { const { Adapter } = require('socket.io-adapter'); const a = new Adapter(nsp); a.custom = true; return a; },
    }`;
    await withInlineApp(config(socketio), async ({ app }, startError) => {
      assert.equal(startError, undefined);
      const client = await app.createSocketIOClient({ extraHeaders: { 'x-name': 'harry' } });
      assert.equal(client.socket.io.engine.id, 'id-of-harry');
      assert.equal(client.socket.io.engine.transport.name, 'polling');
      assert.equal((app.io.of('/').adapter as unknown as { custom: boolean }).custom, true);
      assert.equal(app.io.engine.opts.pingInterval, 12345);
      const { port } = client.socket.io.engine as unknown as { port: string };
      const [ res ] = await once(get({ host: '127.0.0.1', port, path: '/deep/io/socket.io.min.js' }), 'response') as [IncomingMessage];
      assert.equal(res.statusCode, 200);
      assert.match(await text(res), /Socket\.IO v4/);
      app.io.engine.generateId = () => 'replaced at run time';
      const second = await app.createSocketIOClient();
      assert.equal(second.socket.io.engine.id, 'replaced at run time');
      await Promise.all([ client.close(), second.close() ]);
    });
  });

  it('makes one adapter for each namespace', async () => {
    const socketio = `{ adapter: class extends require('socket.io-adapter').Adapter {
      constructor(nsp) { super(nsp); (global.adapters ??= []).push(nsp.name); }
      close() { global.closedAdapters = (global.closedAdapters ?? 0) + 1; }
    } }`;
    const seen = global as unknown as { adapters: string[]; closedAdapters: number };
    await withInlineApp(config(socketio), async ({ app }) => { app.io.of('/second'); });
    assert.deepEqual(seen.adapters, [ '/', '/second' ]);
    assert.equal(seen.closedAdapters, 2);
  });

  it('protects namespaces without a controller too, whenever they are created', async () => {
    const files = {
      ...config('{ connectionMiddleware: [ (ctx, next) => (ctx.handshake.auth.token === \'t\' ? next() : undefined) ] }'),
      'app.js': "module.exports = class { constructor(app) { this.app = app; } async didLoad() { this.app.io.of('/early'); } };",
    };
    delete (files as Record<string, string>)['app/socket/echo.js'];
    await withInlineApp(files, async ({ app }) => {
      app.io.of('/late');
      app.io.of(/^\/pattern/);
      for (const namespace of [ '/', '/early', '/late', '/pattern-1' ]) {
        await assert.rejects(app.createSocketIOClient({ namespace }), { message: 'connection refused' });
        const client = await app.createSocketIOClient({ namespace, auth: { token: 't' } });
        assert.deepEqual(await client.sendWithAck('nobody'), { error: { code: 'EVENT_NOT_FOUND', message: 'no handler for this event' } });
        await client.close();
      }
    });
  });

  it('acks unknown events with an error, or ignores them', async () => {
    await withInlineApp(config("{ unknownEvents: 'ignore' }"), async ({ app }) => {
      const client = await app.createSocketIOClient();
      let answered = false;
      client.send('nobody', () => { answered = true; });
      assert.equal(await client.sendWithAck('echo', 1), 1);
      assert.equal(answered, false);
      await client.close();
    });
  });
});
