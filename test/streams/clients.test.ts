import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import path from 'node:path';
import { Readable } from 'node:stream';
import { buildSync } from 'esbuild';
import type { StreamedItems } from 'egg-socketio/client';
import type { io as connect, Socket } from 'socket.io-client';
import { useChromium } from '../support/chromium';
import { collect, handlersOf, stream, withStreams } from './support';

const connectV2 = require('socket.io-client-v2') as typeof connect;

const ROOT = path.join(__dirname, '../..');

const CONTROLLER = `
  import { createHash } from 'node:crypto';
  import { type Context, Inject, OnWSMessage, SocketIOError, WSController } from 'egg-socketio';

  class Streams {
    @Inject()
    ctx: Context;

    @OnWSMessage('count')
    async *count(to: number) {
      try {
        for (let i = 1; i <= to; i++) yield i;
      } finally {
        (this.ctx.app as any).news.emit('finally', this.ctx.signal.reason?.code);
      }
    }

    @OnWSMessage('kept', { stream: { resume: '1m' } })
    async *kept(to: number) { for (let i = 1; i <= to; i++) yield i; }

    @OnWSMessage('bytes')
    async *bytes(items: number) { for (let i = 0; i < items; i++) yield Buffer.from([ i ]); }

    @OnWSMessage('hash')
    async *hash(chunks: AsyncIterable<Buffer>) {
      const hash = createHash('sha256');
      for await (const chunk of chunks) hash.update(chunk);
      yield hash.digest('hex');
    }

    @OnWSMessage('fails')
    async *fails() { yield 1; throw new SocketIOError('MODEL_BUSY', 'try again'); }
  }

  @WSController('/')
  export class MainController extends Streams {}

  @WSController('/second')
  export class SecondController extends Streams {}`;

const hashOf = (bytes: number) => createHash('sha256').update(Buffer.alloc(bytes)).digest('hex');
const numbers = (to: number) => Array.from({ length: to }, (_, i) => i + 1);

for (const transports of [[ 'websocket' ], [ 'polling' ], [ 'polling', 'websocket' ]]) {
  for (const nsp of [ '/', '/second' ]) {
    it(`test/streams/clients.test.ts: stream() works with socket.io-client 2, over ${transports.join(' and ')}, in ${nsp}`, () => withStreams(CONTROLLER, async ({ app, port, hear }) => {
      const socket: Socket = connectV2(`http://127.0.0.1:${port}${nsp}`, { transports, forceNew: true, reconnectionDelay: 1 });
      try {
        assert.deepEqual(await collect(stream(socket, 'count', 200)), numbers(200));
        assert.deepEqual(await collect(stream(socket, 'bytes', 30)), Array.from({ length: 30 }, (_, i) => Buffer.from([ i ])));
        assert.deepEqual(await collect(stream(socket, 'hash', Readable.from([ Buffer.alloc(100_000) ]))), [ hashOf(100_000) ]);
        await assert.rejects(collect(stream(socket, 'fails')), { code: 'MODEL_BUSY', message: 'try again', items: 1 });
        const ended = hear('finally');
        for await (const item of stream(socket, 'count', 1e6)) if (item === 5) break;
        assert.equal(await ended, 'STREAM_CANCELLED');
        const got: unknown[] = [];
        for await (const item of stream(socket, 'kept', 100) as StreamedItems<unknown>) {
          got.push(item);
          if (item !== 40) continue;
          const back = new Promise(resolve => { socket.once('connect', () => resolve(undefined)); });
          socket.io.engine.close();
          await back;
        }
        assert.deepEqual(got, numbers(100));
        assert.equal(await handlersOf(app), 0);
      } finally {
        socket.close();
      }
    }, 'allowEIO3: true'));
  }
}

/** The parts of socket.io-client and of the helper in the page. */
interface PageSocket { close(): void; once(event: string, listener: () => void): void; readonly io: { readonly engine: { close(): void } } }
declare const io: (options: object) => PageSocket;
declare const streams: { stream(socket: PageSocket, event: string, ...args: unknown[]): AsyncIterable<unknown> };

describe('test/streams/clients.test.ts, a page', function() {
  this.timeout(120_000);
  const chromium = useChromium();

  for (const transports of [[ 'websocket' ], [ 'polling' ], [ 'polling', 'websocket' ]]) {
    it(`streams, uploads a file and resumes, over ${transports.join(' and ')}`, () => withStreams(CONTROLLER, async ({ app, port, hear }) => {
      const { outputFiles: [{ text }] } = buildSync({
        absWorkingDir: ROOT, entryPoints: [ 'client.ts' ], bundle: true, platform: 'browser', format: 'iife', globalName: 'streams', target: 'es2022', write: false,
      });
      const page = await chromium.browser.newPage();
      try {
        await page.goto(`http://127.0.0.1:${port}/socket.io/?EIO=4`);
        await page.addScriptTag({ path: path.join(ROOT, 'node_modules/socket.io-client/dist/socket.io.js') });
        await page.addScriptTag({ content: text.replace('var streams', 'globalThis.streams') });
        const ended = hear('finally', 'STREAM_CANCELLED');
        const seen = await page.evaluate(async over => {
          const socket = io({ transports: over, forceNew: true, reconnectionDelay: 1 });
          const all = async (items: AsyncIterable<unknown>) => {
            const list: unknown[] = [];
            for await (const item of items) list.push(item);
            return list;
          };
          try {
            const counted = await all(streams.stream(socket, 'count', 100));
            const bytes = (await all(streams.stream(socket, 'bytes', 20)) as ArrayBuffer[]).map(buffer => new Uint8Array(buffer)[0]);
            const file = new File([ new Uint8Array(300_000) ], 'zeros');
            const hashed = await all(streams.stream(socket, 'hash', file.stream()));
            for await (const item of streams.stream(socket, 'count', 1e6)) if (item === 5) break;
            const kept: unknown[] = [];
            for await (const item of streams.stream(socket, 'kept', 100)) {
              kept.push(item);
              if (item !== 40) continue;
              const back = new Promise<void>(resolve => { socket.once('connect', resolve); });
              socket.io.engine.close();
              await back;
            }
            return { counted, bytes, hashed, kept };
          } finally {
            socket.close();
          }
        }, transports);
        assert.deepEqual(seen, {
          counted: numbers(100), bytes: Array.from({ length: 20 }, (_, i) => i), hashed: [ hashOf(300_000) ], kept: numbers(100),
        });
        await ended;
        while (await handlersOf(app) > 0) await new Promise(setImmediate);
      } finally {
        await page.close();
      }
    }));
  }
});
