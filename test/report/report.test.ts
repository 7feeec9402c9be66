import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { StartupReport } from 'egg-socketio';
import { relativePath } from '../../lib/base/paths';
import { type InlineApp, withInlineApp } from '../support/inline_app';

const FILES = {
  'config/config.default.js': `
    module.exports = () => ({
      keys: 'test keys',
      socketio: { middleware: [ 'trace', (ctx, next) => next() ], guards: [ function signedIn() { return true; } ] },
    });`,
  'app/socket/chat.ts': `
    import {
      type Context, OnWSConnection, OnWSDisConnection, OnWSDisconnecting, OnWSMessage, UseGuard, UseInterceptor, WSBroadCast, WSController,
      WSEmit,
    } from 'egg-socketio';
    const log = (_ctx: Context, next: () => Promise<unknown>) => next();
    class Cache { async intercept(_ctx: Context, next: () => Promise<unknown>) { return next(); } }
    class IsMember { canActivate() { return true; } }

    @WSController('chat', { connectionMiddleware: [ 'admin/auth', (_ctx, next) => next() ], middleware: [ log ], outgoing: [ function redact() {} ] })
    @UseGuard(IsMember)
    @UseInterceptor(Cache)
    export class ChatController {
      @OnWSDisConnection() @OnWSDisconnecting() go() {}
      @OnWSMessage('加入房间') @WSEmit('已加入') @WSBroadCast('joined', [ 'lobby', 'staff' ]) join() {}
      @OnWSMessage('say', { middleware: [ (_ctx, next) => next(), 'trace' ] }) @UseGuard(() => true) @UseInterceptor(log)
      @WSEmit('said', 'lobby') say() {}
      @OnWSConnection() come() {}
    }`,
  'app/socket/rooms/room.js': `
    module.exports = require('egg-socketio').defineSocketController({
      namespace: /^\\/room-\\d+$/,
      messages: { hello: { handler() {}, broadcast: 'hi' }, '': () => 1, ' two\\nlines': () => 1, '👍🏽 ｱé': () => 1 },
    });`,
  'app/socket/middleware/trace.js': 'module.exports = (ctx, next) => next();',
  'app/socket/middleware/admin/auth.js': 'module.exports = (ctx, next) => next();',
};

const EXPECTED_TABLE = String.raw`9 handlers in 2 namespaces (as JSON in run/socketio.json)
namespace       event            handler                                          middleware                            guards                         interceptors  emits
/chat           (connecting)                                                      admin/auth, controller[1]             signedIn, IsMember
/chat           (connection)     app/socket/chat.ts:come
/chat           加入房间         app/socket/chat.ts:join                          trace, app[1], log                    signedIn, IsMember             Cache         已加入 (sender), joined (rooms lobby, staff)
/chat           say              app/socket/chat.ts:say                           trace, app[1], log, method[0], trace  signedIn, IsMember, method[0]  Cache, log    said (room lobby)
/chat           (disconnecting)  app/socket/chat.ts:go
/chat           (disconnect)     app/socket/chat.ts:go
/chat           (outgoing)                                                        redact
/^\/room-\d+$/  (connecting)                                                                                            signedIn
/^\/room-\d+$/  hello            app/socket/rooms/room.js:messages.hello          trace, app[1]                         signedIn                                     hi (others)
/^\/room-\d+$/  ""               app/socket/rooms/room.js:messages.               trace, app[1]                         signedIn
/^\/room-\d+$/  " two\nlines"    app/socket/rooms/room.js:"messages. two\nlines"  trace, app[1]                         signedIn
/^\/room-\d+$/  👍🏽 ｱé            app/socket/rooms/room.js:messages.👍🏽 ｱé          trace, app[1]                         signedIn
`;

function readReport({ baseDir }: InlineApp): StartupReport {
  return JSON.parse(readFileSync(path.join(baseDir, 'run/socketio.json'), 'utf8'));
}

const LAST_LINE = 'that is all';

/** The lines that the app has logged at level info, once all of them are in the file. Egg opens the file without telling when. */
async function logOf({ app, baseDir }: InlineApp): Promise<string> {
  const file = path.join(baseDir, 'logs/inline/inline-web.log');
  app.logger.info(LAST_LINE);
  for (;;) {
    const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
    const end = text.indexOf(LAST_LINE);
    if (end >= 0) return text.slice(0, text.lastIndexOf('\n', end) + 1);
    await setTimeout(5);
  }
}

describe('test/report/report.test.ts', () => {
  it('writes the loaded handlers to run/socketio.json', async () => {
    await withInlineApp(FILES, async (inline, startError) => {
      assert.equal(startError, undefined);
      const app = [{ name: 'trace', level: 'app' }, { name: 'app[1]', level: 'app' }];
      const guards = [{ name: 'signedIn', level: 'app' }, { name: 'IsMember', level: 'controller' }];
      const chat = { file: 'app/socket/chat.ts', controller: 'ChatController' };
      const none = { middleware: [], guards: [], interceptors: [], emits: [] };
      const cache = { name: 'Cache', level: 'controller' };
      const room = {
        kind: 'message', file: 'app/socket/rooms/room.js', controller: 'defineSocketController', ...none, middleware: app, guards: guards.slice(0, 1),
      };
      assert.deepEqual(readReport(inline), {
        version: 1,
        namespaces: [
          {
            name: '/chat',
            pattern: false,
            connecting: { middleware: [{ name: 'admin/auth', level: 'controller' }, { name: 'controller[1]', level: 'controller' }], guards },
            outgoing: [{ name: 'redact', level: 'controller' }],
            handlers: [
              { kind: 'connection', event: 'connection', ...chat, method: 'come', ...none },
              {
                kind: 'message', event: '加入房间', ...chat, method: 'join',
                middleware: [ ...app, { name: 'log', level: 'controller' }],
                guards,
                interceptors: [ cache ],
                emits: [{ kind: 'emit', event: '已加入', rooms: [] }, { kind: 'broadcast', event: 'joined', rooms: [ 'lobby', 'staff' ] }],
              },
              {
                kind: 'message', event: 'say', ...chat, method: 'say',
                middleware: [ ...app, { name: 'log', level: 'controller' }, { name: 'method[0]', level: 'method' }, { name: 'trace', level: 'method' }],
                guards: [ ...guards, { name: 'method[0]', level: 'method' }],
                interceptors: [ cache, { name: 'log', level: 'method' }],
                emits: [{ kind: 'emit', event: 'said', rooms: [ 'lobby' ] }],
              },
              { kind: 'disconnecting', event: 'disconnecting', ...chat, method: 'go', ...none },
              { kind: 'disconnect', event: 'disconnect', ...chat, method: 'go', ...none },
            ],
          },
          {
            name: '/^\\/room-\\d+$/',
            pattern: true,
            connecting: { middleware: [], guards: guards.slice(0, 1) },
            outgoing: [],
            handlers: [
              { ...room, event: 'hello', method: 'messages.hello', emits: [{ kind: 'broadcast', event: 'hi', rooms: [] }] },
              { ...room, event: '', method: 'messages.' },
              { ...room, event: ' two\nlines', method: 'messages. two\nlines' },
              { ...room, event: '👍🏽 ｱé', method: 'messages.👍🏽 ｱé' },
            ],
          },
        ],
      });
      assert.equal((await logOf(inline)).split('[egg-socketio] loaded ')[1], EXPECTED_TABLE);
    });
  });

  it('logs no table if it is turned off, and still writes the file', async () => {
    await withInlineApp({
      ...FILES, 'config/config.default.js': "module.exports = () => ({ keys: 'k', socketio: { startupTable: false } });",
    }, async inline => {
      assert.equal(readReport(inline).namespaces.length, 2);
      assert.doesNotMatch(await logOf(inline), /loaded/);
    });
  });

  it('logs in one line that no handler was loaded', async () => {
    await withInlineApp({}, async inline => {
      assert.match(await logOf(inline), /\[egg-socketio\] loaded 0 handlers in 0 namespaces \(as JSON in run\/socketio\.json\)\n$/);
      assert.deepEqual(readReport(inline), { version: 1, namespaces: [] });
    });
  });

  it('starts and logs the table if the file cannot be written', async () => {
    // Not among the files: Egg 4's mock empties the folder `run` first.
    const agent = "module.exports = agent => require('node:fs').mkdirSync(`${agent.config.rundir}/socketio.json`, { recursive: true });";
    await withInlineApp({ ...FILES, 'agent.js': agent }, async (inline, startError) => {
      assert.equal(startError, undefined);
      assert.match(inline.warnings.join('\n'), /cannot write what was loaded to .*run\/socketio\.json: EISDIR/);
      assert.match(await logOf(inline), /loaded 9 handlers in 2 namespaces\nnamespace/);
    });
  });

  it('shows paths with slashes on every system', () => {
    assert.equal(relativePath('C:\\apps\\chat', 'C:\\apps\\chat\\app\\socket\\a.ts', path.win32), 'app/socket/a.ts');
    assert.equal(relativePath('/apps/chat', '/apps/node_modules/egg-a/app/socket/a.js', path.posix), '../node_modules/egg-a/app/socket/a.js');
  });
});
