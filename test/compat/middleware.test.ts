import assert from 'node:assert/strict';
import { writtenLog } from '../support/written_log';
import { CLIENTS, withOldApp } from '../support/old_app';

const config = (io: string, more = '') => ({ 'config/config.default.js': `module.exports = () => ({ keys: 'k', io: ${io}, ${more} });` });
const PACKETS = config("{ namespace: { '/': { packetMiddleware: [ 'm' ] } } }");
const CONNECTIONS = config("{ namespace: { '/': { connectionMiddleware: [ 'm' ] } } }");
const ECHO = {
  'app/io/controller/echo.js': "exports.echo = async ctx => { ctx.emit('res', ...ctx.args.filter(arg => typeof arg !== 'function'), ctx.user); };",
  'app/router.js': "module.exports = app => { app.io.route('echo', app.io.controller.echo.echo); };",
};

for (const [ name, connect ] of Object.entries(CLIENTS)) {
  describe(`test/compat/middleware.test.ts: ${name}`, () => {
    describe('packet middleware', () => {
      it('runs around a handler with the same ctx, and its part after next() runs when the handler has finished', async () => {
        await withOldApp({
          ...PACKETS, ...ECHO,
          'app/io/controller/echo.js': "exports.echo = async ctx => { await new Promise(setImmediate); ctx.emit('res', ctx.user); ctx.done = true; };",
          'app/io/middleware/m.js': "module.exports = () => async (ctx, next) => { ctx.user = 'ann'; await next(); ctx.emit('after', ctx.done, ctx.packet); };",
        }, async ({ client }) => {
          const socket = client(connect).listen('res', 'after');
          socket.emit('echo', 1);
          assert.deepEqual(await socket.next('res'), [ 'ann' ]);
          assert.deepEqual(await socket.next('after'), [ true, [ 'echo', 1 ]]);
        });
      });

      it('may change the arguments and the event of the packet', async () => {
        await withOldApp({
          ...PACKETS, ...ECHO,
          'app/io/middleware/m.js': `module.exports = () => async (ctx, next) => {
            ctx.packet[0] = 'echo'; ctx.packet[1] = ctx.packet[1].trim(); ctx.packet.push('added'); await next();
          };`,
        }, async ({ client }) => {
          const socket = client(connect).listen('res');
          socket.emit('anything', '  text ');
          assert.deepEqual((await socket.next('res')).slice(0, 2), [ 'text', 'added' ]);
        });
      });

      it('ends an event by not calling next(), also for a listener of the app; the ack does not come', async () => {
        await withOldApp({
          ...config("{ namespace: { '/': { connectionMiddleware: [ 'c' ], packetMiddleware: [ 't', 'm' ] } } }"), ...ECHO,
          'app/io/middleware/c.js': "module.exports = () => async (ctx, next) => { ctx.socket.on('own', () => ctx.emit('res', 'own')); await next(); };",
          'app/io/middleware/t.js': "module.exports = () => async (ctx, next) => { await next(); ctx.emit('end', ctx.packet[0]); };",
          'app/io/middleware/m.js': "module.exports = () => async (ctx, next) => { if (ctx.packet[1] !== 'stop') await next(); };",
        }, async ({ client }) => {
          const socket = client(connect).listen('res', 'end');
          let acked = false;
          socket.emit('own', 'go');
          assert.deepEqual(await socket.next('res'), [ 'own' ]);
          assert.deepEqual(await socket.next('end'), [ 'own' ]);
          for (const event of [ 'own', 'echo' ]) {
            socket.socket.emit(event, 'stop', () => { acked = true; });
            assert.deepEqual(await socket.next('end'), [ event ]);
          }
          assert.deepEqual([ socket.left('res'), acked ], [[], false ]);
        });
      });

      it('runs for the events of a controller in app/socket too, which gets the same ctx', async () => {
        await withOldApp({
          ...PACKETS, ...ECHO,
          'app/io/middleware/m.js': "module.exports = () => async (ctx, next) => { ctx.user = 'ann'; ctx.packet[1] += 1; await next(); };",
          'app/socket/new.js': "module.exports = require('egg-socketio').defineSocketController({ messages: { add: (ctx, one) => ({ one, user: ctx.user }) } });",
        }, async ({ client }) => {
          const socket = client(connect).listen('res');
          assert.deepEqual(await socket.ask('add', 1), [{ one: 2, user: 'ann' }]);
          socket.emit('echo', 1);
          assert.deepEqual(await socket.next('res'), [ 2, 'ann' ]);
        });
      });
    });

    describe('an error', () => {
      it('of packet middleware reaches the client as the event error, with its data or else its message, and the log', async () => {
        await withOldApp({
          ...PACKETS, ...ECHO,
          'app/io/middleware/m.js': `module.exports = () => async (ctx, next) => {
            throw Object.assign(new Error('packet ' + ctx.packet[1]), ctx.packet[1] === 'data' ? { data: { n: 1 } } : {});
          };`,
        }, async ({ client, app, baseDir }) => {
          const socket = client(connect).listen('error', 'exception', 'res');
          socket.emit('echo', 'text');
          assert.deepEqual(await socket.next('error'), [ 'packet text' ]);
          socket.emit('echo', 'data');
          assert.deepEqual(await socket.next('error'), [{ n: 1 }]);
          assert.deepEqual([ socket.left('exception'), socket.left('res') ], [[], []]);
          await writtenLog(`${baseDir}/logs/${app.name}`, [ 'common-error.log' ], [ 'packet text' ]);
        });
      });

      it('of a handler can be caught in packet middleware, and else reaches the client as error; its ack stays open', async () => {
        await withOldApp({
          ...PACKETS,
          'app/io/controller/fail.js': "exports.fail = async () => { throw new Error('no'); }; exports.sync = () => { throw new Error('sync'); };",
          'app/router.js': "module.exports = app => { app.io.route('fail', app.io.controller.fail.fail); app.io.route('sync', app.io.controller.fail.sync); };",
          'app/io/middleware/m.js': `module.exports = () => async (ctx, next) => {
            try { await next(); } catch (error) { if (ctx.packet[1] !== 'catch') throw error; ctx.emit('caught', error.message); }
          };`,
        }, async ({ client }) => {
          const socket = client(connect).listen('error', 'caught');
          socket.emit('fail', 'catch');
          assert.deepEqual(await socket.next('caught'), [ '[egg-socket.io] controller execute error: no' ]);
          let acked = false;
          socket.socket.emit('fail', () => { acked = true; });
          assert.deepEqual(await socket.next('error'), [ '[egg-socket.io] controller execute error: no' ]);
          socket.emit('sync');
          assert.deepEqual(await socket.next('error'), [ '[egg-socket.io] controller execute error: sync' ]);
          assert.equal(acked, false);
        });
      });

      it('of connection middleware refuses the client with its message, in every environment', async () => {
        await withOldApp({
          ...CONNECTIONS, ...ECHO,
          'app/io/middleware/m.js': "module.exports = () => async () => { throw new Error('auth failed!'); };",
        }, async ({ client }) => {
          const [ event, text ] = name.endsWith('2') ? [ 'error', (thrown: unknown) => thrown ] : [ 'connect_error', (thrown: unknown) => (thrown as Error).message ];
          const socket = client(connect).listen(event);
          assert.equal(text((await socket.next(event))[0]), 'auth failed!');
        });
      });
    });

    describe('connection middleware', () => {
      const LIFE = {
        ...CONNECTIONS,
        'app/io/middleware/m.js': `module.exports = app => async (ctx, next) => {
          ctx.emit('hello', ctx.id === ctx.socket.id);
          ctx.mine = 'kept';
          await next();
          app.heard.push([ 'after next', ctx.mine ]);
          app.tell();
        };`,
        'app/io/controller/life.js': `module.exports = app => class extends app.Controller {
          async disconnecting() { app.heard.push([ 'disconnecting', ...this.ctx.args ]); }
          async disconnect() { app.heard.push([ 'disconnect', ...this.ctx.args ]); app.tell(); }
        };`,
        'app/router.js': `module.exports = app => {
          app.heard = [];
          app.told = new Promise(resolve => { let left = 2; app.tell = () => { left -= 1; if (left === 0) resolve(); }; });
          for (const event of [ 'disconnecting', 'disconnect' ]) app.io.route(event, app.io.controller.life[event]);
        };`,
      };

      it('reaches the client before next(), and its part after next() runs at the disconnect with the same ctx', async () => {
        await withOldApp(LIFE, async ({ client, app }) => {
          const socket = client(connect).listen('hello', 'connect');
          await socket.next('connect');
          assert.deepEqual(await socket.next('hello'), [ true ]);
          const { heard, told } = app as unknown as { heard: [ string, string ][]; told: Promise<void> };
          assert.equal(heard.length, 0);
          socket.close();
          await told;
          const reason = heard.find(([ what ]) => what === 'disconnect')![1];
          assert.deepEqual(heard.sort(), [[ 'after next', 'kept' ], [ 'disconnect', reason ], [ 'disconnecting', reason ]]);
        });
      });

      it('accepts a client also without calling next()', async () => {
        await withOldApp({ ...CONNECTIONS, ...ECHO, 'app/io/middleware/m.js': 'module.exports = () => async () => {};' }, async ({ client }) => {
          const socket = client(connect).listen('res');
          socket.emit('echo', 1);
          assert.equal((await socket.next('res'))[0], 1);
        });
      });
    });

    it('an app has the session of the handshake in middleware and handlers; one in a store is current, and is saved', async () => {
      await withOldApp({
        ...config("{ namespace: { '/': { connectionMiddleware: [ 'm' ], packetMiddleware: [ 'm' ] } } }"),
        'app.js': `module.exports = app => {
          const store = app.store = new Map();
          app.sessionStore = { async get(key) { return store.get(key); }, async set(key, value) { store.set(key, value); }, async destroy(key) { store.delete(key); } };
        };`,
        'app/io/middleware/m.js': "module.exports = () => async (ctx, next) => { if (!ctx.session.user) throw new Error('sign in'); await next(); };",
        'app/io/controller/count.js': 'exports.count = async ctx => { ctx.session.count = (ctx.session.count ?? 0) + 1; ctx.args.pop()(ctx.session.user, ctx.session.count); };',
        'app/router.js': `module.exports = app => {
          app.get('/home', async ctx => { ctx.session.user = 'ann'; ctx.body = 'hello'; });
          app.get('/count', async ctx => { ctx.body = { count: ctx.session.count }; });
          app.io.route('count', app.io.controller.count.count);
        };`,
      }, async ({ client, url }) => {
        const response = await fetch(`${url}/home`, { headers: { connection: 'close' } });
        const cookie = response.headers.getSetCookie().map(each => each.split(';')[0]).join('; ');
        const socket = client(connect, '', { extraHeaders: { cookie }, transportOptions: { polling: { extraHeaders: { cookie } }, websocket: { extraHeaders: { cookie } } } });
        assert.deepEqual(await socket.ask('count'), [ 'ann', 1 ]);
        assert.deepEqual(await socket.ask('count'), [ 'ann', 2 ]);
        assert.deepEqual(await (await fetch(`${url}/count`, { headers: { cookie, connection: 'close' } })).json(), { count: 2 });
      });
    });
  });
}
