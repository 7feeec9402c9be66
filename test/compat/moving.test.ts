import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { withInlineApp } from '../support/inline_app';
import { CLIENTS, oldStartErrorOf, PLUGIN, withOldApp } from '../support/old_app';

const config = (io: string, socketio = '{}') => ({ 'config/config.default.js': `module.exports = () => ({ keys: 'k', io: ${io}, socketio: ${socketio} });` });
const SAY = {
  'app/io/controller/chat.js': 'module.exports = app => class ChatController extends app.Controller { async say() { this.ctx.args.pop()("old"); } };',
  'app/router.js': "module.exports = app => {\n  app.io.of('/chat').route('say', app.io.controller.chat.say);\n};",
  ...config("{ namespace: { '/chat': {} } }"),
};
const NEW = (event: string) => `module.exports = require('egg-socketio').defineSocketController({ namespace: '/chat', messages: { ${event}: () => 'new' } });`;

/** A mistake in an app, and the message at its start. */
const MISTAKES: [ title: string, files: Record<string, string>, code: string, expected: RegExp ][] = [
  [ 'an event with a route and a controller of app/socket', { 'app/socket/chat.js': NEW('say') }, 'DUPLICATE_EVENT',
    /event 'say' of namespace '\/chat' has two handlers: the route in app\/router\.js:2 \(app\/io\/controller\/chat\.js: ChatController\.say\) and app\/socket\/chat\.js: messages\.say\. Remove the route/ ],
  [ 'a route without a function', { 'app/router.js': "module.exports = app => {\n  app.io.of('/chat').route('say', app.io.controller.chat.sya);\n};" }, 'INVALID_CONTROLLER',
    /app\/router\.js:2: app\.io\.of\('\/chat'\)\.route\('say'\): expected a handler of app\.io\.controller, but got undefined\. Handlers: chat\.say\./ ],
  [ 'a route whose event is not a string', { 'app/router.js': 'module.exports = app => app.io.route(7, () => {});' }, 'INVALID_CONTROLLER',
    /app\/router\.js:1: app\.io\.of\('\/'\)\.route\(\): expected the event to be a string, but got 7\./ ],
  [ 'a route for the event of streams', { 'app/router.js': "module.exports = app => app.io.of('/chat').route('$stream', () => {});" }, 'INVALID_CONTROLLER',
    /app\/router\.js:1: app\.io\.of\('\/chat'\)\.route\('\$stream'\): the name is reserved for streams; choose another name\./ ],
  [ 'an unknown middleware', { 'app/io/middleware/auth.js': 'module.exports = () => async (ctx, next) => next();', ...config("{ namespace: { '/chat': { packetMiddleware: [ 'auht' ] } } }") }, 'INVALID_MIDDLEWARE',
    /config\.io\.namespace\['\/chat'\]\.packetMiddleware: there is no file app\/io\/middleware\/auht\. Did you mean 'auth'\?/ ],
  [ 'a middleware file without a function', { 'app/io/middleware/auth.js': 'module.exports = {};' }, 'INVALID_MIDDLEWARE', /app\/io\/middleware\/auth\.js: expected app => async \(ctx, next\) => \{ … \}, but got a value of type object\./ ],
  [ 'a controller file without a function', { 'app/io/controller/none.js': 'module.exports = app => 7;' }, 'INVALID_CONTROLLER', /app\/io\/controller\/none\.js: expected a class, an object of functions, a function, or app => one of them, but got 7\./ ],
  [ 'an unknown key', config('{ namespaces: {} }'), 'INVALID_CONFIG', /config\.io\.namespaces: unknown option\. Did you mean 'namespace'\?/ ],
  [ 'an unknown key of a namespace', config("{ namespace: { '/chat': { middleware: [] } } }"), 'INVALID_CONFIG', /config\.io\.namespace\.\/chat\.middleware: unknown option\./ ],
  [ 'connection middleware that is no array', config("{ namespace: { '/': { connectionMiddleware: 'auth' } } }"), 'INVALID_CONFIG', /config\.io\.namespace\.\/\.connectionMiddleware: expected an array of names of files in app\/io\/middleware, but got "auth" \(string\)\./ ],
  [ 'an unknown key of init', config('{ init: { pingInterva: 1 } }'), 'INVALID_CONFIG', /config\.io\.init\.pingInterva: unknown option\. Did you mean 'pingInterval'\?/ ],
  [ 'origins in init', config("{ init: { origins: '*:*' } }"), 'INVALID_CONFIG', /config\.io\.init\.origins: egg-socket\.io did not read it either\. Remove it, and list the pages of other origins that may connect in config\.socketio\.cors\./ ],
  [ 'an unknown key of redis', config("{ redis: { host: '127.0.0.1', retry_strategy() {} } }"), 'INVALID_CONFIG', /config\.io\.redis\.retry_strategy: unknown option\..*set config\.socketio\.adapter to createRedisAdapter/ ],
  [ 'one namespace under two names', config("{ namespace: { chat: {}, '/chat': {} } }"), 'INVALID_CONFIG', /config\.io\.namespace: '\/chat' and 'chat' are the same namespace\. Merge them\./ ],
  [ 'a path in both configurations', config("{ init: { path: '/a' } }", "{ path: '/b' }"), 'INVALID_CONFIG',
    /config\.io\.init\.path \(config\/config\.default\.js\) and config\.socketio\.path \(config\/config\.default\.js\) say different things\. Remove one of them/ ],
  [ 'Redis in both configurations', config("{ redis: { host: '127.0.0.1' } }", "{ adapter: { redis: 'redis://127.0.0.1' } }"), 'INVALID_CONFIG', /config\.io\.redis.* and config\.socketio\.adapter.* say different things/ ],
];

describe('test/compat/moving.test.ts', () => {
  for (const [ title, files, code, expected ] of MISTAKES) {
    it(`does not start with ${title}, and names the place`, async () => {
      const error = await oldStartErrorOf({ ...SAY, ...files }) as Error & { code?: string };
      assert.match(error.message, expected);
      assert.equal(error.code, code);
    });
  }

  for (const [ name, connect ] of Object.entries(CLIENTS)) {
    it(`an app may move one event of a namespace at a time, and both kinds of handlers serve ${name}`, async () => {
      await withOldApp({ ...SAY, 'app/socket/chat.js': NEW('read') }, async ({ client, warnings }) => {
        const socket = client(connect, '/chat');
        assert.deepEqual([ await socket.ask('say'), await socket.ask('read') ], [[ 'old' ], [ 'new' ]]);
        assert.deepEqual(warnings.filter(text => text.startsWith('[egg-socketio]')), []);
      });
    });
  }

  it('guards and middleware of config.socketio protect routes too', async () => {
    await withOldApp({
      ...SAY, ...config("{ namespace: { '/chat': {} } }", "{ guards: [ ctx => ctx.event !== 'say' ], middleware: [ async (ctx, next) => { await next(); } ] }"),
    }, async ({ client }) => {
      const socket = client(CLIENTS['socket.io-client 4'], '/chat').listen('error');
      socket.emit('say');
      assert.deepEqual(await socket.next('error'), [ 'access denied' ]);
    });
  });

  it('options of config.io.init and generateId become options of the server', async () => {
    await withOldApp({
      ...SAY, ...config("{ init: { path: '/old', cookie: 'sid', pingTimeout: 3000, wsEngine: 'uws' }, generateId: () => 'mine-' + Math.random(), namespace: { '/chat': {} } }"),
    }, async ({ client, app, url, warnings }) => {
      const socket = client(CLIENTS['socket.io-client 2'], '/chat', { path: '/old' }).listen('connect');
      await socket.next('connect');
      assert.match(socket.socket.id!, /^\/chat#mine-/);
      assert.equal(app.config.socketio.pingTimeout, 3000);
      const response = await fetch(`${url}/old/?EIO=4&transport=polling`, { headers: { connection: 'close' } });
      assert.match(response.headers.get('set-cookie')!, /^sid=mine-.*; Path=\/; HttpOnly/);
      assert.ok(warnings.some(text => /config\.io\.init\.wsEngine: 'uws' is no longer maintained, and ws is used\. Remove it\./.test(text)), warnings.join('\n'));
      assert.ok(warnings.some(text => text.includes('config.io.generateId makes the ids of Engine.IO sessions')), warnings.join('\n'));
    });
  });

  it('warns of calls that Socket.IO 4 has not got, with file and line, of a second route, and of a namespace that is not configured', async () => {
    await withOldApp({
      ...SAY,
      'app/io/controller/old.js': `exports.old = async ctx => {
        const rooms = Object.keys(ctx.socket.rooms);
        ctx.app.io.of('/').sockets['id'];
        ctx.socket.to('lobby');
        ctx.socket.join('a').join('b');
        ctx.socket.use((packet, next) => next());
      };`,
      'app/public/script.js': 'Object.keys(socket.rooms);',
      'app/router.js': `module.exports = app => {
        app.io.of('/chat').route('say', app.io.controller.chat.say);
        app.io.of('/chat').route('say', app.io.controller.old.old);
        app.io.of('/nowhere').route('say', app.io.controller.chat.say);
      };`,
    }, async ({ warnings }) => {
      const texts = warnings.filter(text => text.startsWith('[egg-socketio]'));
      const lines = [ 2, 3, 4, 5, 6 ].map(line => `app/io/controller/old.js:${line}: `);
      for (const start of [ ...lines, "app/router.js:3: the event 'say' of namespace '/chat' has a route already, in app/router.js:2", "app/router.js:4: the route of 'say' is never called" ]) {
        assert.ok(texts.some(text => text.startsWith(`[egg-socketio] ${start}`)), `${start}\n${texts.join('\n')}`);
      }
      assert.equal(texts.length, 7, texts.join('\n'));
    });
  });

  it('warns that recovered clients skip connection middleware', async () => {
    await withOldApp({
      'app/io/middleware/m.js': 'module.exports = () => async (ctx, next) => next();',
      ...config("{ namespace: { '/': { connectionMiddleware: [ 'm' ] } } }", '{ connectionStateRecovery: true }'),
    }, async ({ warnings }) => {
      assert.ok(warnings.some(text => /connectionStateRecovery: a client that is recovered skips the connection middleware of config\.io.*Set skipMiddlewares: false\./.test(text)), warnings.join('\n'));
    });
  });

  for (const redis of [ "{ host: '127.0.0.1', port: 1, auth_pass: 'a secret' }", "'redis://:a%20secret@127.0.0.1:1'" ]) {
    it(`the password of config.io.redis is not written to run/application_config.json: ${redis}`, async () => {
      // Redis is not there, so the app does not start; Egg has written its configuration before.
      await withInlineApp({ ...PLUGIN, ...config(`{ redis: ${redis} }`) }, ({ baseDir }, error) => {
        assert.match(error!.message, /Redis at .*127\.0\.0\.1/);
        for (const name of [ 'application', 'agent' ]) {
          const dumped = readFileSync(`${baseDir}/run/${name}_config.json`, 'utf8');
          assert.doesNotMatch(dumped, /secret/);
        }
      });
    });
  }

  it('app.mockSocketEvent() runs a route with its middleware', async () => {
    await withOldApp({
      ...SAY, ...config("{ namespace: { '/chat': { connectionMiddleware: [ 'm' ], packetMiddleware: [ 'm' ] } } }"),
      'app/io/middleware/m.js': "module.exports = () => async (ctx, next) => { if (ctx.packet) ctx.emit('packet', ctx.packet[0]); await next(); };",
    }, async ({ app }) => {
      const { ack, emitted, error } = await app.mockSocketEvent('/chat', 'say', [ 'hello' ]);
      assert.deepEqual([ ack, emitted.map(({ event, args }) => [ event, ...args ]), error ], [[ 'old' ], [[ 'packet', 'say' ]], undefined ]);
    });
  });

  it('is off, and none of its files is loaded, unless an app enables it', async () => {
    const isLoaded = () => Object.keys(require.cache).some(file => /lib[\\/]compat[\\/]/.test(file));
    for (const file of Object.keys(require.cache)) if (/lib[\\/]compat[\\/]|[\\/]egg-socket\.io[\\/]/.test(file)) delete require.cache[file];
    await withInlineApp({ 'app/socket/chat.js': NEW('say') }, ({ app }, error) => {
      assert.ifError(error);
      assert.equal(isLoaded(), false);
      assert.equal('route' in app.io, false);
      assert.equal(app.config.socketio.allowEIO3, undefined);
    });
  });
});
