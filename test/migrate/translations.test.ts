import assert from 'node:assert/strict';
import { useFolder } from './support/folder';

const ROUTER = "module.exports = app => {\n  app.io.route('say', app.io.controller.chat.say);\n};\n";
const CHAT = 'exports.say = async function() {\n  this.emit(\'said\', this.args[0]);\n};\n';
const APP = { 'app/router.js': ROUTER, 'app/io/controller/chat.js': CHAT };

describe('test/migrate/translations.test.ts', () => {
  const folder = useFolder();

  /** The controller that a file becomes, with one route for each of its members. */
  async function controller(text: string, ...members: string[]): Promise<string> {
    const routes = members.map(member => `  app.io.route('${member}', app.io.controller.chat.${member});\n`).join('');
    const files = await folder.migrated({ 'app/router.js': `module.exports = app => {\n${routes}};\n`, 'app/io/controller/chat.js': text });
    return files['app/socket/chat.js'] ?? files['app/io/controller/chat.js'];
  }

  /** A config file after the migration. */
  async function config(text: string, name = 'config.default.js'): Promise<string> {
    return (await folder.migrated({ ...APP, [`config/${name}`]: text }))[`config/${name}`];
  }

  /** A middleware file after the migration. */
  async function middleware(text: string, kind: 'connectionMiddleware' | 'packetMiddleware') {
    return folder.migrated({
      ...APP,
      'config/config.default.js': `exports.io = { namespace: { '/': { ${kind}: [ 'm' ] } } };\n`,
      'app/io/middleware/m.js': text,
    });
  }

  describe('files', () => {
    it('keep their CRLF and their byte order mark', async () => {
      const crlf = (text: string) => `\uFEFF${text.replace(/\n/g, '\r\n')}`;
      const files = await folder.migrated({ 'app/router.js': crlf(ROUTER), 'app/io/controller/chat.js': crlf(CHAT) });
      for (const file of [ 'app/router.js', 'app/socket/chat.js' ]) {
        assert.match(files[file], /^\uFEFF/, file);
        assert.doesNotMatch(files[file], /(?<!\r)\n/, file);
        assert.doesNotMatch(files[file].slice(1), /\uFEFF/, file);
      }
    });

    it('that are ECMAScript modules get imports and exports', async () => {
      const files = await folder.migrated({
        'app/router.js': "export default app => {\n  app.io.route('say', app.io.controller.chat.say);\n};\n",
        'app/io/controller/chat.js': "import { Controller } from 'egg';\n\nexport default class Chat extends Controller {\n  async say() {\n    this.ctx.emit('said');\n  }\n}\n",
      });
      assert.equal(files['app/socket/chat.js'],
        "import { defineSocketController } from 'egg-socketio';\n\nasync function say(ctx) {\n  ctx.emit('said');\n}\n\nexport default defineSocketController({\n  namespace: '/',\n  messages: {\n    say,\n  },\n});\n");
    });

    it('are not translated twice if a compiled file is next to its source', async () => {
      const source = "import { Controller } from 'egg';\n\nexport default class Chat extends Controller {\n  async say() {}\n}\n";
      const files = await folder.migrated({ 'app/router.ts': "export default (app: any) => {\n  app.io.route('say', app.io.controller.chat.say);\n};\n", 'app/io/controller/chat.ts': source, 'app/io/controller/chat.js': CHAT });
      assert.match(files['app/socket/chat.ts'], /@WSController\('\/'\)\nexport default class Chat/);
      assert.equal(files['app/io/controller/chat.js'], CHAT);
    });

    it('of an app that is half translated: what is in app/socket and config.socketio stays', async () => {
      const text = await config("exports.socketio = {\n  path: '/ws',\n};\n\nexports.io = { init: { pingTimeout: 1000 } };\n");
      assert.equal(text, "exports.socketio = {\n  path: '/ws',\n  pingTimeout: 1000,\n  // Clients of Socket.IO 2 keep working; remove it when the last one has been updated.\n  allowEIO3: true,\n};\n\n");
    });

    it('of an app with the compatible form of the plugin lose it', async () => {
      const files = await folder.migrated({
        ...APP,
        'config/plugin.js': "exports.io = { enable: true, package: 'egg-socketio/egg-socket.io' };\nexports.socketio = { enable: true, package: 'egg-socketio' };\n",
      });
      assert.equal(files['config/plugin.js'], "exports.socketio = { enable: true, package: 'egg-socketio' };\n");
    });

    it('with another plugin called io do not count', async () => {
      folder.write({ 'package.json': '{}', 'config/plugin.js': "exports.io = { enable: true, package: 'my-io' };\n" });
      const { code, error } = await folder.migrate();
      assert.equal(code, 1);
      assert.match(error, /uses neither/);
    });
  });

  describe('acks', () => {
    const handler = (body: string) => `exports.say = async function() {\n${body}};\n`;
    const cases: [title: string, body: string, translated: string][] = [
      [ 'args.pop()', '  const done = this.args.pop();\n  done(this.args.length);\n', '  const done = ctx.ack;\n  done(ctx.args.length);\n' ],
      [ 'args.pop() of what is no ack', '  const text = this.args.pop();\n  this.emit(text);\n', '  const text = ctx.args.pop();\n  ctx.emit(text);\n' ],
      [ 'args[1]()', '  this.args[1](this.args[0]);\n', '  ctx.ack(ctx.args[0]);\n' ],
      [ 'typeof args[1]', "  if (typeof this.args[1] === 'function') this.args[1]();\n", "  if (typeof ctx.ack === 'function') ctx.ack();\n" ],
      [ 'args[args.length - 1]', '  const { args } = this;\n  args[args.length - 1](1);\n', '  const { args } = ctx;\n  ctx.ack(1);\n' ],
      [ 'the last of a pattern', '  const [ text, ack ] = this.args; // Both.\n  if (ack) ack(text);\n', '  const [ text ] = ctx.args;\n  const ack = ctx.ack; // Both.\n  if (ack) ack(text);\n' ],
      [ 'a pattern without an ack', '  const [ a, b ] = this.args;\n  this.emit(a, b);\n', '  const [ a, b ] = ctx.args;\n  ctx.emit(a, b);\n' ],
    ];
    for (const [ title, body, translated ] of cases) {
      it(title, async () => {
        const text = await controller(handler(body), 'say');
        assert.equal(text.slice(text.indexOf('{\n', text.indexOf('function say')) + 2, text.indexOf('}\n\nmodule.exports')), translated);
      });
    }

    it('what counts on the ack in ctx.args is marked', async () => {
      const text = await controller(handler('  const ack = this.args[1];\n  if (this.args.length > 1) ack();\n'), 'say');
      assert.match(text, / {2}\/\/ MIGRATE\(egg-socketio\): ctx\.args no longer has the ack at its end; see whether this counts on it\.\n {2}if \(ctx\.args\.length > 1\) ack\(\);/);
    });
  });

  describe('controllers', () => {
    const left: [title: string, text: string, problem: RegExp][] = [
      [ 'a class with a base class of the app', "const Base = require('../base');\nmodule.exports = class extends Base {\n  async say() {}\n};\n", /its class extends one of the app/ ],
      [ 'a class with fields', 'module.exports = app => class extends app.Controller {\n  count = 0;\n  async say() {}\n};\n', /its class has more than methods \(line 2\)/ ],
      [ 'this that is passed on', 'module.exports = app => class extends app.Controller {\n  async say() { log(this); }\n};\n', /it uses this for something else than its members \(line 2\)/ ],
      [ 'a member of this that Egg does not have', 'module.exports = app => class extends app.Controller {\n  async say() { this.success(1); }\n};\n', /it uses this\.success \(line 2\)/ ],
      [ 'what is computed from app', 'module.exports = app => {\n  const limit = app.config.limit;\n  return class extends app.Controller {\n    async say() { this.ctx.emit(limit); }\n  };\n};\n', /it computes something from app \(line 2\)/ ],
    ];
    for (const [ title, text, problem ] of left) {
      it(`${title}: the file and its routes stay, and are marked`, async () => {
        const result = await controller(text, 'say');
        assert.match(result, /^\/\/ MIGRATE\(egg-socketio\): this controller could not be translated: /);
        assert.match(result, problem);
        assert.ok(result.endsWith(text));
        const router = folder.files()['app/router.js'];
        assert.match(router, /\/\/ MIGRATE\(egg-socketio\): its controller, app\/io\/controller\/chat\.js, could not be translated\.\n {2}app\.io\.route\('say'/);
      });
    }

    it('a file that no route names stays, and is marked', async () => {
      const files = await folder.migrated({ ...APP, 'app/io/controller/unused.js': CHAT });
      assert.match(files['app/io/controller/unused.js'], /^\/\/ MIGRATE\(egg-socketio\): no route names this file; move what you still need of it\.\n/);
    });

    it('members of the context that have moved or are gone', async () => {
      const text = await controller('exports.say = async function() {\n  this.server.emit(\'x\');\n  this.json.emit(\'y\');\n  this.socket.user = 1;\n  this.socket.join(\'a\', () => {});\n};\n', 'say');
      assert.match(text, / {2}ctx\.app\.io\.emit\('x'\);\n {2}\/\/ MIGRATE\(egg-socketio\): ctx\.json is gone.*\n {2}ctx\.json\.emit/);
      assert.match(text, /keep user in ctx\.data: .*\n {2}ctx\.socket\.user = 1;/);
      assert.match(text, /join\(\) no longer takes a callback, which would never be called; await it\.\n {2}ctx\.socket\.join/);
    });

    it('a TypeScript class in two namespaces becomes a base class', async () => {
      const files = await folder.migrated({
        'app/router.ts': "export default (app: any) => {\n  for (const nsp of []) void nsp;\n  app.io.of('/a').route('say', app.io.controller.chat.say);\n  app.io.of('/b').route('tell', app.io.controller.chat.say);\n};\n",
        'app/io/controller/chat.ts': "import { Controller } from 'egg';\n\nexport default class Chat extends Controller {\n  async say() {\n    this.ctx.emit('said');\n  }\n}\n",
      });
      assert.match(files['app/socket/chat.ts'], /@WSController\('\/a'\)\nexport class AChat extends Chat \{\n {2}@OnWSMessage\('say'\)\n {2}override say\(\) \{\n {4}return super\.say\(\);/);
      assert.match(files['app/socket/chat.ts'], /@WSController\('\/b'\)\nexport class BChat extends Chat \{\n {2}@OnWSMessage\('tell'\)/);
    });
  });

  describe('routes', () => {
    const cases: [title: string, route: string, message: RegExp][] = [
      [ 'an event in a variable', 'app.io.route(event(), app.io.controller.chat.say);', /the event of this route is only known at run time/ ],
      [ 'a namespace in a variable', "app.io.of(name()).route('x', app.io.controller.chat.say);", /the namespace of this route is only known at run time/ ],
      [ 'a function', "app.io.route('x', async () => {});", /this handler is not one of app\.io\.controller/ ],
      [ 'a controller without a file', "app.io.route('x', app.io.controller.none.say);", /there is no file for app\.io\.controller\.none\.say/ ],
      [ 'a function that the file does not have', "app.io.route('x', app.io.controller.chat.none);", /app\/io\/controller\/chat\.js has no function none/ ],
      [ 'the event error', "app.io.route('error', app.io.controller.chat.say);", /there is no event error in Socket\.IO 4; use filters/ ],
      [ 'a second route for an event', "app.io.route('say', app.io.controller.chat.say);", /an earlier route for this event won, so this one never ran/ ],
    ];
    for (const [ title, route, message ] of cases) {
      it(`${title}: stays, and is marked`, async () => {
        const files = await folder.migrated({ ...APP, 'app/router.js': ROUTER.replace('};', `  ${route}\n};`) });
        const [ mark, kept ] = files['app/router.js'].split('\n').slice(1);
        assert.match(mark, /^ {2}\/\/ MIGRATE\(egg-socketio\): /);
        assert.match(mark, message);
        assert.equal(kept, `  ${route}`);
      });
    }

    it('an event in a constant is read', async () => {
      const files = await folder.migrated({ ...APP, 'app/router.js': `const SAY = 'say it';\n${ROUTER.replace("'say'", 'SAY')}` });
      assert.match(files['app/socket/chat.js'], /'say it': say,/);
    });
  });

  describe('config', () => {
    it('a function that returns an object', async () => {
      const text = await config("module.exports = appInfo => ({\n  keys: appInfo.name,\n  io: { init: { path: '/ws' } },\n});\n");
      assert.match(text, / {2}socketio: \{\n {4}path: '\/ws',\n {4}\/\/ Clients.*\n {4}allowEIO3: true,\n {2}\},\n\}\);/);
    });

    it('Redis becomes an adapter', async () => {
      const text = await config("'use strict';\n\nexports.io = {\n  redis: {\n    host: 'redis', // Inside.\n    auth_pass: 'secret',\n  },\n};\n", 'config.prod.js');
      assert.equal(text, "'use strict';\nconst { createRedisAdapter } = require('egg-socketio');\n\nexports.socketio = {\n  adapter: createRedisAdapter({\n    host: 'redis', // Inside.\n    password: 'secret',\n  }),\n};\n");
    });

    it('what Socket.IO 4 does not have is commented out', async () => {
      const text = await config("exports.io = { init: { origins: 'a.com:80', destroyUpgrade: true }, namespace: names() };\n");
      assert.match(text, /\/\/ MIGRATE\(egg-socketio\): use cors;.*\n {2}\/\/ origins: 'a\.com:80'\n/);
      assert.match(text, /no option of Socket\.IO 4 that the command knows.*\n {2}\/\/ destroyUpgrade: true\n/);
      assert.match(text, /the namespaces of this file could not be read.*\n {2}\/\/ namespace: names\(\)\n/);
    });

    it('another expression than an object is marked', async () => {
      assert.match(await config("exports.io = require('./io');\n"), /^\/\/ MIGRATE\(egg-socketio\): config\.io is not an object literal here/);
    });
  });

  describe('middleware', () => {
    it('the code after next() moves to a disconnect handler', async () => {
      const files = await middleware("const leave = require('../../leave');\nmodule.exports = app => async (ctx, next) => {\n  await next();\n  // Later.\n  await leave(ctx, app);\n};\n", 'connectionMiddleware');
      assert.match(files['app/socket/m_disconnection.js'], /const leave = require\('\.\.\/leave'\);\n[^]*async function onDisconnection\(ctx\) \{\n {2}\/\/ Later\.\n {2}await leave\(ctx, ctx\.app\);\n\}/);
      assert.doesNotMatch(files['app/socket/middleware/m.js'], /Later|leave\(/);
    });

    it('what uses values from before next() is commented out', async () => {
      const files = await middleware('module.exports = () => async (ctx, next) => {\n  const start = Date.now();\n  await next();\n  ctx.logger.info(Date.now() - start);\n};\n', 'connectionMiddleware');
      assert.match(files['app/socket/middleware/m.js'], /\/\/ MIGRATE\(egg-socketio\): this ran at the disconnect, and uses start from before; move it to onDisconnection\.\n {2}\/\/ ctx\.logger\.info\(Date\.now\(\) - start\);\n\};/);
    });

    it('a way out without next() is marked', async () => {
      const files = await middleware('module.exports = () => async (ctx, next) => {\n  if (!ctx.query.token) {\n    return;\n  }\n  await next();\n};\n', 'connectionMiddleware');
      assert.match(files['app/socket/middleware/m.js'], / {4}\/\/ MIGRATE\(egg-socketio\): without next\(\), the client was connected; now it is refused\..*\n {4}return;/);
    });

    it('generators become async functions', async () => {
      const files = await middleware("module.exports = () => {\n  return function* (next) {\n    this.emit('in', this.packet[0]);\n    yield* next;\n  };\n};\n", 'packetMiddleware');
      assert.equal(files['app/socket/middleware/m.js'], "module.exports = () => {\n  return async (ctx, next) => {\n    ctx.emit('in', ctx.event);\n    await next();\n  };\n};\n");
    });

    it('a packet that is changed as an array is marked', async () => {
      const files = await middleware("module.exports = () => async (ctx, next) => {\n  ctx.packet.push(1);\n  ctx.packet[0] = 'x';\n  await next();\n};\n", 'packetMiddleware');
      assert.match(files['app/socket/middleware/m.js'], /ctx\.packet is gone.*\n {2}ctx\.packet\.push\(1\);\n.*an event cannot be renamed here.*\n {2}ctx\.packet\[0\] = 'x';/);
    });
  });

  it('what is gone of Socket.IO 2 is marked wherever the app uses it', async () => {
    const files = await folder.migrated({
      ...APP,
      'app/service/room.js': "module.exports = app => class extends app.Service {\n  list() {\n    const nsp = this.app.io.of('/');\n    nsp.adapter.clients([ 'a' ], () => {});\n    return nsp.sockets['x'] || nsp.connected[this.id];\n  }\n};\n",
    });
    assert.match(files['app/service/room.js'], /adapter\.clients\(\) is gone: use fetchSockets\(\) of the namespace\.\n {4}nsp\.adapter\.clients/);
    assert.match(files['app/service/room.js'], /return nsp\.sockets\.get\('x'\) \|\| nsp\.sockets\.get\(this\.id\);/);
  });
});
