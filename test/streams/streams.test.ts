import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { StreamError } from 'egg-socketio/client';
import { frameworkOf } from '../../lib/boot/framework';
import { startErrorOf } from '../support/inline_app';
import { collect, handlersOf, stream, withStreams } from './support';

const CONTROLLER = `
  import { Readable } from 'node:stream';
  import { ReadableStream } from 'node:stream/web';
  import { type Context, Inject, OnWSMessage, SocketIOError, UseGuard, WSBroadCast, WSController, WSEmit } from 'egg-socketio';

  @WSController('/')
  export class StreamsController {
    @Inject()
    ctx: Context;

    get app() { return this.ctx.app as any; }

    @OnWSMessage('count')
    async *count(to: number, size = 0) {
      this.app.said.push('begun');
      try {
        for (let i = 1; i <= to; i++) {
          this.app.said.push(i);
          yield size ? { i, text: 'x'.repeat(size) } : i;
        }
      } finally {
        this.app.said.push(this.app.currentContext === this.ctx ? 'finally' : 'finally in another context');
        this.app.news.emit('finally', this.ctx.signal.reason?.code);
      }
    }

    @OnWSMessage('endless', { stream: { window: 4 } })
    async *endless() {
      try {
        for (let i = 1; ; i++) {
          this.app.produced = i;
          this.app.news.emit('yields', i);
          yield i;
        }
      } finally {
        this.app.news.emit('finally', this.ctx.signal.reason?.code);
      }
    }

    @OnWSMessage('waits')
    async *waits() {
      const { signal } = this.ctx;
      yield 'first';
      try {
        this.app.news.emit('waits');
        if (!signal.aborted) await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      } finally {
        this.app.news.emit('finally', signal.reason?.code);
      }
    }

    @OnWSMessage('hangs')
    async *hangs() {
      yield 'first';
      await new Promise(() => {});
    }

    @OnWSMessage('pulled')
    async *pulled(to: number) {
      const { progress } = this.app;
      for (let i = 1; i <= to; i++) {
        progress.pulled = i;
        progress.most = Math.max(progress.most, i - progress.taken);
        if (i === 16) this.app.news.emit('full');
        yield i;
      }
    }

    @OnWSMessage('bytes')
    async *bytes(items: number, size: number) {
      for (let i = 0; i < items; i++) yield { i, data: Buffer.alloc(size, i) };
    }

    @OnWSMessage('dated')
    async *dated(items: number) {
      for (let i = 0; i < items; i++) yield { at: new Date(i) };
    }

    @OnWSMessage('steady')
    async *steady() {
      for (let i = 1; i <= 6; i++) {
        await new Promise(resolve => setTimeout(resolve, 100));
        yield i;
      }
    }

    @OnWSMessage('readable', { stream: true })
    readable() { return Readable.from([ 'a', 'b', 'c' ]); }

    @OnWSMessage('silent readable', { stream: true })
    silentReadable() {
      const readable = new Readable({ objectMode: true, read() {} });
      readable.push('first');
      readable.once('close', () => this.app.news.emit('finally', 'closed'));
      return readable;
    }

    @OnWSMessage('web', { stream: true })
    async web(asked: string) {
      return new ReadableStream({
        start: controller => { controller.enqueue('first'); if (asked !== 'silence') controller.close(); },
        cancel: () => { this.app.news.emit('finally', 'cancelled'); },
      });
    }

    @OnWSMessage('fails')
    async *fails(kind: string) {
      yield 1;
      if (kind === 'bug') throw new Error('a bug in the middle');
      if (kind === 'unsendable') yield 1n;
      if (kind === 'unsendable, and waits') {
        yield { users: [ 1, new Map() ] };
        const { signal } = this.ctx;
        if (!signal.aborted) await new Promise(resolve => signal.addEventListener('abort', resolve));
        signal.throwIfAborted();
      }
      throw new SocketIOError('MODEL_BUSY', 'try again', { details: { after: 5 } });
    }

    @OnWSMessage('guarded')
    @UseGuard(() => false)
    async *guarded() { yield 1; }

    @OnWSMessage('checked', { args: [ { '~standard': { version: 1, vendor: 'test', validate: value => typeof value === 'string' ? { value } : { issues: [ { message: 'not a string' } ] } } } ] })
    async *checked(text: string) { yield* text; }

    @OnWSMessage('doubled', { returns: { '~standard': { version: 1, vendor: 'test', validate: value => typeof value === 'number' ? { value: value * 2 } : { issues: [ { message: 'not a number' } ] } } } })
    async *doubled(...items: unknown[]) { yield* items; }

    @OnWSMessage('mapped', { middleware: [ async (ctx, next) => {
      const items = await next() as AsyncIterable<string>;
      return (async function*() { for await (const item of items) yield item.toUpperCase(); })();
    } ] })
    async *mapped() { yield 'a'; yield 'b'; }

    @OnWSMessage('refused by middleware', { middleware: [ () => undefined ] })
    async *refusedByMiddleware() { yield 1; }

    @OnWSMessage('announced')
    @WSEmit('token')
    @WSBroadCast('overheard')
    async *announced() { yield 'x'; yield 'y'; }

    @OnWSMessage('tail.*')
    async *tail() { yield this.ctx.event; yield* this.ctx.match!; }

    @OnWSMessage('no stream')
    noStream() { return 'one value'; }

    @OnWSMessage('not iterable', { stream: true })
    notIterable() { return 'one value' as never; }
  }`;

const codeOf = (error: unknown) => (error as StreamError).code;

describe('test/streams/streams.test.ts', () => {
  describe('a client with stream()', () => {
    it('gets all items of a generator in order, and the end', () => withStreams(CONTROLLER, async ({ connect, app }) => {
      const socket = await connect();
      const items = await collect(stream(socket, 'count', 1000));
      assert.deepEqual(items, Array.from({ length: 1000 }, (_, i) => i + 1));
      assert.deepEqual(await collect(stream(socket, 'count', 0)), []);
      assert.equal(app.said.at(-1), 'finally');
      assert.equal(await handlersOf(app), 0);
    }));

    it('gets the chunks of a Node.js stream and of a web stream', () => withStreams(CONTROLLER, async ({ connect }) => {
      const socket = await connect({ transports: [ 'polling' ] });
      assert.deepEqual(await collect(stream(socket, 'readable')), [ 'a', 'b', 'c' ]);
      assert.deepEqual(await collect(stream(socket, 'web', 'ends')), [ 'first' ]);
    }));

    it('has several streams at once, over polling too', () => withStreams(CONTROLLER, async ({ connect }) => {
      const socket = await connect({ transports: [ 'polling' ] });
      const all = await Promise.all([ 50, 60, 70 ].map(to => collect(stream(socket, 'count', to))));
      assert.deepEqual(all.map(({ length }) => length), [ 50, 60, 70 ]);
    }));

    it('a generator is not asked for more than the window while its client takes nothing', () => withStreams(CONTROLLER, async ({ connect, app, hear }) => {
      const socket = await connect();
      const items = stream(socket, 'endless');
      const full = hear('yields', 4);
      assert.equal((await items.next()).value, 1);
      await full;
      // The client has taken one of them, and says so after the second one.
      await socket.emitWithAck('no stream');
      assert.equal((app as unknown as { produced: number }).produced, 4);
      const more = hear('yields', 6);
      assert.equal((await items.next()).value, 2);
      await more;
      await socket.emitWithAck('no stream');
      assert.equal((app as unknown as { produced: number }).produced, 6);
      const ended = hear('finally');
      await items.return!();
      assert.equal(await ended, 'STREAM_CANCELLED');
    }));

    it('gets the items that are there at once in one message, as many as the window allows, and the others at once', () => withStreams(CONTROLLER, async ({ connect }) => {
      const socket = await connect();
      const sizes: number[] = [];
      socket.onAny((_event: string, op: string, _id: string, _first: number, items: unknown[]) => { if (op === 'items') sizes.push(items.length); });
      await collect(stream(socket, 'count', 40));
      assert.equal(sizes[0], 16);
      // Then half of the window or all of it, as the client's messages arrive.
      assert.ok(sizes.length <= 4, String(sizes));
      sizes.length = 0;
      await collect(stream(socket, 'steady'));
      assert.deepEqual(sizes, [ 1, 1, 1, 1, 1, 1 ]);
      sizes.length = 0;
      await collect(stream(socket, 'dated', 16));
      assert.deepEqual(sizes, [ 16 ]);
    }));

    it('gets large items in messages of 16 kB and an item at most', () => withStreams(CONTROLLER, async ({ connect }) => {
      const socket = await connect();
      const lengths: number[] = [];
      socket.io.engine.on('packet', ({ data }) => { if (typeof data === 'string' && data.includes('"items"')) lengths.push(data.length); });
      assert.equal((await collect(stream(socket, 'count', 64, 6000))).length, 64);
      assert.ok(Math.max(...lengths) < 16 * 1024 + 6200, `${Math.max(...lengths)}`);
      assert.ok(lengths.length < 40, `${lengths.length}`);
      lengths.length = 0;
      assert.equal((await collect(stream(socket, 'count', 20, 100_000))).length, 20);
      assert.ok(Math.max(...lengths) < 100_200, `${Math.max(...lengths)}`);
    }));

    it('gets Buffers in items, over each transport', () => withStreams(CONTROLLER, async ({ connect }) => {
      for (const transports of [[ 'websocket' ], [ 'polling' ]]) {
        const socket = await connect({ transports });
        const items = await collect(stream(socket, 'bytes', 100, 50)) as { i: number; data: Buffer }[];
        assert.equal(items.length, 100);
        items.forEach(({ i, data }, at) => {
          assert.equal(i, at);
          assert.deepEqual(data, Buffer.alloc(50, at));
        });
        assert.equal(socket.connected, true);
      }
    }));

    it('is ahead by no more than the window at any item of 100,000, also while its connection is not read', () => withStreams(CONTROLLER, async ({ app, connect, hear }) => {
      const [ socket, other ] = [ await connect(), await connect() ];
      const progress = Object.assign(app, { progress: { pulled: 0, taken: 0, most: 0 } }).progress;
      const full = hear('full');
      const items = stream(socket, 'pulled', 100_000);
      await items.next();
      await full;
      const connection = (socket.io.engine.transport as unknown as { ws: { _socket: Socket } }).ws._socket;
      connection.pause();
      for (let i = 0; i < 10; i++) await other.emitWithAck('no stream');
      assert.equal(progress.pulled, 16);
      connection.resume();
      progress.taken = 1;
      for await (const item of items) progress.taken = item as number;
      assert.deepEqual(progress, { pulled: 100_000, taken: 100_000, most: 16 });
    }));

    for (const how of [ 'break', 'an error in the loop', 'the AbortSignal', 'return()' ]) {
      it(`cancels the generator by ${how}, whose finally runs, in its own context`, () => withStreams(CONTROLLER, async ({ connect, app, hear }) => {
        const socket = await connect();
        const ended = hear('finally');
        const controller = new AbortController();
        const items = stream(socket, 'count', 1e6, 0, controller.signal);
        const loop = async () => {
          for await (const item of items) {
            if (item !== 20) continue;
            if (how === 'break') break;
            if (how === 'an error in the loop') throw new Error('in the loop');
            if (how === 'return()') await items.return!();
            else controller.abort(new Error('in the loop'));
          }
        };
        if (how === 'break' || how === 'return()') await loop();
        else await assert.rejects(loop(), /in the loop/);
        assert.equal(await ended, 'STREAM_CANCELLED');
        assert.equal(app.said.at(-1), 'finally');
        assert.ok(app.said.length < 60, `${app.said.length}`);
        assert.equal(await socket.emitWithAck('no stream'), 'one value');
        assert.equal(await handlersOf(app), 0);
      }));
    }

    it('cancels a generator that waits for something else: ctx.signal is aborted', () => withStreams(CONTROLLER, async ({ connect, app, hear, warnings }) => {
      const socket = await connect();
      const items = stream(socket, 'waits');
      const waits = hear('waits');
      assert.equal((await items.next()).value, 'first');
      await waits;
      const ended = hear('finally');
      await items.return!();
      assert.equal(await ended, 'STREAM_CANCELLED');
      await socket.emitWithAck('no stream');
      assert.equal(await handlersOf(app), 0);
      assert.deepEqual(warnings, []);
    }));

    for (const [ event, arg, end ] of [[ 'silent readable', undefined, 'closed' ], [ 'web', 'silence', 'cancelled' ]]) {
      it(`cancels a stream that has nothing to say: ${event}`, () => withStreams(CONTROLLER, async ({ connect, app, hear }) => {
        const socket = await connect();
        const items = stream(socket, event!, arg);
        assert.equal((await items.next()).value, 'first');
        const ended = hear('finally');
        await items.return!();
        assert.equal(await ended, end);
        await socket.emitWithAck('no stream');
        assert.equal(await handlersOf(app), 0);
      }));
    }

    it('that leaves cancels its streams, and gets STREAM_LOST with the number of items', () => withStreams(CONTROLLER, async ({ connect, app, hear }) => {
      const socket = await connect();
      const items = stream(socket, 'waits');
      const waits = hear('waits');
      await items.next();
      await waits;
      const ended = hear('finally');
      const lost = assert.rejects(items.next(), error => {
        assert.ok(error instanceof StreamError);
        assert.equal(error.code, 'STREAM_LOST');
        assert.equal(error.items, 1);
        return true;
      });
      socket.io.engine.close();
      await lost;
      assert.equal(await ended, 'CLIENT_LEFT');
      while (await handlersOf(app) > 0) await new Promise(setImmediate);
    }));

    it('gets an error in the middle as a StreamError, after all items before it', () => withStreams(CONTROLLER, async ({ connect }) => {
      const socket = await connect();
      for (const [ kind, code, message ] of [
        [ 'app', 'MODEL_BUSY', /try again/ ], [ 'bug', 'INTERNAL', /a bug in the middle/ ],
        [ 'unsendable', 'INTERNAL', /StreamsController.fails yielded what cannot be sent: a BigInt in item 2; send it as a string/ ],
        [ 'unsendable, and waits', 'INTERNAL', /StreamsController.fails yielded what cannot be sent: a Map in item 2 at \.users\[1\]; send/ ],
      ] as const) {
        const items = stream(socket, 'fails', kind);
        assert.equal((await items.next()).value, 1);
        await assert.rejects(items.next(), error => {
          assert.ok(error instanceof StreamError);
          assert.equal(error.code, code);
          assert.match(error.message, message);
          assert.equal(error.items, 1);
          return true;
        });
        assert.deepEqual(await items.next(), { done: true, value: undefined });
      }
    }));

    it('gets what guards, schemas and middleware say before the stream begins', () => withStreams(CONTROLLER, async ({ connect }) => {
      const socket = await connect();
      await assert.rejects(collect(stream(socket, 'guarded')), error => codeOf(error) === 'FORBIDDEN');
      await assert.rejects(collect(stream(socket, 'checked', 5)), error => codeOf(error) === 'VALIDATION_FAILED');
      assert.deepEqual(await collect(stream(socket, 'checked', 'ab')), [ 'a', 'b' ]);
      assert.deepEqual(await collect(stream(socket, 'mapped')), [ 'A', 'B' ]);
      assert.deepEqual(await collect(stream(socket, 'refused by middleware')), []);
    }));

    it('gets each item as the schema of returns makes it, and an error for one that it rejects', () => withStreams(CONTROLLER, async ({ connect }) => {
      const socket = await connect();
      assert.deepEqual(await collect(stream(socket, 'doubled', 1, 2)), [ 2, 4 ]);
      await assert.rejects(collect(stream(socket, 'doubled', 'x')), error => codeOf(error) === 'INTERNAL');
    }));

    it('gets the stream of a pattern', () => withStreams(CONTROLLER, async ({ connect }) => {
      assert.deepEqual(await collect(stream(await connect(), 'tail.syslog')), [ 'tail.syslog', 'syslog' ]);
    }));

    it('gets an error for an event without a stream, for one without a handler, and for one that is no string', () => withStreams(CONTROLLER, async ({ connect }) => {
      const socket = await connect();
      await assert.rejects(collect(stream(socket, 'no stream')), { code: 'NOT_A_STREAM', details: { event: 'no stream' } });
      await assert.rejects(collect(stream(socket, 'nothing')), { code: 'EVENT_NOT_FOUND', details: { event: 'nothing' } });
      await assert.rejects(collect(stream(socket, 5 as never)), { code: 'NOT_A_STREAM', message: 'the event of a stream must be a string' });
      await assert.rejects(collect(stream(socket, 'not iterable')), /not an async iterable/);
    }));

    it('works with retries and ackTimeout of the client', () => withStreams(CONTROLLER, async ({ connect }) => {
      const socket = await connect({ retries: 2, ackTimeout: 1000 });
      assert.equal((await collect(stream(socket, 'count', 200))).length, 200);
    }));

    it('may ask for several items at once', () => withStreams(CONTROLLER, async ({ connect }) => {
      const socket = await connect();
      const items = stream(socket, 'count', 2);
      const all = await Promise.all([ items.next(), items.next(), items.next(), items.next() ]);
      assert.deepEqual(all.map(({ done, value }) => (done ? 'done' : value)), [ 1, 2, 'done', 'done' ]);
    }));

    it('may ask before it is connected', () => withStreams(CONTROLLER, async ({ connect }) => {
      const first = await connect();
      const second = first.io.socket('/', {});
      assert.equal((await collect(stream(second, 'count', 3))).length, 3);
    }));

    it('gets HANDLER_TIMEOUT if an item takes too long, and STREAM_IDLE if it takes none; a stream that gets on may last longer', () => withStreams(
      CONTROLLER, async ({ connect, hear }) => {
        const socket = await connect();
        await assert.rejects(collect(stream(socket, 'hangs')), error => codeOf(error) === 'HANDLER_TIMEOUT');
        assert.equal((await collect(stream(socket, 'steady'))).length, 6);
        const idle = stream(socket, 'endless');
        const ended = hear('finally');
        assert.equal((await idle.next()).value, 1);
        assert.equal(await ended, 'STREAM_IDLE');
        assert.deepEqual([ (await idle.next()).value, (await idle.next()).value, (await idle.next()).value ], [ 2, 3, 4 ]);
        await assert.rejects(idle.next(), error => codeOf(error) === 'STREAM_IDLE');
      }, 'limits: { handlerTimeout: 300 }',
    ));

    it('may have as many streams as limits.streams says', () => withStreams(CONTROLLER, async ({ connect, hear }) => {
      const socket = await connect();
      const open = [ stream(socket, 'waits'), stream(socket, 'waits') ];
      for (const items of open) await items.next();
      await assert.rejects(collect(stream(socket, 'count', 1)), error => codeOf(error) === 'TOO_MANY_STREAMS');
      const ended = hear('finally');
      await open[0].return!();
      await ended;
      await socket.emitWithAck('no stream');
      assert.deepEqual(await collect(stream(socket, 'count', 1)), [ 1 ]);
      await open[1].return!();
    }, 'limits: { streams: 2 }'));

    it('is not limited by limits.events while it takes items, and is while it only says that it has', () => withStreams(CONTROLLER, async ({ connect, app, hear }) => {
      const socket = await connect();
      assert.equal((await collect(stream(socket, 'count', 2000))).length, 2000);
      const items = stream(socket, 'endless');
      await items.next();
      const ended = hear('finally');
      const left = new Promise<void>(resolve => { socket.once('disconnect', () => resolve()); });
      for (let i = 0; i < 100; i++) socket.emit('$stream', 'taken', 'no id', i);
      await left;
      assert.equal(await ended, 'CLIENT_LEFT');
      assert.ok((await app.io.stats()).total.refused.events! > 0);
    }, 'limits: { events: { perSecond: 1, burst: 20 } }'));
  });

  describe('together with the rest', () => {
    it('a worker that stops lets a stream end, and then stops it; the client gets STREAM_LOST', async () => {
      let lost: Promise<unknown> | undefined;
      let ended: Promise<unknown> | undefined;
      await withStreams(CONTROLLER, async ({ app, connect, hear }) => {
        const socket = await connect();
        const items = stream(socket, 'waits');
        const waits = hear('waits');
        await items.next();
        await waits;
        ended = hear('finally');
        lost = assert.rejects(items.next(), error => codeOf(error) === 'STREAM_LOST');
        await app.close();
      }, 'drain: { limit: 300 }');
      assert.equal(await ended, 'WORKER_STOPPING');
      await lost;
    });

    it('a client that is recovered after a stream of strings has missed nothing else', () => withStreams(CONTROLLER, async ({ app, connect }) => {
      const socket = await connect();
      assert.deepEqual(await collect(stream(socket, 'checked', 'abc')), [ 'a', 'b', 'c' ]);
      const closed = new Promise<void>(resolve => { socket.once('disconnect', () => resolve()); });
      socket.io.engine.close();
      await closed;
      while (app.io.sockets.sockets.size > 0) await new Promise(setImmediate);
      app.io.emit('missed', 1);
      const missed = new Promise(resolve => { socket.once('missed', resolve); });
      socket.connect();
      assert.equal(await missed, 1);
      assert.equal(socket.recovered, true);
      assert.deepEqual(await collect(stream(socket, 'checked', 'de')), [ 'd', 'e' ]);
    }, 'connectionStateRecovery: {}'));

    it('mockSocketEvent() has all items in the ack', () => withStreams(CONTROLLER, async ({ app }) => {
      const { ack } = await app.mockSocketEvent('/', 'count', [ 3 ], { ack: true });
      assert.deepEqual(ack, [[ 1, 2, 3 ]]);
    }));

    it('observers see one event, which ends with the stream', () => withStreams(CONTROLLER, async ({ app, connect, hear }) => {
      const seen: unknown[] = [];
      const stop = frameworkOf(app).telemetry.observation.observe({
        eventEnd: ({ event, outcome, code }) => { seen.push(code ? [ event, outcome, code ] : [ event, outcome ]); },
      });
      const socket = await connect();
      await collect(stream(socket, 'count', 40));
      await assert.rejects(collect(stream(socket, 'fails', 'app')));
      const cancelled = hear('finally');
      const items = stream(socket, 'endless');
      await items.next();
      await items.return!();
      await cancelled;
      await socket.emitWithAck('no stream');
      const left = hear('finally');
      const waits = hear('waits');
      await stream(socket, 'waits').next();
      await waits;
      socket.disconnect();
      await left;
      while (await handlersOf(app) > 0) await new Promise(setImmediate);
      assert.deepEqual(seen, [
        [ 'count', 'acked' ], [ 'fails', 'failed', 'MODEL_BUSY' ], [ 'endless', 'acked' ], [ 'no stream', 'acked' ], [ 'waits', 'gone' ],
      ]);
      stop();
    }));

    for (const [ option, message ] of [
      [ "'yes'", 'expected true, false or an object with { window, resume }, but got "yes" (string)' ],
      [ '{ windows: 4 }', "unknown key 'windows'" ],
      [ '{ window: 0 }', 'expected window to be a whole number from 1 to 1000, but got 0' ],
    ]) {
      it(`stream: ${option} stops the start`, async () => {
        const error = await startErrorOf({ 'app/socket/main.ts': `
          import { OnWSMessage, WSController } from 'egg-socketio';
          @WSController('/')
          export class WrongController {
            @OnWSMessage('ask', { stream: ${option} as never })
            async *ask() { yield 1; }
          }` });
        assert.ok(error.message.includes("app/socket/main.ts: WrongController.ask: @OnWSMessage('ask'): stream: "), error.message);
        assert.ok(error.message.includes(message), error.message);
      });
    }
  });

  describe('a client without it', () => {
    it('gets the items as an array in the ack', () => withStreams(CONTROLLER, async ({ connect, app }) => {
      const socket = await connect();
      assert.deepEqual(await socket.emitWithAck('count', 3), [ 1, 2, 3 ]);
      assert.deepEqual(await socket.emitWithAck('readable'), [ 'a', 'b', 'c' ]);
      const { error } = await socket.emitWithAck('fails', 'app') as { error: object };
      assert.deepEqual(error, { code: 'MODEL_BUSY', message: 'try again', details: { after: 5 } });
      assert.equal(await handlersOf(app), 0);
    }));

    it('gets STREAM_TOO_LONG instead of more than limits.streamBytes, and the generator is stopped', () => withStreams(CONTROLLER, async ({ connect, app, hear }) => {
      const socket = await connect();
      const ended = hear('finally');
      const { error } = await socket.emitWithAck('count', 1e9, 1000) as { error: { code: string; details: { limit: number; items: number } } };
      assert.equal(error.code, 'STREAM_TOO_LONG');
      assert.equal(error.details.limit, 20_000);
      assert.ok(error.details.items > 10 && error.details.items < 20, `${error.details.items}`);
      await ended;
      assert.ok(app.said.length < 25);
    }, 'limits: { streamBytes: 20000 }'));

    it('and without an ack does not keep the worker busy by a generator that never waits nor ends', () => withStreams(CONTROLLER, async ({ connect, hear }) => {
      const [ socket, other ] = [ await connect(), await connect() ];
      const begun = hear('yields', 1000);
      socket.emit('endless');
      await begun;
      assert.equal(await other.emitWithAck('no stream'), 'one value');
      const ended = hear('finally');
      socket.disconnect();
      assert.equal(await ended, 'CLIENT_LEFT');
    }));

    it('and without an ack gets each item as the event of @WSEmit, and others get those of @WSBroadCast', () => withStreams(CONTROLLER, async ({ connect }) => {
      const [ socket, other ] = [ await connect(), await connect() ];
      const log: unknown[] = [];
      socket.onAny((event: string, item: unknown) => log.push([ event, item ]));
      const overheard: unknown[] = [];
      const heard = new Promise<void>(resolve => {
        other.onAny((event: string, item: unknown) => { if (overheard.push([ event, item ]) === 2) resolve(); });
      });
      socket.emit('announced');
      await heard;
      await socket.emitWithAck('no stream');
      assert.deepEqual(log, [[ 'token', 'x' ], [ 'token', 'y' ]]);
      assert.deepEqual(overheard, [[ 'overheard', 'x' ], [ 'overheard', 'y' ]]);
      // With an ack, that carries them.
      log.length = 0;
      assert.deepEqual(await socket.emitWithAck('announced'), [ 'x', 'y' ]);
      assert.deepEqual(await collect(stream(socket, 'announced')), [ 'x', 'y' ]);
      assert.deepEqual(log.filter(each => (each as unknown[])[0] !== '$stream'), []);
    }));
  });
});
