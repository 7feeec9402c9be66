import assert from 'node:assert/strict';
import { once } from 'node:events';
import path from 'node:path';
import { SocketIOTestClient } from 'egg-socketio/mock';
import { printable, printableError } from '../../lib/base/printable';
import { attachServer } from '../support/attached_server';
import { withInlineApp } from '../support/inline_app';
import { writtenLog } from '../support/written_log';

/** What must not come into a log as it is. */
const HARMFUL: Record<string, [ character: string, shown: string ]> = {
  'an end of line': [ '\n', '\\u000a' ],
  'a carriage return, which has what follows overwrite the line': [ '\r', '\\u000d' ],
  NUL: [ '\0', '\\u0000' ],
  'an escape, which begins a command to the terminal': [ '\u001b', '\\u001b' ],
  DEL: [ '\u007f', '\\u007f' ],
  'the next line of C1': [ '\u0085', '\\u0085' ],
  'the control sequence introducer of C1': [ '\u009b', '\\u009b' ],
  'the last of C1': [ '\u009f', '\\u009f' ],
  'a line separator': [ '\u2028', '\\u2028' ],
  'a paragraph separator': [ '\u2029', '\\u2029' ],
  'a left-to-right mark': [ '\u200e', '\\u200e' ],
  'a right-to-left mark': [ '\u200f', '\\u200f' ],
  'an Arabic letter mark': [ '\u061c', '\\u061c' ],
  'a right-to-left embedding': [ '\u202b', '\\u202b' ],
  'a right-to-left override': [ '\u202e', '\\u202e' ],
  'a first strong isolate': [ '\u2068', '\\u2068' ],
  'a pop directional isolate': [ '\u2069', '\\u2069' ],
  'a zero-width space': [ '\u200b', '\\u200b' ],
  'a zero-width joiner': [ '\u200d', '\\u200d' ],
  'a soft hyphen': [ '\u00ad', '\\u00ad' ],
  'a byte order mark': [ '\ufeff', '\\ufeff' ],
  'a tag': [ '\u{e0041}', '\\u{e0041}' ],
  'the first half of a character': [ '\ud83d', '\\ud83d' ],
  'the second half of one': [ '\ude00', '\\ude00' ],
};
const HARMLESS = 'Text, with “quotes”, \\ and / – 聊天室 чат שלום مرحبا 😀 é\u00a0!';
/** Half a character does not come over the wire. */
const SENDABLE = Object.values(HARMFUL).filter(([ character ]) => !/\p{Cs}/u.test(character));
const ALL = SENDABLE.map(([ character ]) => `a${character}`).join('');
const ALL_SHOWN = SENDABLE.map(([ , shown ]) => `a${shown}`).join('');

describe('test/security/printable.test.ts', () => {
  for (const [ what, [ character, shown ]] of Object.entries(HARMFUL)) {
    it(`a text for the log shows ${what} as ${shown}`, () => {
      assert.equal(printable(`a${character}b`), `a${shown}b`);
    });
  }

  it('a text for the log keeps all other characters', () => {
    assert.equal(printable(HARMLESS), HARMLESS);
  });

  it('a logged error keeps its class and its stack, and none of its lines looks like a log line', () => {
    const cause = new TypeError(`no room ${ALL}\n2026-01-01 00:00:00,000 ERROR 1 all is lost`);
    const shown = printableError(cause);
    assert.ok(shown instanceof TypeError);
    const expected = `no room ${ALL_SHOWN.replace('\\u000a', '\n    ')}\n    2026-01-01 00:00:00,000 ERROR 1 all is lost`;
    assert.equal(shown.message, expected);
    assert.ok(shown.stack!.startsWith(`TypeError: ${expected}\n    at `), shown.stack);
    assert.ok(cause.message.includes(ALL), 'the error itself stays as it is');
    const plain = new Error('nothing special');
    assert.equal(printableError(plain), plain);
  });

  it('names and payloads of clients are escaped in every log of the app', () => withInlineApp({
    'config/config.default.js': `module.exports = () => ({
      keys: 'k', socketio: { accessLog: true, startupTable: false, limits: { namespaces: 2 } },
    });`,
    'app/socket/main.js': `
      const { defineSocketController } = require('egg-socketio');
      const messages = {
        throw(ctx, text) { throw new Error('cannot do ' + text); },
        async late(ctx, text) {
          await new Promise(resolve => { ctx.socket.once('disconnect', resolve); });
          setImmediate(() => ctx.app.emit('late is over'));
          const { SocketIOError } = require('egg-socketio');
          throw new SocketIOError('LATE', 'too late for ' + text);
        },
      };
      module.exports = [
        defineSocketController({ messages }),
        defineSocketController({ namespace: /^\\/room-/, messages: { hello(ctx) { ctx.logger.warn('hello'); } } }),
      ];`,
  }, async ({ app, baseDir }, startError) => {
    assert.ifError(startError);
    const server = await attachServer(app);
    const client = new SocketIOTestClient({
      port: server.port, transports: [ 'websocket' ], namespace: `/room-${ALL}`,
    });
    await client.connect();
    await client.sendWithAck('hello');
    await client.sendWithAck(ALL);
    const main = client.socket.io.socket('/').connect();
    await main.emitWithAck('throw', ALL);
    const refused = client.socket.io.socket(`/room-x${ALL}`).connect();
    await once(refused as never, 'connect_error');
    main.emit('late', ALL);
    await main.emitWithAck('throw', 'marker');
    const over = once(app as never, 'late is over');
    // The connection is shared: the one of '/' has to be left by itself.
    main.disconnect();
    await client.close();
    await over;
    const folder = path.join(baseDir, 'logs', 'inline');
    const all = [ `/room-${ALL_SHOWN}`, `cannot do ${ALL_SHOWN.slice(0, 1)}`, `too late for ${ALL_SHOWN}`, ` ${ALL_SHOWN.slice(0, 100)}`, `/room-x${ALL_SHOWN.slice(0, 20)}` ];
    const text = await writtenLog(folder, [ 'inline-web.log', 'egg-web.log', 'egg-socketio.log', 'common-error.log' ], all);
    await app.io.close();
    server.close();

    const harmful = /(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\ufffd]/u.exec(text);
    assert.equal(harmful && JSON.stringify(text.slice(harmful.index - 200, harmful.index + 200)), null);
  }));

  it('errors outside of a handler are escaped as well: late ones, those of a broadcast\'s ack callback and of an io.engine listener', () => withInlineApp({
    'config/config.default.js': 'module.exports = () => ({ keys: \'k\', socketio: { startupTable: false, limits: { handlerTimeout: 50 } } });',
    'app/socket/main.js': `
      const { defineSocketController } = require('egg-socketio');
      module.exports = defineSocketController({
        messages: {
          async late(ctx, text) {
            const isOver = new Promise(resolve => { ctx.app.finish = resolve; });
            await isOver;
            throw new Error('late: ' + text);
          },
          finish(ctx) { ctx.app.finish(); },
          ask(ctx) {
            return new Promise(resolve => {
              ctx.app.io.timeout(10000).emit('question', (error, answers) => { resolve(true); throw new Error('answered: ' + answers[0]); });
            });
          },
        },
      });`,
    'app.js': `module.exports = app => {
      app.io.engine.on('connection', session => {
        session.on('packet', ({ data }) => { if (/listen/.test(data)) throw new Error('listened: ' + JSON.parse(data.slice(1))[1]); });
      });
    };`,
  }, async ({ app, baseDir }, startError) => {
    assert.ifError(startError);
    const server = await attachServer(app);
    const client = new SocketIOTestClient({ port: server.port, transports: [ 'websocket' ] });
    await client.connect();
    const forged = `2026-01-01 ERROR 1 forged${ALL}`;
    client.socket.on('question', (ack: (text: string) => void) => ack(`x\n${forged}`));
    assert.deepEqual(await client.sendWithAck('late', `x\n${forged}`), { error: { code: 'HANDLER_TIMEOUT', message: 'the handler took too long' } });
    await client.sendWithAck('finish');
    await client.sendWithAck('ask');
    const gone = once(client.socket as never, 'disconnect');
    client.send('listen', `x\n${forged}`);
    await gone;
    await client.close();
    server.close();
    const folder = path.join(baseDir, 'logs', 'inline');
    const text = await writtenLog(folder, [ 'common-error.log' ], [ 'late: x', 'answered: x', 'listened: x' ]);
    assert.doesNotMatch(text, /^2026-01-01 ERROR 1 forged/m);
    const harmful = /(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\ufffd]/u.exec(text);
    assert.equal(harmful && JSON.stringify(text.slice(harmful.index - 200, harmful.index + 200)), null);
  }));
});
