import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import type { MockApplication } from 'egg-mock';
import 'egg-socketio/mock';
import type { EmittedEvent } from 'egg-socketio/mock';
import { callWorker } from '../../lib/mock/call_worker';
import { withInlineApp } from '../support/inline_app';
import { startOwnCluster } from '../support/own_cluster';

const ROOT = path.join(__dirname, '../..');

const CHAT = `
  const { defineSocketController } = require('egg-socketio');
  exports.Chat = defineSocketController({
    namespace: '/chat',
    messages: {
      say(ctx, ...args) {
        ctx.emit('echo', ...args);
        ctx.to('lobby').emit('said', ...args);
        ctx.app.io.of('/chat').emit('all', ...args);
        return args;
      },
    },
  });
`;

describe('test/mock/socket_event_elsewhere.test.ts', () => {
  const args = [ 'hi', Buffer.from('b'), { nested: [ Buffer.from('c') ] }];

  function assertSaid(result: { ack: unknown; emitted: EmittedEvent[]; broadcast: { event: string; args: unknown[] }[] }) {
    assert.deepEqual(result.ack, [ args ]);
    assert.deepEqual(result.emitted, [{ event: 'echo', args }]);
    assert.deepEqual(result.broadcast.map(({ event, args: sent }) => ({ event, args: sent })), [{ event: 'said', args }, { event: 'all', args }]);
  }

  for (const [ what, config ] of Object.entries({
    'with connection state recovery': '{ connectionStateRecovery: true }',
    'with an adapter of its own': `{ adapter: class extends require('socket.io-adapter').Adapter {
      // Sends later, as one does that asks another server first.
      broadcast(...args) { setTimeout(() => super.broadcast(...args), 5); }
    } }`,
    'with a parser of its own': "{ parser: require('./parser') }",
    'with polling alone': "{ transports: [ 'polling' ] }",
    'on a path of its own': "{ path: '/elsewhere/' }",
    'on a port of its own': '{ port: 0 }',
    'with a tight limit of events': '{ limits: { events: { perSecond: 2, burst: 2 } } }',
  })) {
    it(`an app ${what}`, async () => {
      await withInlineApp({
        'app/socket/chat.js': CHAT,
        'config/parser.js': `
          const parser = require('socket.io-parser');
          const swap = text => (typeof text === 'string' ? [ ...text ].reverse().join('') : text);
          exports.Encoder = class extends parser.Encoder { encode(packet) { return super.encode(packet).map(swap); } };
          exports.Decoder = class extends parser.Decoder { add(chunk) { super.add(swap(chunk)); } };`,
        'config/config.default.js': `module.exports = () => ({ keys: 'test keys', socketio: ${config} });`,
      }, async ({ app }, startError) => {
        if (startError) throw startError;
        assertSaid(await app.mockSocketEvent('/chat', 'say', args));
        const { disconnected, rooms, data } = await app.mockSocketEvent('/chat', 'say', [], { rooms: [ 'lobby' ], data: { a: 1 } });
        assert.deepEqual({ disconnected, rooms, data }, { disconnected: false, rooms: [ 'lobby' ], data: { a: 1 } });
      });
    });
  }

  it('an app in production does not load it', () => {
    const files = [ 'index', 'app', 'agent', 'app/extend/application', 'app/extend/agent' ].map(file => path.join(ROOT, file));
    const code = `${JSON.stringify(files)}.forEach(require); console.log(JSON.stringify(Object.keys(require.cache)));`;
    const { stdout, stderr } = spawnSync(process.execPath, [ '-r', 'tsx/cjs', '-e', code ], { cwd: ROOT, encoding: 'utf8' });
    const loaded = (JSON.parse(stdout || assert.fail(stderr)) as string[]).map(file => path.relative(ROOT, file));
    assert.ok(loaded.includes(path.join('lib', 'boot', 'framework.ts')));
    assert.deepEqual(loaded.filter(file => file.startsWith(path.join('lib', 'mock'))), []);
  });

  describe('the app of mm.cluster()', () => {
    let app: MockApplication;
    let stop: () => Promise<void>;
    before(async () => {
      // Without app.ready(): the first call waits for that.
      ({ app, stop } = await startOwnCluster('mocked_event'));
    });
    after(() => stop());

    it('makes the call in a worker', async () => {
      const { ack, broadcast, rooms, id } = await app.mockSocketEvent('/chat', 'join', [ 'lobby' ], { rooms: [ 'hall' ], data: { at: new Date(0) } });
      assert.deepEqual(ack, [ 'lobby' ]);
      assert.deepEqual(broadcast, [{ namespace: '/chat', event: 'joined', args: [ 'lobby' ], rooms: [], except: [ id ] }]);
      assert.deepEqual(rooms.sort(), [ 'everyone', 'hall', 'lobby' ]);
    });

    it('transfers values that JSON cannot represent', async () => {
      const { ack, error, data } = await app.mockSocketEvent('/chat', 'acks two', [], { data: { at: new Date(0) } });
      assert.deepEqual(ack, [ 'first', Buffer.from('second') ]);
      assert.equal(error, undefined);
      assert.deepEqual((data as { at: Date }).at, new Date(0));
    });

    it('makes many calls at once', async () => {
      const results = await Promise.all(Array.from({ length: 20 }, async (_, id) => app.mockSocketEvent('/chat', 'many', [ id ])));
      assert.deepEqual(results.map(({ ack }) => ack), Array.from({ length: 20 }, (_, id) => [ id ]));
      assert.deepEqual(results[7].emitted.map(({ args: sent }) => sent), [[ 7, 1 ], [ 7, 2 ], [ 7, 3 ]]);
    });

    it('has the context of the option ctx', async () => {
      const options = { auth: { password: 'sesame' }, ctx: { session: { role: 'admin' } } };
      assert.deepEqual((await app.mockSocketEvent('/guarded', 'shutdown', [], options)).ack, [ 'done' ]);
    });

    it('rejects as it does within one process', async () => {
      await assert.rejects(app.mockSocketEvent('/guarded', 'shutdown'), {
        message: "mockSocketEvent('/guarded', 'shutdown'): the connection was refused: who are you?",
        data: { code: 'UNAUTHORIZED', details: { wanted: 'a password' } },
      });
      await assert.rejects(app.mockSocketEvent('/chta', 'greet'), /there is no namespace '\/chta'/);
      await assert.rejects(app.mockSocketEvent('/chat', 'hangs', [], { timeout: 50 }), error => (
        /gave up after 50 ms: the handler has not finished; so far it has emitted 'hanging'/.test((error as Error).message)
          && /socket_event_elsewhere/.test((error as Error).stack!)
      ));
    });

    it('names the options that cannot be sent to another process', async () => {
      await assert.rejects(app.mockSocketEvent('/chat', 'greet', [], { until: () => true }), error => (
        error instanceof TypeError && /^mockSocketEvent\('\/chat', 'greet'\): the app of mm\.cluster\(\) runs in another process, to which functions .*\(\(\) ?=> ?true could not be cloned.*use mm\.app\(\)/.test(error.message)
      ));
    });

    it('uses the mocks of app.mockService(), mockSession() and mockContext()', async () => {
      app.mockService('user', 'find', async (id: string) => ({ name: `mocked ${id}` }));
      assert.deepEqual((await app.mockSocketEvent('/chat', 'greet', [ '7' ])).ack, [ 'hello mocked 7' ]);
      app.mockSession({ role: 'admin' });
      assert.deepEqual((await app.mockSocketEvent('/guarded', 'shutdown', [], { auth: { password: 'sesame' } })).ack, [ 'done' ]);
      app.mockContext({ tenant: 'mocked' });
      const { ack } = await app.mockSocketEvent<[ { tenant: string } ]>('/chat', 'who');
      assert.equal(ack![0].tenant, 'mocked');
      await app.mockRestore();
    });

    it('tells a test that has not imported egg-socketio/mock how to do so', () => {
      // As egg-mock itself would call it, in a process of its own.
      const { _callFunctionOnAppWorker: call } = app as unknown as { _callFunctionOnAppWorker(...args: unknown[]): unknown };
      assert.throws(() => call.call(app, 'mockSocketEvent', [ '/chat', 'greet' ], null, true), /needs import 'egg-socketio\/mock' before mm\.cluster\(\)/);
    });
  });

  describe('a worker that cannot make the call', () => {
    async function withServer(answer: RequestListener, run: (port: number) => Promise<void>): Promise<void> {
      const server = createServer(answer).listen(0, '127.0.0.1');
      await once(server, 'listening');
      try {
        await run((server.address() as AddressInfo).port);
      } finally {
        server.closeAllConnections();
        server.close();
      }
    }

    it('is one without the method, and the error names the missing import', async () => {
      await withServer((_req, res) => { res.writeHead(422).end('no method'); }, async port => {
        await assert.rejects(callWorker(port, '/chat', 'greet'),
          { message: "mockSocketEvent('/chat', 'greet'): a worker of mm.cluster() answered 422 (no method). It must run in the unittest env." });
      });
    });

    it('is one that dies', async () => {
      await withServer(req => req.socket.destroy(), async port => {
        await assert.rejects(callWorker(port, '/chat', 'greet'), { code: 'ECONNRESET' });
      });
    });

    it('is one that does not answer', async function() {
      this.timeout(20_000);
      await withServer(() => undefined, async port => {
        await assert.rejects(callWorker(port, '/chat', 'greet', [], { timeout: 1 }), { message: 'the worker has not answered within 5002 ms' });
      });
    });
  });
});
