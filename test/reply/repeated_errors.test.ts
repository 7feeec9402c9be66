import assert from 'node:assert/strict';
import { setTimeout as rest } from 'node:timers/promises';
import { format } from 'node:util';
import type { EggLogger } from 'egg';
import type { MockApplication } from 'egg-mock';
import type { SocketContext } from '../../lib/context/socket_context';
import { SocketIOTestClient } from '../../lib/mock/typed';
import { RepeatedErrors } from '../../lib/events/reply/repeated_errors';
import { attachServer } from '../support/attached_server';
import { withInlineApp } from '../support/inline_app';

const APP = `
  const { defineSocketController } = require('egg-socketio');
  const explode = message => { throw new Error(message); };
  module.exports = defineSocketController({
    connectionMiddleware: [ (ctx, next) => { if (ctx.handshake.auth.explode) explode('at the door'); return next(); } ],
    messages: {
      same: () => { throw new Error('always the same'); },
      varied: (ctx, text) => { throw new TypeError('got ' + text); },
      other: () => { throw new Error('seldom'); },
      text: () => { throw 'no error'; },
      hostile: () => { throw Object.defineProperty(new Error('hostile'), 'stack', { get() { throw new Error('trap'); } }); },
    },
  });`;

const COUNT = /^\[egg-socketio\] Error: always the same \(event 'same', namespace \/\): (\d+) more of this kind within a second; the first was logged in full\.$/;

/** What is written to the app's log as an error or a warning: by the app, and by contexts. */
function watchErrors(app: MockApplication): string[] {
  const lines: string[] = [];
  const logger = app.logger as unknown as { log(level: string, args: unknown[], meta: object): void };
  const { log } = logger;
  logger.log = function(level, args, meta) {
    if (level === 'ERROR' || level === 'WARN') lines.push(args[0] instanceof Error ? args[0].stack! : format(...args));
    log.call(this, level, args, meta);
  };
  return lines;
}

async function withThrowingApp(run: (client: SocketIOTestClient, lines: string[], port: number) => Promise<void>): Promise<void> {
  await withInlineApp({ 'app/socket/main.js': APP }, async ({ app }, startError) => {
    assert.ifError(startError);
    const server = await attachServer(app);
    const client = await new SocketIOTestClient({ port: server.port, transports: [ 'websocket' ] }).connect();
    try {
      await run(client, watchErrors(app), server.port);
    } finally {
      await client.close();
      server.close();
    }
  });
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await rest(5);
}

/** Code of the app that is no handler of an event, or throws when the event is over. */
const ELSEWHERE = {
  'config/config.default.js': `
    module.exports = () => ({
      keys: 'k',
      socketio: {
        startupTable: false,
        limits: { handlerTimeout: 50, events: false },
        cors: { origin(origin, callback) { callback(new Error('no list of origins')); } },
        allowRequest(req, callback) {
          if (/throw/.test(req.url)) throw new Error('no ticket office');
          if (/reject/.test(req.url)) return Promise.reject(new Error('no ticket at all'));
          callback(null, true);
        },
      },
    });`,
  'app.js': `module.exports = app => {
    app.io.engine.on('probe', () => { throw new Error('a listener failed'); });
    app.io.engine.on('hostile probe', () => {
      throw Object.defineProperty(new Error('hostile'), 'stack', { get() { throw new Error('trap'); } });
    });
  };`,
  'app/socket/main.js': `
    const { defineSocketController, SocketIOError } = require('egg-socketio');
    const waiting = [];
    module.exports = defineSocketController({
      messages: {
        async late() {
          await new Promise(resolve => { waiting.push(resolve); });
          throw new Error('it has taken long');
        },
        finish() { for (const resolve of waiting.splice(0)) resolve(); },
        acked(ctx) {
          ctx.ack('done');
          throw new SocketIOError('LATE', 'after the ack');
        },
        ask(ctx) {
          return new Promise(resolve => {
            ctx.app.io.timeout(10000).emit('question', () => { resolve(true); throw new Error('wrong answer'); });
          });
        },
        probe(ctx) { for (let i = 0; i < 200; i++) ctx.app.io.engine.emit('probe'); },
        'hostile probe': ctx => { for (let i = 0; i < 200; i++) ctx.app.io.engine.emit('hostile probe'); },
      },
    });`,
};

const MANY = 200;

interface Elsewhere {
  /** Has the error thrown {@link MANY} times. */
  cause(client: SocketIOTestClient, port: number): Promise<unknown>;
  /** Of each line that shows it whole. */
  whole: RegExp;
  /** Of the lines that count it. */
  counted: string;
}

function many<T>(run: (i: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: MANY }, (_, i) => run(i)));
}

function handshake(port: number, query: string, headers: Record<string, string> = {}): Promise<number> {
  return fetch(`http://127.0.0.1:${port}/socket.io/?EIO=4&transport=polling&${query}`, { headers }).then(async res => {
    await res.arrayBuffer();
    return res.status;
  });
}

const PLACES: Record<string, Elsewhere> = {
  'errors that come after handlerTimeout': {
    async cause(client) {
      await many(() => client.sendWithAck('late'));
      await client.sendWithAck('finish');
    },
    whole: /^\[egg-socketio\] late in \/ \(.*\): thrown after config\.socketio\.limits\.handlerTimeout, so the client did not get it: Error: it has taken long\n {4}at /,
    counted: 'Error: it has taken long (late in / (',
  },
  'deliberate errors after the ack': {
    cause: client => many(() => client.sendWithAck('acked')),
    whole: /^thrown after the ack, so the client did not get it: after the ack$/,
    counted: 'SocketIOError: after the ack (event \'acked\', namespace /)',
  },
  'errors in callbacks of acks to broadcasts': {
    cause(client) {
      client.socket.on('question', (ack: (answer: string) => void) => ack('x'));
      return many(() => client.sendWithAck('ask'));
    },
    whole: /^\[egg-socketio\] the callback for the acks to the broadcast of 'question' in namespace \/ threw an error: Error: wrong answer\n {4}at /,
    counted: 'Error: wrong answer (the callback for the acks to the broadcast of \'question\' in namespace / threw an error)',
  },
  'errors in listeners of io.engine': {
    cause: client => client.sendWithAck('probe'),
    whole: /^\[egg-socketio\] a listener of the app's own for Engine\.IO's event 'probe' threw an error, which changes nothing for the client: Error: a listener failed\n {4}at /,
    counted: 'Error: a listener failed (a listener of the app\'s own for Engine.IO\'s event \'probe\' threw an error, ',
  },
  'errors whose properties cannot be read': {
    cause: client => client.sendWithAck('hostile probe'),
    whole: /'hostile probe' threw an error, which changes nothing for the client: Error: something was thrown whose properties cannot be read\n {4}at /,
    counted: 'Error: something was thrown whose properties cannot be read (a listener ',
  },
  'errors that allowRequest throws': {
    cause: async (_client, port) => assert.ok((await many(() => handshake(port, 'throw'))).every(status => status === 403)),
    whole: /^\[egg-socketio\] config\.socketio\.allowRequest failed and allowed nothing: Error: no ticket office\n {4}at /,
    counted: 'Error: no ticket office (config.socketio.allowRequest failed and allowed nothing)',
  },
  'errors that allowRequest rejects with': {
    cause: async (_client, port) => assert.ok((await many(() => handshake(port, 'reject'))).every(status => status === 403)),
    whole: /^\[egg-socketio\] config\.socketio\.allowRequest failed and allowed nothing: Error: no ticket at all\n {4}at /,
    counted: 'Error: no ticket at all (config.socketio.allowRequest failed and allowed nothing)',
  },
  'errors that a function in cors calls back with': {
    cause: async (_client, port) => {
      const answers = await many(() => handshake(port, '', { origin: 'http://elsewhere.example' }));
      assert.ok(answers.every(status => status === 403));
    },
    whole: /^\[egg-socketio\] config\.socketio\.cors\.origin failed and allowed nothing: Error: no list of origins\n {4}at /,
    counted: 'Error: no list of origins (config.socketio.cors.origin failed and allowed nothing)',
  },
};

describe('test/reply/repeated_errors.test.ts', () => {
  for (const [ what, { cause, whole, counted }] of Object.entries(PLACES)) {
    it(`logs the first of ${what} whole, and counts the others`, () => withInlineApp(ELSEWHERE, async ({ app }, startError) => {
      assert.ifError(startError);
      const server = await attachServer(app);
      const client = await new SocketIOTestClient({ port: server.port, transports: [ 'websocket' ] }).connect();
      const lines = watchErrors(app);
      try {
        await cause(client, server.port);
        const shown = () => lines.filter(line => whole.test(line)).length;
        const counts = () => lines.filter(line => line.startsWith(`[egg-socketio] ${counted}`))
          .reduce((sum, line) => sum + Number(/: (\d+) more of this kind/.exec(line)![1]), 0);
        await until(() => shown() + counts() >= MANY);
        assert.equal(shown() + counts(), MANY);
        assert.ok(shown() >= 1 && shown() < 10, `${shown()} were logged whole`);
        assert.equal(lines.length, shown() + lines.filter(line => line.includes('more of this kind')).length, lines.join('\n').slice(0, 2000));
      } finally {
        await client.close();
        server.close();
      }
    }));
  }

  it('logs the first of many identical errors whole, counts the others, and acks all of them', () => withThrowingApp(async (client, lines) => {
    const answers = await Promise.all(Array.from({ length: 1000 }, () => client.sendWithAck<{ error: { code: string } }>('same')));
    assert.ok(answers.every(({ error }) => error.code === 'INTERNAL'));
    await client.sendWithAck('other');
    const whole = () => lines.filter(line => line.startsWith('Error: always the same\n    at ')).length;
    const counts = () => lines.map(line => COUNT.exec(line)?.[1] ?? 0).reduce((sum: number, count) => sum + Number(count), 0);
    // None is forgotten.
    await until(() => whole() + counts() === 1000);
    assert.ok(whole() < 10, `${whole()} were logged whole`);
    assert.equal(lines.filter(line => line.startsWith('Error: seldom\n')).length, 1, 'an error of another place is logged at once');
  }));

  it('a client whose text is in the error message does not cause more log lines, nor hide an error from another place', () => withThrowingApp(async (client, lines) => {
    await Promise.all(Array.from({ length: 1000 }, (_, i) => client.sendWithAck('varied', `${i}${'x'.repeat(2000)}`)));
    await client.sendWithAck('other');
    assert.ok(lines.filter(line => line.startsWith('Error: seldom\n')).length === 1);
    await until(() => lines.some(line => line.includes('more of this kind')));
    assert.ok(lines.join('\n').length < 100_000, `${lines.join('\n').length} characters were logged`);
    assert.ok(lines.every(line => !line.includes('more of this kind') || line.length < 500));
  }));

  it('the same holds for thrown values that are not an Error, for errors whose members throw, and for connection middleware', () => withThrowingApp(async (client, lines, port) => {
    for (const event of [ 'text', 'hostile' ]) {
      const before = lines.length;
      const answers = await Promise.all(Array.from({ length: 200 }, () => client.sendWithAck<{ error: { code: string } }>(event)));
      assert.ok(answers.every(({ error }) => error.code === 'INTERNAL'), event);
      assert.ok(lines.length > before && lines.length < before + 20, `${event}: ${lines.length - before} lines`);
    }
    const before = lines.length;
    for (let i = 0; i < 50; i++) {
      await assert.rejects(new SocketIOTestClient({ port, transports: [ 'websocket' ], auth: { explode: true } }).connect(), { message: 'at the door' });
    }
    assert.ok(lines.length > before && lines.length < before + 20, `${lines.length - before} lines`);
  }));

  it('an error message that looks like a stack, or an error without a stack, does not cause more log lines', () => {
    const lines: string[] = [];
    const write = (...args: string[]) => { lines.push(format(...args)); };
    const errors = new RepeatedErrors({ error: write, warn: write } as unknown as EggLogger);
    const frames = [
      (i: number) => new Error(`no user x\n    at client (${i}:1)`),
      (i: number) => Object.assign(new TypeError(`no user ${i}`), { stack: undefined }),
      (i: number) => Object.assign(new RangeError(`no user ${i}`), { stack: `RangeError: it was called something else\n    at client (${i}:1)` }),
    ];
    for (const [ kind, make ] of frames.entries()) {
      lines.length = 0;
      for (let i = 0; i < 5000; i++) errors.logThrown(make(i), 'here');
      // The last kind looks like thousands of places, of which a bounded number is told apart.
      assert.ok(lines.length <= (kind < 2 ? 5 : 1010), `${lines.length} lines`);
    }
  });

  it('shortens a message of a megabyte, which would fill the log', () => withThrowingApp(async (client, lines) => {
    await client.sendWithAck('varied', 'x'.repeat(900_000));
    assert.equal(lines.length, 1);
    assert.match(lines[0].slice(0, 20_000), /^TypeError: got x{9996}… \(890004 more characters\)\n {4}at /);
    assert.ok(lines[0].length < 20_000);
  }));

  it('logs an error whole again after a pause, and keeps no record', async () => {
    const whole: unknown[] = [];
    const said: string[] = [];
    const errors = new RepeatedErrors({ error: (line: string) => said.push(line) } as unknown as EggLogger);
    const ctx = { logger: { error: (error: unknown) => whole.push(error) }, event: 'e', nsp: { name: '/' } } as unknown as SocketContext;
    const error = new Error('again');
    errors.log(ctx, error);
    errors.log(ctx, error);
    const { origins } = errors as unknown as { origins: Map<string, unknown> };
    const alive = setInterval(() => undefined, 1000);
    await until(() => origins.size === 0);
    clearInterval(alive);
    assert.deepEqual([ whole.length, said.length ], [ 1, 1 ]);
    errors.log(ctx, error);
    assert.equal(whole.length, 2);
  });
});
