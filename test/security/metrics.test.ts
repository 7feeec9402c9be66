import assert from 'node:assert/strict';
import type { Application, AppStats } from 'egg-socketio';
import { socketioMetrics } from 'egg-socketio/prometheus';
import { Registry } from 'prom-client';
import { SocketIOTestClient } from '../../lib/mock/typed';
import { attachServer } from '../support/attached_server';
import { withInlineApp } from '../support/inline_app';

/** What would end a label, a sample or a line if it was not escaped. */
const HOSTILE = 'x",code="y"} 1\n# TYPE evil gauge\nevil{a="\\\r\u2028\u2029\u0085\0';
/** A sample, as https://prometheus.io/docs/instrumenting/exposition_formats/ has it. */
const SAMPLE = /^[a-zA-Z_:][\w:]*(?:\{(?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*",?)*\})? (?:[-+]?[\d.e+-]+|NaN|[-+]Inf)$/;

const FILES = {
  'app/socket/main.js': `
    const { defineSocketController, SocketIOError } = require('egg-socketio');
    const fail = (ctx, code) => { throw new SocketIOError(code); };
    module.exports = [
      defineSocketController({ messages: { fail, ${JSON.stringify(HOSTILE)}: () => 'done' } }),
      defineSocketController({ namespace: /^\\/room-/, messages: { fail } }),
    ];`,
  'app.js': `module.exports = app => {
    app.io.of((name, auth, next) => next(null, name.startsWith('/made-')));
    app.io.of('/' + ${JSON.stringify(HOSTILE)});
  };`,
};

interface Scraped {
  readonly client: SocketIOTestClient;
  readonly io: Application;
  scrape(): Promise<string[]>;
}

async function withMetrics(run: (scraped: Scraped) => Promise<void>): Promise<void> {
  await withInlineApp(FILES, async ({ app }, startError) => {
    assert.ifError(startError);
    const register = new Registry();
    socketioMetrics(app, { register });
    const server = await attachServer(app);
    const client = await new SocketIOTestClient({ port: server.port, transports: [ 'websocket' ] }).connect();
    try {
      await run({
        client, io: app.io,
        // As it is on the wire.
        async scrape() {
          const text = Buffer.from(await register.metrics()).toString();
          return text.split('\n').filter(line => line && !/^# (HELP|TYPE) socketio_\w+ /.test(line));
        },
      });
    } finally {
      await client.close();
      server.close();
    }
  });
}

function labels(lines: readonly string[], metric: string, label: string): string[] {
  return lines.filter(line => line.startsWith(`${metric}{`)).map(line => new RegExp(`${label}="((?:[^"\\\\]|\\\\.)*)"`).exec(line)![1]);
}

describe('test/security/metrics.test.ts', () => {
  it('names of namespaces, events and codes with quotes and ends of lines stay in their labels', () => withMetrics(async ({ client, scrape }) => {
    await scrape();
    await client.sendWithAck('fail', HOSTILE);
    await client.sendWithAck(HOSTILE);
    const lines = await scrape();
    for (const line of lines) assert.match(line, SAMPLE);
    assert.equal(lines.filter(line => /^evil/.test(line)).length, 0);
    assert.equal(labels(lines, 'socketio_errors_total', 'code').length, 1);
    assert.ok(labels(lines, 'socketio_sockets', 'namespace').some(name => name.startsWith('/x\\",code=\\"y\\"} 1\\n')));
    assert.equal(labels(lines, 'socketio_event_duration_seconds_count', 'event').filter(name => name.startsWith('x\\",code')).length, 1);
  }));

  it('clients control neither the number nor the length of the labels for codes, events and namespaces', () => withMetrics(async ({ client, io, scrape }) => {
    await scrape();
    await Promise.all(Array.from({ length: 300 }, (_, i) => client.sendWithAck('fail', `${i}${'x'.repeat(3000)}`)));
    // Halves of characters, which would be the same text on the wire.
    for (const half of [ '\ud800', '\ud801', '\udc00' ]) await client.sendWithAck('fail', half);
    for (let i = 0; i < 300; i++) client.send(`made up ${i}`);
    const others = Array.from({ length: 48 }, (_, i) => client.socket.io.socket(`/${i % 2 ? 'room' : 'made'}-${i}`));
    await Promise.all(others.map(socket => new Promise<void>(resolve => { socket.connect().once('connect', resolve); })));
    assert.ok(io._nsps.size > 48);
    const lines = await scrape();
    assert.equal(new Set(lines.map(line => line.replace(/ \S+$/, ''))).size, lines.length, 'no sample is there twice');
    const codes = labels(lines, 'socketio_errors_total', 'code');
    assert.ok(codes.length <= 101 && codes.every(code => code.length <= 110), `${codes.length} codes`);
    assert.deepEqual(new Set(labels(lines, 'socketio_event_duration_seconds_count', 'event')), new Set([ 'fail' ]));
    const namespaces = labels(lines, 'socketio_sockets', 'namespace');
    assert.deepEqual(namespaces.filter(name => !name.startsWith('/x')).sort(), [ '(function)', '/', '/^\\\\/room-/' ]);
    for (const [ namespace, sockets ] of [[ '(function)', 24 ], [ '/^\\\\/room-/', 24 ]] as const) {
      assert.ok(lines.includes(`socketio_sockets{worker="1",namespace="${namespace}"} ${sockets}`), namespace);
    }
  }));

  it('ten thousand namespaces of the app give a thousand series, and one for the rest', () => withMetrics(async ({ io, scrape }) => {
    for (let i = 0; i < 10_000; i++) io.of(`/n-${i}`);
    const lines = await scrape();
    assert.equal(labels(lines, 'socketio_sockets', 'namespace').length, 1001);
    assert.ok(lines.includes('socketio_sockets{worker="1",namespace="(other)"} 0'));
    assert.ok(lines.join('\n').length < 1_000_000);
  }));

  it('concurrent scrapes share one query, and a failed scrape does not affect the next', async () => {
    const asked: { resolve(stats: AppStats): void; reject(error: Error): void }[] = [];
    const io = { stats: () => new Promise<AppStats>((resolve, reject) => { asked.push({ resolve, reject }); }) };
    const register = new Registry();
    socketioMetrics({ io } as never, { register });
    // The one that begins the counting must not end the worker either.
    asked.shift()!.reject(new Error('too early'));
    const failing = Array.from({ length: 50 }, () => register.metrics());
    assert.equal(asked.length, 1);
    asked.shift()!.reject(new Error('the worker is about to stop'));
    for (const scrape of failing) await assert.rejects(scrape, /the worker is about to stop/);
    const next = register.metrics();
    assert.equal(asked.length, 1);
    asked.shift()!.resolve({ workers: [], missing: [], total: {} } as unknown as AppStats);
    assert.match(await next, /^socketio_workers_missing 0$/m);
  });
});
