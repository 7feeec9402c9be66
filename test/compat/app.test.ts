import assert from 'node:assert/strict';
import { IS_EGG4 } from '../support/framework';
import { CLIENTS, withOldApp } from '../support/old_app';

const CONTROLLER = `
  module.exports = app => class ChatController extends app.Controller {
    async say() {
      const { ctx } = this;
      const ack = ctx.args.pop();
      ack({ text: ctx.args[0], keys: Object.keys(app.io.controller), sameApp: ctx.app.io === app.io, id: ctx.id === ctx.socket.id });
    }
    plain(ctx) { ctx.socket.emit('res', 'plain', this.ctx === ctx); }
    async rooms() {
      const { ctx } = this;
      ctx.socket.join('lobby', () => app.io.of('/').adapter.clients([ 'lobby' ], (error, ids) => ctx.emit('res', error, ids.length)));
    }
  };
`;
const FUNCTIONS = `
  exports.ping = async function() { this.socket.emit('res', 'ping', this.args[0], this.packet[0]); };
  exports.deep = { er: async ctx => { ctx.socket.emit('res', 'deeper', ctx.packet.length); } };
`;
const ROUTER = `
  module.exports = app => {
    const { router, io } = app;
    app.io.route('say', app.io.controller.chat.say);
    app.io.of('/').route('plain', app.io.controller.chat.plain);
    router.io.route('rooms', io.controller.chat.rooms);
    app.io.route('hit', app.io.controller.functions.ping);
    app.io.route('deeper', app.io.controller.functions.deep.er);
    app.io.route('single', app.io.controller.single);
    app.io.of('/chat').route('single', app.io.controller.single);
  };
`;
const FILES = {
  'app/io/controller/chat.js': CONTROLLER,
  'app/io/controller/functions.js': FUNCTIONS,
  'app/io/controller/single.js': "module.exports = app => async ctx => { ctx.socket.emit('res', 'single', ctx.socket.nsp.name); };",
  'app/router.js': ROUTER,
  'config/config.default.js': "module.exports = () => ({ keys: 'k', io: { namespace: { chat: {} } } });",
};

for (const [ name, connect ] of Object.entries(CLIENTS)) {
  describe(`test/compat/app.test.ts: ${name}`, () => {
    it('calls classes, objects and functions of app/io/controller, in two namespaces', async () => {
      await withOldApp(FILES, async ({ client }) => {
        const root = client(connect).listen('res');
        const [ answer ] = await root.ask('say', 'hello');
        assert.deepEqual(answer, { text: 'hello', keys: [ 'chat', 'functions', 'single' ], sameApp: true, id: true });
        root.emit('plain');
        assert.deepEqual(await root.next('res'), [ 'plain', true ]);
        root.emit('hit', 7);
        assert.deepEqual(await root.next('res'), [ 'ping', 7, 'hit' ]);
        root.emit('deeper', 1, 2);
        assert.deepEqual(await root.next('res'), [ 'deeper', 3 ]);
        root.emit('rooms');
        assert.deepEqual(await root.next('res'), [ null, 1 ]);
        root.emit('single');
        assert.deepEqual(await root.next('res'), [ 'single', '/' ]);
        const chat = client(connect, '/chat').listen('res');
        chat.emit('single');
        assert.deepEqual(await chat.next('res'), [ 'single', '/chat' ]);
      });
    });

    if (!IS_EGG4) {
      it('calls generator functions', async () => {
        await withOldApp({
          'app/io/controller/chat.js': "module.exports = app => class extends app.Controller { * ping() { this.ctx.emit('res', yield Promise.resolve('class')); } };",
          'app/io/controller/single.js': "module.exports = () => function* () { this.socket.emit('res', yield Promise.resolve('function')); };",
          'app/io/middleware/m.js': "module.exports = () => function* (next) { this.emit('res', 'before'); yield* next; this.emit('res', 'after'); };",
          'app/router.js': "module.exports = app => { app.io.route('a', app.io.controller.chat.ping); app.io.route('b', app.io.controller.single); };",
          'config/config.default.js': "exports.keys = 'k'; exports.io = { namespace: { '/': { packetMiddleware: [ 'm' ] } } };",
        }, async ({ client }) => {
          const socket = client(connect).listen('res');
          for (const [ event, expected ] of [[ 'a', 'class' ], [ 'b', 'function' ]] as const) {
            socket.emit(event);
            for (const each of [ 'before', expected, 'after' ]) assert.deepEqual(await socket.next('res'), [ each ]);
          }
        });
      });
    }
  });
}
