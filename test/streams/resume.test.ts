import assert from 'node:assert/strict';
import { resume, StreamError, type StreamedItems } from 'egg-socketio/client';
import type { Socket } from 'socket.io-client';
import { startErrorOf } from '../support/inline_app';
import { collect, handlersOf, stream, type StreamsApp, withStreams } from './support';

const CONTROLLER = `
  import { type Context, Inject, OnWSMessage, SocketIOError, WSController } from 'egg-socketio';

  @WSController('/')
  export class ResumedController {
    @Inject()
    ctx: Context;

    get app() { return this.ctx.app as any; }

    /** The numbers up to one; those above a step wait until the test allows them. */
    @OnWSMessage('count', { stream: { window: 4, resume: '1m' } })
    async *count(to: number, step = to, size = 0) {
      this.app.said.push('begun');
      try {
        for (let i = 1; i <= to; i++) {
          if (i === step + 1) await this.wait();
          this.app.pulled = i;
          this.app.news.emit('pulled', i);
          yield size ? { i, text: 'x'.repeat(size) } : i;
        }
        if (to === step + 0.5) throw new SocketIOError('MODEL_BUSY', 'try again');
      } finally {
        this.app.news.emit('finally', this.ctx.signal.reason?.code);
      }
    }

    @OnWSMessage('short', { stream: { resume: 50 } })
    async *short() {
      try {
        yield 1;
        await this.wait();
      } finally {
        this.app.news.emit('finally', this.ctx.signal.reason?.code);
      }
    }

    @OnWSMessage('fails', { stream: { resume: '1m' } })
    async *fails() {
      yield 1;
      await this.wait();
      throw new SocketIOError('MODEL_BUSY', 'try again', { details: { after: 5 } });
    }

    @OnWSMessage('bytes', { stream: { resume: '1m' } })
    async *bytes() { for (let i = 0; i < 30; i++) yield Buffer.from([ i ]); }

    @OnWSMessage('changing', { stream: { resume: '1m' } })
    async *changing() {
      const same = { i: 0 };
      for (; same.i < 3; same.i++) yield same;
    }

    @OnWSMessage('unsendable', { stream: { resume: '1m' } })
    async *unsendable() { yield 1; yield new Map(); }

    @OnWSMessage('plain')
    plain() { return 'one value'; }

    private async wait() {
      const { signal } = this.ctx;
      this.app.news.emit('waits');
      await new Promise<void>((resolve, reject) => {
        this.app.news.once('go', resolve);
        signal.addEventListener('abort', () => reject(signal.reason));
        if (signal.aborted) reject(signal.reason);
      });
    }
  }

  @WSController('/other')
  export class OtherController {
    @OnWSMessage('other', { stream: { resume: '1m' } })
    async *other() { yield 1; }
  }`;

const numbers = (to: number) => Array.from({ length: to }, (_, i) => i + 1);
const codeOf = (error: unknown) => (error as StreamError).code;

/** Opens a stream, and returns it with its key and its first item. */
async function open(socket: Socket, event: string, ...args: unknown[]): Promise<{ items: StreamedItems<unknown>; key: string }> {
  const items = stream(socket, event, ...args) as StreamedItems<unknown>;
  assert.equal((await items.next()).value, 1);
  const key = await items.key;
  assert.ok(key);
  return { items, key };
}

/** Cuts the connection of a client, and resolves when the server knows. */
async function cut({ app }: StreamsApp, socket: Socket): Promise<void> {
  const { id } = socket;
  socket.io.engine.close();
  while (app.io.sockets.sockets.has(id!)) await new Promise(setImmediate);
}

function comesBack(socket: Socket): Promise<void> {
  return new Promise(resolve => { socket.once('connect', resolve); });
}

for (const recovery of [ false, true ]) {
  const config = `connectionStateRecovery: ${recovery ? '{}' : 'undefined'}`;
  for (const transports of [[ 'websocket' ], [ 'polling' ]]) {
    describe(`test/streams/resume.test.ts, a stream with { resume }, ${transports[0]}, ${recovery ? 'with' : 'without'} recovery`, () => {
      const connectWith = { transports, reconnection: true, reconnectionDelay: 1, reconnectionDelayMax: 1 };

      it('goes on while its client is away, which then gets the rest once and in order, without a second call of the handler', () => withStreams(CONTROLLER, async app => {
        const socket = await app.connect(connectWith);
        const waits = app.hear('waits');
        const { items } = await open(socket, 'count', 40, 20);
        const got = [ 1 ];
        for (let i = 0; i < 9; i++) got.push((await items.next()).value as number);
        await waits;
        socket.io.reconnection(false);
        await cut(app, socket);
        const ended = app.hear('finally');
        app.app.news.emit('go');
        assert.equal(await ended, undefined);
        assert.equal((app.app as unknown as { pulled: number }).pulled, 40);
        socket.connect();
        for await (const item of items) got.push(item as number);
        assert.deepEqual(got, numbers(40));
        assert.deepEqual(app.app.said, [ 'begun' ]);
        assert.equal(await handlersOf(app.app), 0);
      }, config));

      it('is cut ten times, and loses and doubles nothing', () => withStreams(CONTROLLER, async app => {
        const socket = await app.connect(connectWith);
        const { items } = await open(socket, 'count', 100);
        const got = [ 1 ];
        for await (const item of items) {
          got.push(item as number);
          if (got.length % 10 !== 0) continue;
          const back = comesBack(socket);
          socket.io.engine.close();
          await back;
        }
        assert.deepEqual(got, numbers(100));
        assert.deepEqual(app.app.said, [ 'begun' ]);
      }, config));
    });
  }
}

describe('test/streams/resume.test.ts', () => {
  it('a second client gets the items from the first one on, with the key; both get all, also those to come', () => withStreams(CONTROLLER, async ({ app, connect, hear }) => {
    const [ first, second ] = [ await connect(), await connect() ];
    const waits = hear('waits');
    const { items, key } = await open(first, 'count', 30, 10);
    const read = collect(items);
    await waits;
    const other = resume<number>(second, key);
    const late = [ (await other.next()).value ];
    assert.equal(await other.key, key);
    app.news.emit('go');
    late.push(...await collect(other) as number[]);
    assert.deepEqual(await read, numbers(30).slice(1));
    assert.deepEqual(late, numbers(30));
  }));

  it('a client gets all items of a stream that has ended, or those after the ones that it has', () => withStreams(CONTROLLER, async ({ connect }) => {
    const [ first, second ] = [ await connect(), await connect() ];
    const { items, key } = await open(first, 'count', 30);
    await collect(items);
    assert.deepEqual(await collect(resume(second, key)), numbers(30));
    assert.deepEqual(await collect(resume(second, key, { received: 25 })), [ 26, 27, 28, 29, 30 ]);
    assert.deepEqual(await collect(resume(second, key, { received: 30 })), []);
    await assert.rejects(collect(resume(second, key, { received: 31 })), { code: 'STREAM_LOST', message: /is not kept here: its time is over, items were dropped, or its worker has stopped, was killed or is/ });
  }));

  it('nobody reads a stream with a wrong key, or from another namespace', () => withStreams(CONTROLLER, async ({ connect }) => {
    const socket = await connect();
    const { items, key } = await open(socket, 'count', 3);
    await collect(items);
    assert.match(key, /^[\w-]{22}\./);
    const other = socket.io.socket('/other', {}).connect();
    await assert.rejects(collect(resume(socket, undefined as never)), { code: 'NOT_A_STREAM', message: 'the key of a stream must be a string' });
    for (const [ from, wrong ] of [[ socket, `a${key.slice(1)}` ], [ socket, 'nonsense' ], [ socket, '' ], [ socket, 5 as never ], [ other, key ]] as const) {
      await assert.rejects(collect(resume(from, wrong)), error => [ 'STREAM_LOST', 'NOT_A_STREAM' ].includes(codeOf(error)), String(wrong));
    }
    other.disconnect();
  }));

  it('a stream ends when its time without a client is over, and is lost', () => withStreams(CONTROLLER, async app => {
    const [ socket, other ] = [ await app.connect(), await app.connect() ];
    const { items, key } = await open(socket, 'short');
    const ended = app.hear('finally');
    const lost = assert.rejects(items.next(), error => codeOf(error) === 'STREAM_LOST' && (error as StreamError).items === 1);
    socket.disconnect();
    assert.equal(await ended, 'CLIENT_LEFT');
    await lost;
    await assert.rejects(collect(resume(other, key)), error => codeOf(error) === 'STREAM_LOST');
    while (await handlersOf(app.app) > 0) await new Promise(setImmediate);
  }));

  it('a client that does not come back in time gets STREAM_LOST by itself', () => withStreams(CONTROLLER, async app => {
    const socket = await app.connect({ reconnection: true, reconnectionDelay: 60_000, reconnectionDelayMax: 60_000 });
    const { items } = await open(socket, 'short');
    const lost = assert.rejects(items.next(), error => codeOf(error) === 'STREAM_LOST' && (error as StreamError).items === 1);
    await cut(app, socket);
    await lost;
  }));

  it('a client that cancels ends the stream, unless another one reads it', () => withStreams(CONTROLLER, async ({ app, connect, hear }) => {
    const [ first, second ] = [ await connect(), await connect() ];
    const { items, key } = await open(first, 'count', 30, 10);
    const other = resume<number>(second, key);
    assert.equal((await other.next()).value, 1);
    await items.return!();
    assert.equal(await first.emitWithAck('plain'), 'one value');
    assert.equal(await handlersOf(app), 1);
    const ended = hear('finally');
    await other.return!();
    assert.equal(await ended, 'STREAM_CANCELLED');
    await assert.rejects(collect(resume(first, key)), error => codeOf(error) === 'STREAM_LOST');
    assert.equal(await handlersOf(app), 0);
  }));

  it('an error of the handler reaches a client that was away when it happened', () => withStreams(CONTROLLER, async app => {
    const socket = await app.connect({ reconnection: true, reconnectionDelay: 1 });
    const waits = app.hear('waits');
    const { items, key } = await open(socket, 'fails');
    await waits;
    const back = comesBack(socket);
    await cut(app, socket);
    app.app.news.emit('go');
    await back;
    const isRight = (error: unknown) => {
      assert.ok(error instanceof StreamError);
      assert.deepEqual([ error.code, error.message, error.items, error.details ], [ 'MODEL_BUSY', 'try again', 1, { after: 5 }]);
      return true;
    };
    await assert.rejects(items.next(), isRight);
    // Also one that asks later.
    await assert.rejects(collect(resume(socket, key)), isRight);
  }));

  it('keeps Buffers, and items as they were when they were yielded; refuses one that cannot be sent', () => withStreams(CONTROLLER, async ({ connect }) => {
    const socket = await connect();
    assert.deepEqual(await collect(stream(socket, 'bytes')), Array.from({ length: 30 }, (_, i) => Buffer.from([ i ])));
    assert.deepEqual(await collect(stream(socket, 'changing')), [{ i: 0 }, { i: 1 }, { i: 2 }]);
    const items = stream(socket, 'unsendable');
    assert.equal((await items.next()).value, 1);
    await assert.rejects(items.next(), /ResumedController.unsendable yielded what cannot be sent: a Map in item 2; send/);
  }));

  it('keeps no more than limits.keptStreamBytes: the handler waits, and what was taken makes room', () => withStreams(CONTROLLER, async ({ app, connect, hear }) => {
    const [ socket, other ] = [ await connect(), await connect() ];
    const full = hear('pulled', 8);
    const items = stream(socket, 'count', 100, 100, 1000) as StreamedItems<{ i: number }>;
    const key = items.key;
    assert.equal((await items.next()).value.i, 1);
    await full;
    for (let i = 0; i < 5; i++) await other.emitWithAck('plain');
    const { pulled } = app as unknown as { pulled: number };
    assert.ok(pulled >= 8 && pulled < 12, `${pulled}`);
    const got = [ 1 ];
    for await (const { i } of items) got.push(i);
    assert.deepEqual(got, numbers(100));
    // The first items are not kept any more.
    await assert.rejects(collect(resume(other, (await key)!)), error => codeOf(error) === 'STREAM_LOST');
    const rest = await collect(resume<{ i: number }>(other, (await key)!, { received: 95 })) as { i: number }[];
    assert.deepEqual(rest.map(({ i }) => i), [ 96, 97, 98, 99, 100 ]);
  }, 'limits: { keptStreamBytes: 10000 }'));

  it('a handler that waits for room while its client is away is not stopped by limits.handlerTimeout', () => withStreams(CONTROLLER, async app => {
    const socket = await app.connect({ reconnection: false });
    const full = app.hear('pulled', 8);
    const items = stream(socket, 'count', 100, 100, 1000) as StreamedItems<{ i: number }>;
    assert.equal((await items.next()).value.i, 1);
    await full;
    await cut(app, socket);
    // Longer than the limit: another handler reaches it meanwhile.
    const other = await app.connect();
    await assert.rejects(collect(stream(other, 'fails')), error => codeOf(error) === 'HANDLER_TIMEOUT');
    await assert.rejects(collect(stream(other, 'fails')), error => codeOf(error) === 'HANDLER_TIMEOUT');
    socket.connect();
    const got = [ 1 ];
    for await (const { i } of items) got.push(i);
    assert.deepEqual(got, numbers(100));
  }, 'limits: { keptStreamBytes: 10000, handlerTimeout: 1500 }'));

  it('keeps no more than limits.keptBytes in all streams together: those that have ended and have no reader make room', () => withStreams(CONTROLLER, async ({ connect }) => {
    const socket = await connect();
    const keys = [];
    for (let i = 0; i < 5; i++) {
      const items = stream(socket, 'count', 5, 5, 1000) as StreamedItems<unknown>;
      await collect(items);
      keys.push((await items.key)!);
    }
    await assert.rejects(collect(resume(socket, keys[0])), error => codeOf(error) === 'STREAM_LOST');
    assert.equal((await collect(resume(socket, keys[4]))).length, 5);
  }, 'limits: { keptBytes: 15000 }'));

  it('keeps no more than limits.keptStreams: the oldest one without a reader makes room, and without one the next gets TOO_MANY_STREAMS', () => withStreams(CONTROLLER, async app => {
    const [ first, second ] = [ await app.connect(), await app.connect() ];
    const one = await open(first, 'count', 30, 10);
    const two = await open(second, 'count', 30, 10);
    await assert.rejects(collect(stream(second, 'count', 1)), error => codeOf(error) === 'TOO_MANY_STREAMS');
    await cut(app, first);
    const ended = app.hear('finally', 'CLIENT_LEFT');
    assert.deepEqual(await collect(stream(second, 'count', 1)), [ 1 ]);
    await ended;
    await assert.rejects(collect(resume(second, one.key)), error => codeOf(error) === 'STREAM_LOST');
    await two.items.return!();
  }, 'limits: { keptStreams: 2 }'));

  it('a reader that takes nothing gets STREAM_IDLE, and the others are not affected', () => withStreams(CONTROLLER, async ({ connect }) => {
    const [ first, second ] = [ await connect(), await connect() ];
    const { items, key } = await open(first, 'count', 30);
    const told = new Promise<void>(resolve => {
      second.io.engine.on('packet', ({ data }) => { if (String(data).includes('STREAM_IDLE')) resolve(); });
    });
    const idle = resume<number>(second, key);
    assert.equal((await idle.next()).value, 1);
    assert.deepEqual(await collect(items), numbers(30).slice(1));
    await told;
    assert.deepEqual([ (await idle.next()).value, (await idle.next()).value, (await idle.next()).value ], [ 2, 3, 4 ]);
    await assert.rejects(idle.next(), error => codeOf(error) === 'STREAM_IDLE');
  }, 'limits: { handlerTimeout: 1000 }'));

  it('a worker that stops lets it end, and then stops it; its client gets STREAM_LOST', async () => {
    let lost: Promise<unknown> | undefined;
    let ended: Promise<unknown> | undefined;
    await withStreams(CONTROLLER, async ({ app, connect, hear }) => {
      const socket = await connect({ reconnection: false });
      const { items } = await open(socket, 'short');
      ended = hear('finally');
      lost = assert.rejects(items.next(), error => codeOf(error) === 'STREAM_LOST');
      await app.close();
    }, 'drain: { limit: 300 }');
    assert.ok([ 'WORKER_STOPPING', 'CLIENT_LEFT' ].includes(await ended as string));
    await lost;
  });

  for (const [ value, message ] of [
    [ "'soon'", "expected resume to be milliseconds or a time such as '2m' (ms, s, m or h), up to 24 hours, but got \"soon\" (string)" ],
    [ '-1', 'but got -1' ],
    [ "'25h'", 'but got "25h"' ],
  ]) {
    it(`{ resume: ${value} } stops the start`, async () => {
      const error = await startErrorOf({ 'app/socket/main.ts': `
        import { OnWSMessage, WSController } from 'egg-socketio';
        @WSController('/')
        export class WrongController {
          @OnWSMessage('ask', { stream: { resume: ${value} } })
          async *ask() { yield 1; }
        }` });
      assert.ok(error.message.includes(message), error.message);
    });
  }
});
