import assert from 'node:assert/strict';
import { format } from 'node:util';
import type { MockApplication } from 'egg-mock';
import { SocketIOTestClient } from 'egg-socketio/mock';
import { frameworkOf } from '../../lib/boot/framework';
import { attachServer } from '../support/attached_server';
import { withInlineApp } from '../support/inline_app';

/** The app's own use of Socket.IO, next to a controller. */
const OWN = `
  // Each is of a kind of its own: one that repeats itself within a second would only be counted in the log.
  let kinds = 0;
  const newError = () => Object.assign(new Error('thrown by the app'), { name: 'Error' + kinds++ });
  const fail = how => {
    if (how === 'throws') throw newError();
    if (how === 'throws null') throw null;
    if (how === 'rejects') return Promise.reject(newError());
  };
  module.exports = app => {
    app.logged = [];
    app.warned = [];
    app.held = [];
    for (const logger of [ app.logger, app.getLogger('socketioLogger') ]) {
      const { log } = logger;
      logger.log = function(level, args, meta) {
        if (level === 'WARN') app.warned.push(require('node:util').format(...args));
        if (level === 'ERROR') app.logged.push((meta && meta.paddingMessage || '') + ' ' + require('node:util').format(...args));
        return log.call(this, level, args, meta);
      };
    }
    app.left = [];
    const own = app.io.of('/own');
    own.use((socket, next) => {
      const { middleware, after } = socket.handshake.auth;
      const failed = fail(middleware);
      if (failed) return failed;
      next();
      next();
      return fail(after);
    });
    for (const io of [ own, app.io.of('/controlled') ]) {
      io.on('connection', socket => fail(socket.handshake.auth.connection));
      io.on('connection', socket => {
        socket.onAny((event, how) => event === 'any' ? fail(how) : undefined);
        socket.prependAny((event, how) => event === 'any' ? fail(how) : undefined);
        socket.onAnyOutgoing((event, how) => event === 'outgoing' ? fail(how) : undefined);
        for (const [ listen, order ] of [[ 'onAny', 'appended' ], [ 'prependAny', 'prepended' ]]) {
          if (socket.handshake.auth.any === order) {
            socket[listen]((event, ...args) => {
              const ack = args.pop();
              if (event === 'later') setImmediate(() => ack('from ' + order, ...args));
              else if (event === 'at once') ack('from ' + order);
              else if (event === 'held') app.held.push(ack);
            });
          }
        }
        socket.use(([ event, how ], next) => {
          if (event === 'refused') return next(new Error('refused by the app'));
          if (event === 'late use') return new Promise(resolve => setImmediate(resolve)).then(() => next());
          const failed = event === 'use' ? fail(how) : undefined;
          if (failed) return failed;
          next();
        });
        socket.use(([ event, how ], next) => {
          if (event === 'late use') fail(how);
          next();
        });
        socket.on('error', () => fail('throws'));
        socket.on('on', how => fail(how));
        socket.on('both', how => fail(how));
        socket.on('on', (how, ack) => { if (how === 'answers') ack('answer'); });
        socket.on('ask', (how, ack) => {
          const answered = () => { ack('asked'); return fail(how); };
          socket.emit('question', answered);
        });
        socket.on('ask in vain', (how, ack) => { socket.timeout(1).emit('no question', () => { ack('asked'); return fail(how); }); });
        socket.on('ask all', (how, ack) => { io.timeout(1).emit('no question', () => { ack('asked'); return fail(how); }); });
        socket.on('tell all', how => { io.emit('outgoing', how); socket.emit('outgoing', how); });
        for (const step of [ 'disconnecting', 'disconnect' ]) socket.on(step, () => { app.left.push(step); return fail(socket.data.leaving); });
        socket.on('leave', how => { socket.data.leaving = how; });
        socket.on('alive', ack => ack('alive'));
      });
    }
    app.io.engine.on('connection', session => {
      session.on('packet', ({ data }) => { if (/packet listener/.test(data)) fail('throws'); });
      session.on('close', () => { if (app.closing) fail('throws'); });
    });
    app.io.engine.on('connection', async session => { if (app.closing) throw new Error('thrown by the app'); });
    app.io.engine.on('headers', (headers, req) => { if (req.headers['x-fail']) fail('throws'); });
    app.io.engine.on('initial_headers', (headers, req) => { if (req.headers['x-fail-at-first']) fail('throws'); });
    app.io.engine.on('connection_error', () => fail('throws'));
  };`;

const CONTROLLER = `
  const { defineSocketController } = require('egg-socketio');
  module.exports = defineSocketController({
    namespace: '/controlled',
    messages: { both: () => 'from the controller', controlled: () => 'yes' },
  });`;

const INTERNAL = { code: 'INTERNAL', message: 'thrown by the app' };

interface Own {
  app: MockApplication & { logged: string[]; warned: string[]; left: string[]; held: ((answer: string) => void)[]; closing?: boolean };
  port: number;
  clients: SocketIOTestClient[];
}

type Run = (own: Own & { connect(options?: object): Promise<SocketIOTestClient> }) => Promise<void>;

async function withOwn(run: Run, config = '{}'): Promise<void> {
  await withInlineApp({
    'app.js': OWN,
    'app/socket/controlled.js': CONTROLLER,
    'config/config.default.js': `module.exports = () => ({ keys: 'test keys', socketio: ${config} });`,
  }, async ({ app }, startError) => {
    assert.ifError(startError);
    const server = await attachServer(app);
    const clients: SocketIOTestClient[] = [];
    try {
      await run({
        app: app as Own['app'], port: server.port, clients,
        async connect(options = {}) {
          const client = new SocketIOTestClient({ port: server.port, namespace: '/own', transports: [ 'websocket' ], ...options });
          clients.push(client);
          return client.connect();
        },
      });
    } finally {
      for (const client of clients) await client.close();
      server.close();
    }
  });
}

function assertLogged(app: Own['app'], where: RegExp, what: string): void {
  assert.ok(app.logged.some(line => where.test(line) && line.includes(what)), format('%s %s is not in %j', where, what, app.logged));
  app.logged.length = 0;
}

describe('test/namespace/own_listeners.test.ts', () => {
  for (const transports of [[ 'websocket' ], [ 'polling' ]]) {
    describe(`an app's own code, over ${transports[0]}`, () => {
      for (const [ event, what ] of [
        [ 'on', 'a listener of socket.on()' ], [ 'any', 'a listener of socket.onAny()' ], [ 'use', 'a middleware of socket.use()' ],
        [ 'late use', 'a middleware of socket.use() behind one that waits' ],
      ]) {
        for (const how of [ 'throws', 'rejects' ]) {
          if (event === 'late use' && how === 'rejects') continue;
          it(`${what} that ${how} at an event is logged with event and namespace, and the client gets the error as its ack or as 'exception'`, async () => {
            await withOwn(async ({ app, connect }) => {
              const client = await connect({ transports });
              assert.deepEqual(await client.sendWithAck(event, how), { error: INTERNAL });
              assertLogged(app, new RegExp(`/own ${event} `), 'thrown by the app');
              client.send(event, how);
              assert.deepEqual(await client.next('exception'), [{ event, ...INTERNAL }]);
              assert.equal(await client.sendWithAck('alive'), 'alive');
            });
          });
        }
      }

      it('a callback of an ack that throws is logged, when the client acks, and when it does not', async () => {
        await withOwn(async ({ app, connect }) => {
          const client = await connect({ transports });
          client.socket.on('question', (ack: () => void) => ack());
          for (const event of [ 'ask', 'ask in vain', 'ask all' ]) {
            for (const how of [ 'throws', 'rejects' ]) {
              assert.equal(await client.sendWithAck(event, how), 'asked');
              assert.equal(await client.sendWithAck('alive'), 'alive');
              assertLogged(app, event === 'ask all' ? /broadcast of 'no question' in namespace \/own / : /\/own ack /, 'thrown by the app');
            }
          }
        });
      });
    });
  }

  describe('an event that only a listener of onAny() or prependAny() hears', () => {
    const NOT_FOUND = { error: { code: 'EVENT_NOT_FOUND', message: 'no handler for this event' } };

    for (const any of [ 'appended', 'prepended' ]) {
      it(`gets its ack from the ${any} listener, which gives it at once or later`, async () => {
        await withOwn(async ({ connect }) => {
          const client = await connect({ auth: { any } });
          assert.equal(await client.sendWithAck('at once'), `from ${any}`);
          assert.equal(await client.sendWithAck('later', 1), `from ${any}`);
          // A handler, or another listener, is asked as ever.
          assert.equal(await client.sendWithAck('on', 'answers'), 'answer');
          const controlled = await connect({ auth: { any }, namespace: '/controlled' });
          assert.equal(await controlled.sendWithAck('controlled'), 'yes');
          assert.equal(await controlled.sendWithAck('later'), `from ${any}`);
        });
      });
    }

    it('is acked with EVENT_NOT_FOUND and counted once its time-out ends, only once', async () => {
      await withOwn(async ({ app, connect }) => {
        const client = await connect({ auth: { any: 'appended' } });
        assert.equal(await client.sendWithAck('at once'), 'from appended');
        assert.equal(await client.sendWithAck('later'), 'from appended');
        assert.deepEqual(await client.sendWithAck('held'), NOT_FOUND);
        const { total } = await app.io.stats();
        assert.deepEqual(total.errors, { EVENT_NOT_FOUND: 1 });
        assert.equal(total.refused.handlerTimeout, 1);
        app.held[0]('too late');
        assert.equal(await client.sendWithAck('alive'), 'alive');
      }, '{ limits: { handlerTimeout: 80 } }');
    });

    it('is acked with EVENT_NOT_FOUND at once if no listener got its ack, or if a thousand acks are open', async () => {
      await withOwn(async ({ app, connect }) => {
        const plain = await connect({ namespace: '/' });
        assert.deepEqual(await plain.sendWithAck('held'), NOT_FOUND);
        const client = await connect({ auth: { any: 'appended' } });
        const open = Array.from({ length: 1000 }, () => client.sendWithAck('held'));
        assert.deepEqual(await client.sendWithAck('held'), NOT_FOUND);
        app.held[0]('one less');
        assert.equal(await open[0], 'one less');
        const last = client.sendWithAck('held');
        await client.sendWithAck('alive');
        app.held.forEach(ack => ack('all'));
        assert.equal(await last, 'all');
        await Promise.all(open);
      });
    });

    it('is waited for when the worker stops, unless its client has left', async () => {
      await withOwn(async ({ app, connect }) => {
        const left = await connect({ auth: { any: 'appended' } });
        left.socket.emit('held', () => undefined);
        await left.sendWithAck('alive');
        await left.close();
        while (app.left.length < 2) await new Promise(setImmediate);
        const client = await connect({ auth: { any: 'appended' } });
        const answer = client.sendWithAck('held');
        await client.sendWithAck('alive');
        const stopped = frameworkOf(app).stop();
        app.held.at(-1)!('at last');
        assert.equal(await answer, 'at last');
        await stopped;
        assert.deepEqual(app.warned.filter(line => line.includes('had not finished')), []);
      });
    });
  });

  it('an error in one listener does not keep the other listeners from the event', async () => {
    await withOwn(async ({ app, connect }) => {
      const client = await connect();
      assert.equal(await client.sendWithAck('on', 'answers'), 'answer');
      for (const how of [ 'throws', 'rejects' ]) {
        client.send('leave', how);
        await client.sendWithAck('alive');
        await client.close();
        while (app.left.length < 2) await new Promise(setImmediate);
        assert.deepEqual(app.left.splice(0), [ 'disconnecting', 'disconnect' ]);
        assertLogged(app, /\/own disconnect/, 'thrown by the app');
        await client.connect();
      }
    });
  });

  it('if a controller handles the event too, the client gets the controller\'s answer, and the listener\'s error is logged', async () => {
    await withOwn(async ({ app, connect }) => {
      const client = await connect({ namespace: '/controlled' });
      for (const how of [ 'throws', 'rejects', 'throws null' ]) {
        assert.equal(await client.sendWithAck('both', how), 'from the controller');
        assertLogged(app, /\/controlled both /, how === 'throws null' ? 'threw null' : 'thrown by the app');
      }
      assert.deepEqual(client.pending, []);
    });
  });

  it('an error in a namespace\'s connection listener is sent to the client, which stays connected', async () => {
    await withOwn(async ({ app, connect }) => {
      for (const namespace of [ '/own', '/controlled' ]) {
        for (const how of [ 'throws', 'rejects' ]) {
          const client = await connect({ namespace, auth: { connection: how } });
          assert.deepEqual(await client.next('exception'), [{ event: 'connection', ...INTERNAL }]);
          assertLogged(app, new RegExp(`${namespace} connection`), 'thrown by the app');
          assert.equal(await client.sendWithAck('alive'), 'alive');
        }
      }
    });
  });

  it('an error in a middleware of namespace.use() refuses the connection', async () => {
    await withOwn(async ({ app, connect }) => {
      for (const how of [ 'throws', 'rejects' ]) {
        await assert.rejects(connect({ auth: { middleware: how } }), { message: 'thrown by the app', data: { code: 'INTERNAL' } });
        assertLogged(app, /\/own connection/, 'thrown by the app');
      }
    });
  });

  it('an error after next(), or a second next(), changes nothing for the client', async () => {
    await withOwn(async ({ app, connect }) => {
      for (const how of [ 'throws', 'rejects' ]) {
        const client = await connect({ auth: { after: how } });
        assert.equal(await client.sendWithAck('alive'), 'alive');
        assertLogged(app, /\/own connection/, 'thrown by the app');
      }
      assert.equal(app.io.of('/own').sockets.size, 2);
    });
  });

  it('errors in listeners of \'error\' and onAnyOutgoing() are logged', async () => {
    await withOwn(async ({ app, connect }) => {
      const client = await connect();
      client.send('refused');
      assert.equal(await client.sendWithAck('alive'), 'alive');
      assertLogged(app, /\/own error /, 'thrown by the app');
      client.send('tell all', 'throws');
      assert.deepEqual(await client.next('outgoing'), [ 'throws' ]);
      assert.deepEqual(await client.next('outgoing'), [ 'throws' ]);
      assertLogged(app, /\/own outgoing /, 'thrown by the app');
    });
  });

  for (const [ what, frame ] of [
    [ 'an event', `42["on","${'x'}"${',1'.repeat(490_000)}]` ],
    [ 'an event for onAny()', `42["any","${'x'}"${',1'.repeat(490_000)}]` ],
    [ 'an ack', `430[1${',1'.repeat(490_000)}]` ],
  ]) {
    it(`${what} with 490,000 arguments does not affect other clients if arguments are not limited`, async () => {
      await withOwn(async ({ connect }) => {
        const attacker = await connect();
        const bystander = await connect();
        attacker.send('ask', 'answers');
        await attacker.next('question');
        const { engine } = attacker.socket.io as unknown as { engine: { write(frame: string): void } };
        engine.write(frame.slice(1).replace(/^(\d)/, '$1/own,'));
        assert.equal(await bystander.sendWithAck('alive'), 'alive');
        assert.equal(await attacker.sendWithAck('alive'), 'alive');
      }, '{ limits: { arguments: false } }');
    });
  }

  it('errors in Engine.IO\'s listeners are logged, and close at most their own connection', async () => {
    await withOwn(async ({ app, connect, port }) => {
      const bystander = await connect();
      for (const transports of [[ 'websocket' ], [ 'polling' ]]) {
        const client = await connect({ transports });
        const gone = new Promise(resolve => client.once('disconnect', resolve));
        client.send('alive', 'packet listener');
        await gone;
        assertLogged(app, /Engine\.IO/, 'thrown by the app');
      }
      for (const header of [ 'x-fail', 'x-fail-at-first' ]) {
        const { status } = await fetch(`http://127.0.0.1:${port}/socket.io/?EIO=4&transport=polling`, { headers: { [header]: '1' } });
        assert.equal(status, 200);
        assertLogged(app, /Engine\.IO/, 'thrown by the app');
      }
      assert.equal((await fetch(`http://127.0.0.1:${port}/socket.io/?EIO=4&transport=nonsense`)).status, 400);
      assertLogged(app, /Engine\.IO/, 'thrown by the app');
      app.closing = true;
      const last = await connect();
      const left = new Promise<void>(resolve => last.once('disconnect', () => resolve()));
      last.socket.io.engine.close();
      await left;
      assert.equal(await bystander.sendWithAck('alive'), 'alive');
      app.closing = false;
    });
  });
});
