import assert from 'node:assert/strict';
import { format } from 'node:util';
import type { EggLogger } from 'egg';
import type { MockApplication } from 'egg-mock';
import type { SocketContext } from '../../lib/handshake/context';
import { SocketIOTestClient } from '../../lib/mock/typed';
import { RepeatedErrors } from '../../lib/reply/repeated_errors';
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

const COUNT = /^\[egg-socketio\] Error: always the same \(event 'same', namespace \/\): (\d+) more of this kind within a second, of which the first was logged whole\.$/;

/** What is written to the app's log as an error: by the app, and by contexts. */
function watchErrors(app: MockApplication): string[] {
  const lines: string[] = [];
  const logger = app.logger as unknown as { log(level: string, args: unknown[], meta: object): void };
  const { log } = logger;
  logger.log = function(level, args, meta) {
    if (level === 'ERROR') lines.push(args[0] instanceof Error ? args[0].stack! : format(...args));
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
  while (!holds()) await new Promise(setImmediate);
}

describe('test/reply/repeated_errors.test.ts', () => {
  it('logs the first of many identical errors whole, counts the others, and answers all of them', () => withThrowingApp(async (client, lines) => {
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

  it('a client that has a handler throw with its own text does not get more into the log, nor hides an error of another place', () => withThrowingApp(async (client, lines) => {
    await Promise.all(Array.from({ length: 1000 }, (_, i) => client.sendWithAck('varied', `${i}${'x'.repeat(2000)}`)));
    await client.sendWithAck('other');
    assert.ok(lines.filter(line => line.startsWith('Error: seldom\n')).length === 1);
    await until(() => lines.some(line => line.includes('more of this kind')));
    assert.ok(lines.join('\n').length < 100_000, `${lines.join('\n').length} characters were logged`);
    assert.ok(lines.every(line => !line.includes('more of this kind') || line.length < 500));
  }));

  it('the same for what is no Error, for an error that cannot be looked at, and for connection middleware', () => withThrowingApp(async (client, lines, port) => {
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

  it('logs whole again what comes after a silence, and keeps nothing', async () => {
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
