import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { ReadableStream } from 'node:stream/web';
import { resume, type StreamError, type StreamedItems } from 'egg-socketio/client';
import type { Socket } from 'socket.io-client';
import { collect, handlersOf, stream, type StreamsApp, withStreams } from './support';

/** The size of the large upload; UPLOAD_BYTES=1073741824 in a long run. */
const BYTES = Number(process.env.UPLOAD_BYTES ?? 32 * 1024 * 1024);
const CHUNK = 64 * 1024;

const CONTROLLER = `
  import { createHash } from 'node:crypto';
  import { type Context, Inject, OnWSMessage, WSController } from 'egg-socketio';

  @WSController('/')
  export class UploadsController {
    @Inject()
    ctx: Context;

    get app() { return this.ctx.app as any; }

    @OnWSMessage('echo')
    async *echo(before: unknown, items: AsyncIterable<unknown>, after: unknown) {
      yield before;
      yield* items;
      yield after;
    }

    @OnWSMessage('hash')
    async *hash(chunks: AsyncIterable<Buffer>) {
      const hash = createHash('sha256');
      let bytes = 0;
      let most = 0;
      for await (const chunk of chunks) {
        hash.update(chunk);
        bytes += chunk.length;
        most = Math.max(most, chunk.length);
        this.app.consumed = bytes;
      }
      yield { bytes, most, hash: hash.digest('hex') };
    }

    @OnWSMessage('first')
    async *first(count: number, items: AsyncIterable<unknown>) {
      for await (const item of items) {
        yield item;
        count -= 1;
        if (count === 0) break;
      }
      await new Promise(resolve => this.app.news.once('go', resolve));
      yield 'more';
    }

    @OnWSMessage('slow')
    async *slow(items: AsyncIterable<unknown>) {
      try {
        for await (const item of items) {
          yield item;
          this.app.news.emit('read', item);
          if (item === 1) await new Promise(resolve => this.app.news.once('go', resolve));
        }
      } catch (error: any) {
        this.app.news.emit('thrown', error.code);
        throw error;
      } finally {
        this.app.news.emit('finally', this.ctx.signal.reason?.code);
      }
    }

    @OnWSMessage('both')
    async *both(first: AsyncIterable<unknown>, second: AsyncIterable<unknown>) {
      yield* second;
      yield* first;
    }

    @OnWSMessage('unread')
    async *unread(_items: AsyncIterable<unknown>) { yield 'not read'; }

    @OnWSMessage('kept', { stream: { resume: '1m' } })
    async *kept(items: AsyncIterable<unknown>) {
      try {
        yield* items;
      } catch (error: any) {
        this.app.news.emit('thrown', error.code);
        yield 'the end';
      }
    }

    @OnWSMessage('plain')
    plain() { return 'one value'; }
  }`;

const codeOf = (error: unknown) => (error as StreamError).code;
const numbers = (to: number) => Array.from({ length: to }, (_, i) => i + 1);

/** A source that counts, and tells when it ends. */
function counted(to: number, size = 0) {
  const source = { pulled: 0, isOver: false } as { pulled: number; isOver: boolean; ended: Promise<void>; items: AsyncGenerator<unknown> };
  source.ended = new Promise(resolve => {
    source.items = (async function* () {
      try {
        for (let i = 1; i <= to; i++) {
          source.pulled = i;
          yield size ? Buffer.alloc(size, i) : i;
        }
      } finally {
        source.isOver = true;
        resolve();
      }
    })();
  });
  return source;
}

/** Sends messages of the protocol itself: opens an upload, and resolves to its end when the client has sent the rest. */
function opened(socket: Socket, event: string): { answer: Promise<unknown>; wanted: Promise<number> } {
  const wanted = new Promise<number>(resolve => {
    socket.on('$stream', (op: string, _id: string, _index: number, number: number) => { if (op === 'wanted') resolve(number); });
  });
  const answer = new Promise(resolve => { socket.emit('$stream', 'upload', 'u', event, [ 0 ], null, resolve); });
  return { answer, wanted };
}

const codeIn = (answer: unknown) => (answer as { error: { code: string } }).error.code;

/** No upload is left, and no byte of one. */
async function assertNothingLeft({ app }: Pick<StreamsApp, 'app'>): Promise<void> {
  while (await handlersOf(app) > 0) await new Promise(setImmediate);
  for (const socket of app.io.sockets.sockets.values()) {
    const own = socket as unknown as Record<symbol, unknown>;
    const holder = Object.getOwnPropertySymbols(own).find(({ description }) => description === 'Socket#uploads');
    if (!holder) continue;
    const { byId, waiting } = own[holder] as { byId: Map<string, unknown>; waiting: { bytes: number } };
    assert.deepEqual([ byId.size, waiting.bytes ], [ 0, 0 ]);
  }
}

describe('test/streams/uploads.test.ts', function() {
  this.timeout(Math.max(60_000, BYTES / 1000));

  for (const transports of [[ 'websocket' ], [ 'polling' ]]) {
    it(`an async iterable among the arguments arrives as one, with all items in order: ${transports[0]}`, () => withStreams(CONTROLLER, async app => {
      const socket = await app.connect({ transports });
      const source = counted(100);
      assert.deepEqual(await collect(stream(socket, 'echo', 'before', source.items, 'after')), [ 'before', ...numbers(100), 'after' ]);
      assert.deepEqual(await collect(stream(socket, 'echo', 1, counted(0).items, 2)), [ 1, 2 ]);
      const objects = [{ a: 1 }, null, [ 1, 2 ], Buffer.from('x'), 'text', 0 ];
      assert.deepEqual(await collect(stream(socket, 'echo', 1, Readable.from(objects.filter(each => each !== null)), 2)), [ 1, ...objects.filter(each => each !== null), 2 ]);
      assert.deepEqual(await collect(stream(socket, 'both', counted(30).items, counted(40).items)), [ ...numbers(40), ...numbers(30) ]);
      await assertNothingLeft(app);
    }));
  }

  it('a web stream arrives as an async iterable, in pieces of 64 kB at most', () => withStreams(CONTROLLER, async ({ connect }) => {
    const socket = await connect();
    const content = Buffer.alloc(1_500_000, 'some text ');
    const [ result ] = await collect(stream(socket, 'hash', new Blob([ content ]).stream() as ReadableStream)) as { bytes: number; most: number; hash: string }[];
    const hash = createHash('sha256').update(content).digest('hex');
    assert.deepEqual([ result.bytes, result.hash ], [ content.length, hash ]);
    const whole = new ReadableStream({ start(controller) { controller.enqueue(new Uint8Array(content)); controller.close(); } });
    assert.deepEqual(await collect(stream(socket, 'hash', whole)), [{ bytes: content.length, most: 65_536, hash }]);
  }));

  it(`${BYTES / 1024 / 1024} MiB pass, and the client's source is never more than the window ahead of the handler`, () => withStreams(CONTROLLER, async ({ app, connect }) => {
    const socket = await connect();
    const progress = Object.assign(app, { consumed: 0 });
    const chunk = Buffer.alloc(CHUNK, 'x');
    let pulled = 0;
    let most = 0;
    async function* source() {
      for (; pulled < BYTES; pulled += CHUNK) {
        most = Math.max(most, pulled - progress.consumed);
        yield chunk;
      }
    }
    const [{ bytes }] = await collect(stream(socket, 'hash', source())) as { bytes: number }[];
    assert.equal(bytes, BYTES);
    assert.ok(most <= 17 * CHUNK, `${most}`);
  }, 'limits: { receivedBytes: false }'));

  it('the source waits while the handler does not read, and is not asked at all by a handler that never does', () => withStreams(CONTROLLER, async app => {
    const socket = await app.connect();
    const source = counted(1000);
    const read = app.hear('read', 1);
    const items = stream(socket, 'slow', source.items);
    assert.equal((await items.next()).value, 1);
    const next = items.next();
    await read;
    for (let i = 0; i < 5; i++) await socket.emitWithAck('plain');
    // The window, and the one that is ready for the next one.
    assert.ok(source.pulled <= 17, `${source.pulled}`);
    app.app.news.emit('go');
    assert.equal((await next).value, 2);
    await items.return!();
    await source.ended;
    const unread = counted(1000);
    assert.deepEqual(await collect(stream(socket, 'unread', unread.items)), [ 'not read' ]);
    assert.equal(unread.pulled, 0);
    await assertNothingLeft(app);
  }));

  it('a handler that stops reading cancels the source, and its stream goes on', () => withStreams(CONTROLLER, async app => {
    const socket = await app.connect();
    const source = counted(1e6);
    const collected = collect(stream(socket, 'first', 20, source.items));
    await source.ended;
    app.app.news.emit('go');
    assert.deepEqual(await collected, [ ...numbers(20), 'more' ]);
    assert.ok(source.pulled < 60, `${source.pulled}`);
    await assertNothingLeft(app);
  }));

  it('a client that leaves ends the loop of the handler with CLIENT_LEFT, and its own source', () => withStreams(CONTROLLER, async app => {
    const socket = await app.connect();
    let cancel!: () => void;
    const cancelled = new Promise<void>(resolve => { cancel = resolve; });
    const items = stream(socket, 'slow', new ReadableStream({ start: controller => controller.enqueue(1), cancel }));
    const read = app.hear('read', 1);
    await items.next();
    const next = assert.rejects(items.next(), error => codeOf(error) === 'STREAM_LOST');
    await read;
    app.app.news.emit('go');
    const thrown = app.hear('thrown');
    socket.disconnect();
    await next;
    assert.equal(await thrown, 'CLIENT_LEFT');
    await cancelled;
    while (await handlersOf(app.app) > 0) await new Promise(setImmediate);
  }));

  it('an error of the source is that of the loop in the client, and cancels the handler', () => withStreams(CONTROLLER, async app => {
    const socket = await app.connect();
    const finished = app.hear('finally');
    async function* source() {
      yield 2;
      yield 3;
      throw new Error('the disk is broken');
    }
    const got: unknown[] = [];
    await assert.rejects(async () => {
      for await (const item of stream(socket, 'slow', source())) got.push(item);
    }, /the disk is broken/);
    assert.equal(await finished, 'STREAM_CANCELLED');
    assert.ok(got.length <= 2);
    await assertNothingLeft(app);
  }));

  it('a client that sends more than is wanted, or out of order, is cut off with STREAM_OVERRUN', () => withStreams(CONTROLLER, async app => {
    for (const [ first, count ] of [[ 1, 17 ], [ 2, 1 ]]) {
      const socket = await app.connect();
      const finished = app.hear('finally');
      const { answer, wanted } = opened(socket, 'slow');
      assert.equal(await wanted, 16);
      socket.emit('$stream', 'items', 'u', 0, first, numbers(count));
      assert.equal(codeIn(await answer), 'STREAM_OVERRUN');
      assert.equal(await finished, 'STREAM_OVERRUN');
      assert.equal(await socket.emitWithAck('plain'), 'one value');
      socket.disconnect();
    }
    await assertNothingLeft(app);
  }));

  it('uploads of a socket that wait for handlers take no more than limits.uploadBytes', () => withStreams(CONTROLLER, async app => {
    const socket = await app.connect();
    const { answer, wanted } = opened(socket, 'slow');
    await wanted;
    const read = app.hear('read', 1);
    socket.emit('$stream', 'items', 'u', 0, 1, [ 1 ]);
    await read;
    for (let i = 2; i <= 12; i++) socket.emit('$stream', 'items', 'u', 0, i, [ Buffer.alloc(1000) ]);
    assert.equal(await socket.emitWithAck('plain'), 'one value');
    app.app.news.emit('go');
    assert.equal(codeIn(await answer), 'STREAM_OVERRUN');
    await assertNothingLeft(app);
  }, 'limits: { uploadBytes: 10000 }'));

  it('garbage of a client changes nothing', () => withStreams(CONTROLLER, async app => {
    const socket = await app.connect();
    for (const args of [[ 'u', 'slow', [ 5 ], 1 ], [ 'u', 'slow', [ 0, 0 ], 1 ], [ 'u', 'slow', 0, 1 ], [ 'u', 'slow', [ -1 ], 1 ], [ 'u', 5, [], 1 ]]) {
      assert.equal(codeIn(await socket.emitWithAck('$stream', 'upload', ...args)), 'NOT_A_STREAM');
    }
    const { answer, wanted } = opened(socket, 'hash');
    await wanted;
    for (const args of [[ 'items', 'u', 1, 1, [ 1 ]], [ 'items', 'x', 0, 1, [ 1 ]], [ 'items', 'u', 0, 1, []], [ 'done', 'u', 0, 5 ], [ 'done', 'u', 9, 0 ]]) {
      socket.emit('$stream', ...args);
    }
    socket.emit('$stream', 'items', 'u', 0, 1, [ Buffer.from('a') ]);
    socket.emit('$stream', 'done', 'u', 0, 1);
    socket.emit('$stream', 'done', 'u', 0, 1);
    assert.deepEqual(await answer, { end: 1 });
    await assertNothingLeft(app);
  }));

  it('does not count for limits.events, and its time begins again with each item', () => withStreams(CONTROLLER, async app => {
    const socket = await app.connect();
    const pause = () => new Promise(resolve => { setTimeout(resolve, 60); });
    assert.equal((await collect(stream(socket, 'echo', 0, counted(2000).items, 0))).length, 2002);
    async function* source() {
      for (let i = 0; i < 8; i++) {
        await pause();
        yield Buffer.from('x');
      }
    }
    const [{ bytes }] = await collect(stream(socket, 'hash', source())) as { bytes: number }[];
    assert.equal(bytes, 8);
    async function* silent() {
      await new Promise(() => undefined);
      yield 1;
    }
    await assert.rejects(collect(stream(socket, 'hash', silent())), error => codeOf(error) === 'HANDLER_TIMEOUT');
    await assertNothingLeft(app);
  }, 'limits: { handlerTimeout: 300, events: { perSecond: 1, burst: 20 } }'));

  it('with { resume }, the handler goes on without the rest when its client is gone', () => withStreams(CONTROLLER, async app => {
    const [ socket, other ] = [ await app.connect(), await app.connect() ];
    async function* source() {
      yield 1;
      await new Promise(() => undefined);
    }
    const items = stream(socket, 'kept', source()) as StreamedItems<unknown>;
    assert.equal((await items.next()).value, 1);
    const key = (await items.key)!;
    const thrown = app.hear('thrown');
    const lost = assert.rejects(items.next(), error => codeOf(error) === 'STREAM_LOST');
    socket.disconnect();
    assert.equal(await thrown, 'CLIENT_LEFT');
    await lost;
    assert.deepEqual(await collect(resume(other, key)), [ 1, 'the end' ]);
    await assertNothingLeft(app);
  }));
});
