import assert from 'node:assert/strict';
import { stream } from '../streams/support';
import type { SocketIOTestClient } from 'egg-socketio/mock';
import type { MockApplication } from 'egg-mock';
import type { Socket as ClientSocket } from 'socket.io-client';
import { withInlineApp } from '../support/inline_app';

const FILES = {
  'config/config.default.js': `
    module.exports = () => ({ keys: 'test keys', socketio: {
      limits: { handlerTimeout: 5000 },
      middleware: [ async (ctx, next) => { ctx.steps = [ 'middleware' ]; return next(); } ],
      guards: [ ctx => { ctx.steps?.push('guard'); return true; } ],
      interceptors: [ async function ofApp(ctx, next) {
        ctx.steps.push('app in');
        const value = await next();
        ctx.steps.push('app out');
        return value;
      } ],
      filters: [ (error, ctx) => { ctx.steps?.push('filter ' + error.message); } ],
    } });`,
  'app/service/prices.js': `
    const { Service } = require('egg');
    module.exports = class extends Service { async tax() { return 0.2; } };`,
  'app/socket/order.ts': `
    import { type Context, Inject, type Interceptor, OnWSConnection, OnWSDisconnection, OnWSMessage, UseInterceptor, WSController } from 'egg-socketio';
    import { z } from 'zod';

    type Traced = Context & { steps: string[] };
    const traced = (name: string): Interceptor => async (ctx, next) => {
      const { steps } = ctx as Traced;
      steps.push(name + ' in');
      try {
        return await next();
      } finally {
        steps.push(name + ' out');
      }
    };

    @UseInterceptor(traced('base'))
    abstract class Base {
      @Inject() ctx!: Traced;
    }

    @WSController('/order')
    @UseInterceptor(traced('class'))
    export class Order extends Base {
      @OnWSConnection() connected() { this.ctx.data.connecting = this.ctx.steps ?? 'none'; }
      @OnWSDisconnection() gone() { this.ctx.app.emit('gone', this.ctx.steps ?? 'none'); }

      @OnWSMessage('connecting') connecting() { return this.ctx.data.connecting; }

      @OnWSMessage('steps', { args: [ z.string().transform(text => text.toUpperCase()) ], middleware: [ async (ctx, next) => {
        await next();
        return { steps: (ctx as Traced).steps, args: ctx.args };
      } ] })
      @UseInterceptor(traced('method'))
      steps(text: string) { this.ctx.steps.push('handler ' + text); }

      @OnWSMessage('fails', { middleware: [ (ctx, next) => next().then(undefined, error => { throw Object.assign(error, { details: (ctx as Traced).steps }); }) ] })
      @UseInterceptor(traced('method'))
      fails() { throw Object.assign(new Error('on purpose'), { status: 400 }); }

      @OnWSMessage('any.*')
      @UseInterceptor(async (ctx, next, target) => [ ctx.match, target.method, await next() ])
      any(value: unknown) { return value; }
    }`,
  'app/socket/values.ts': `
    import {
      Ack, type Context, Ctx, Inject, type Interceptor, OnWSMessage, SetMetadata, SocketIOError, UseInterceptor, WSBroadCast, WSController, WSEmit,
    } from 'egg-socketio';
    import { z } from 'zod';

    class WithTax {
      @Inject() ctx!: Context;
      @Inject() prices!: { tax(): Promise<number> };
      calls = 0;
      async intercept(ctx: Context, next: () => Promise<unknown>, target: { metadata<T>(key: string): T | undefined }) {
        const net = await next() as number;
        return { net, gross: net * (1 + await this.prices.tax()), calls: this.calls += 1, same: ctx === this.ctx, currency: target.metadata('currency') };
      }
    }

    const cached = new Map<string, unknown>();
    const cache: Interceptor = async (ctx, next) => {
      const key = ctx.event + String(ctx.args[0]);
      if (!cached.has(key)) cached.set(key, await next());
      return cached.get(key);
    };
    const limit = (ms: number): Interceptor => (_ctx, next) => new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new SocketIOError('TOO_SLOW', 'it took more than ' + ms + ' ms')), ms);
      next().then(resolve, reject).finally(() => clearTimeout(timer));
    });
    const doubled: Interceptor = async (_ctx, next) => (await next() as number) * 2;
    const nothing: Interceptor = async (_ctx, next) => { await next(); return undefined; };
    const swallowed: Interceptor = async (_ctx, next) => { try { return await next(); } catch { return undefined; } };
    const words: string[] = [];
    const upper: Interceptor = async (_ctx, next) => {
      const items = await next() as AsyncIterable<string>;
      return (async function*() {
        try {
          for await (const item of items) yield item.toUpperCase();
        } finally {
          words.push('mapped');
        }
      })();
    };

    @WSController('/values')
    export class Values {
      @Inject() ctx!: Context;
      calls = new Map<string, number>();

      @OnWSMessage('price') @UseInterceptor(WithTax) @SetMetadata('currency', 'EUR') price(net: number) { return net; }
      @OnWSMessage('cached') @UseInterceptor(cache) cached(value: string) { this.ctx.data.calls = (this.ctx.data.calls ?? 0) + 1; return value + this.ctx.data.calls; }
      @OnWSMessage('nothing') @UseInterceptor(nothing) nothing() { return 'lost on purpose'; }
      @OnWSMessage('swallowed') @UseInterceptor(swallowed) swallowed() { throw new Error('on purpose'); }
      @OnWSMessage('falsy') @UseInterceptor(async (_ctx, next) => { await next(); return 0; }) falsy() { return 'something'; }
      @OnWSMessage('not awaited') @UseInterceptor((_ctx, next) => next()) direct() { return 'direct'; }
      @OnWSMessage('replaced') @UseInterceptor(async (_ctx, next) => { await next().catch(() => undefined); throw new SocketIOError('REPLACED', 'by the interceptor'); })
      replaced() { throw new Error('on purpose'); }
      @OnWSMessage('denied') @UseInterceptor(async () => { throw new SocketIOError('DENIED', 'before the handler'); }) denied() { this.ctx.app.emit('called'); }
      @OnWSMessage('new args') @UseInterceptor((ctx, next) => { ctx.args = [ 'changed' ]; return next(); }) newArgs(text: string) { return text; }
      @OnWSMessage('twice') @UseInterceptor(async function twice(_ctx, next) { await next(); return next(); }) twice() { return 'twice'; }

      @OnWSMessage('slow') @UseInterceptor(limit(20))
      async slow() {
        await new Promise(resolve => { this.ctx.signal.addEventListener('abort', resolve); });
        this.ctx.app.emit('aborted', (this.ctx.signal.reason as SocketIOError).code);
        throw this.ctx.signal.reason;
      }
      @OnWSMessage('in background') @UseInterceptor(async (_ctx, next) => { void next(); return 'accepted'; })
      async background() {
        await new Promise(setImmediate);
        this.ctx.app.emit('background', this.ctx.signal.aborted);
      }
      @OnWSMessage('hangs') @UseInterceptor((_ctx, next) => next()) async hangs() {
        return new Promise((_resolve, reject) => { this.ctx.signal.addEventListener('abort', () => reject(this.ctx.signal.reason)); });
      }
      @OnWSMessage('interceptor hangs') @UseInterceptor(async () => new Promise(() => {})) notReached() { return undefined; }

      @OnWSMessage('emitted') @UseInterceptor(doubled) @WSEmit('told') @WSBroadCast('told others') emitted(value: number) { return value; }
      @OnWSMessage('checked', { returns: z.number().max(10) }) @UseInterceptor(doubled) checked(value: number) { return value; }

      @OnWSMessage('own ack') @UseInterceptor(async (ctx, next) => (ctx.args[0] ? 'instead' : [ await next() ]))
      ownAck(@Ctx() _ctx: Context, @Ack() ack: (value: unknown) => void) { ack('by the handler'); return 'not acked'; }

      @OnWSMessage('words') @UseInterceptor(upper)
      async *words(...list: string[]) {
        try {
          yield* list;
          if (list.length === 0) for (;;) yield 'more';
        } finally {
          words.push('handler');
          this.ctx.app.emit('words', words.splice(0));
        }
      }
      @OnWSMessage('no words', { stream: true }) @UseInterceptor(async () => 5) async *noWords() { yield 1; }
    }`,
  'app/socket/plain.js': `
    const { defineSocketController } = require('egg-socketio');
    const around = name => async (ctx, next) => [ name, await next() ];
    module.exports = defineSocketController({
      namespace: '/plain',
      interceptors: [ around('controller') ],
      onConnection: ctx => { ctx.data.steps = ctx.steps; },
      messages: {
        one: { interceptors: [ around('method') ], handler: () => 1 },
        two: ctx => [ 2, ctx.data.steps ],
        'three.*': { interceptors: [ class Three { async intercept(ctx, next) { return [ ctx.match, await next() ]; } } ], handler: () => 3 },
      },
    });`,
};

const codeOf = (answer: unknown) => (answer as { error: { code: string } }).error.code;

describe('test/dispatch/interceptors.test.ts', () => {
  type Connect = (namespace: string, options?: object) => Promise<SocketIOTestClient>;

  async function withApp(run: (app: MockApplication, connect: Connect) => Promise<void>): Promise<void> {
    await withInlineApp(FILES, async ({ app }, startError) => {
      assert.ifError(startError);
      const clients: SocketIOTestClient[] = [];
      try {
        await run(app, async (namespace, options = {}) => {
          const client = await app.createSocketIOClient({ namespace, ...options });
          clients.push(client as unknown as SocketIOTestClient);
          return client as unknown as SocketIOTestClient;
        });
      } finally {
        await Promise.all(clients.map(client => client.close()));
      }
    });
  }

  const told = (app: MockApplication, event: string) => new Promise<unknown>(resolve => { app.once(event, resolve); });

  for (const transport of [ 'polling', 'websocket' ]) {
    it(`interceptors of app, base class, class and method run outside-in, between the guards and the validation (${transport})`, () => withApp(async (_app, connect) => {
      const client = await connect('/order', { transports: [ transport ] });
      assert.deepEqual(await client.sendWithAck('steps', 'now'), {
        steps: [
          'middleware', 'guard', 'app in', 'base in', 'class in', 'method in', 'handler NOW', 'method out', 'class out', 'base out', 'app out',
        ],
        args: [ 'NOW' ],
      });
    }));
  }

  it('arguments that the schemas reject are an error of next(), and so are those that the handler throws; filters run last', () => withApp(async (_app, connect) => {
    const client = await connect('/order');
    assert.equal(codeOf(await client.sendWithAck('steps', 5)), 'VALIDATION_FAILED');
    const { error } = await client.sendWithAck<{ error: { message: string; details: string[] } }>('fails');
    assert.equal(error.message, 'on purpose');
    assert.deepEqual(error.details, [
      'middleware', 'guard', 'app in', 'base in', 'class in', 'method in', 'method out', 'class out', 'base out', 'filter on purpose',
    ]);
  }));

  it('interceptors do not run around the handlers of connections', () => withApp(async (app, connect) => {
    const client = await connect('/order');
    assert.equal(await client.sendWithAck('connecting'), 'none');
    const gone = told(app, 'gone');
    await client.close();
    assert.equal(await gone, 'none');
    const plain = await connect('/plain');
    assert.deepEqual(await plain.sendWithAck('two'), [ 'controller', [ 2, null ]]);
  }));

  it('interceptors run for patterns, and know the method', () => withApp(async (_app, connect) => {
    const client = await connect('/order');
    assert.deepEqual(await client.sendWithAck('any.thing', 1), [[ 'thing' ], 'any', 1 ]);
  }));

  it('the plain form has interceptors of the controller and of messages', () => withApp(async (_app, connect) => {
    const client = await connect('/plain');
    assert.deepEqual(await client.sendWithAck('one'), [ 'controller', [ 'method', 1 ]]);
    assert.deepEqual(await client.sendWithAck('three.x'), [ 'controller', [[ 'x' ], 3 ]]);
  }));

  it('a class gets its injected properties, a new instance for each event, and the metadata', () => withApp(async (_app, connect) => {
    const client = await connect('/values');
    const expected = { net: 10, gross: 12, calls: 1, same: true, currency: 'EUR' };
    assert.deepEqual(await client.sendWithAck('price', 10), expected);
    assert.deepEqual(await client.sendWithAck('price', 10), expected);
  }));

  it('the returned value is the answer, also undefined and falsy ones; without next() the handler is not called', () => withApp(async (app, connect) => {
    const client = await connect('/values');
    const acked = (event: string) => new Promise<unknown[]>(resolve => { client.send(event, (...args: unknown[]) => resolve(args)); });
    assert.deepEqual(await acked('nothing'), []);
    assert.deepEqual(await acked('swallowed'), []);
    assert.deepEqual(await acked('falsy'), [ 0 ]);
    assert.deepEqual(await acked('not awaited'), [ 'direct' ]);
    assert.equal(await client.sendWithAck('cached', 'a'), 'a1');
    assert.equal(await client.sendWithAck('cached', 'a'), 'a1');
    assert.equal(await client.sendWithAck('cached', 'b'), 'b2');
    assert.equal(await client.sendWithAck('new args', 'original'), 'changed');
    let called = false;
    app.once('called', () => { called = true; });
    assert.equal(codeOf(await client.sendWithAck('denied')), 'DENIED');
    assert.ok(!called);
  }));

  it('an error of the interceptor replaces that of the handler, and is sent as exception without an ack', () => withApp(async (_app, connect) => {
    const client = await connect('/values');
    assert.equal(codeOf(await client.sendWithAck('replaced')), 'REPLACED');
    client.send('replaced');
    assert.deepEqual(await client.next('exception'), [{ event: 'replaced', code: 'REPLACED', message: 'by the interceptor' }]);
  }));

  it('a second call of next() rejects, and names the interceptor', () => withApp(async (_app, connect) => {
    const client = await connect('/values');
    const { error } = await client.sendWithAck<{ error: { message: string } }>('twice');
    assert.match(error.message, /interceptor twice called next\(\) more than once/);
  }));

  it('an interceptor that throws while the handler still runs ends the event, and aborts the signal of the handler with its error', () => withApp(async (app, connect) => {
    const client = await connect('/values');
    const aborted = told(app, 'aborted');
    assert.deepEqual(await client.sendWithAck('slow'), { error: { code: 'TOO_SLOW', message: 'it took more than 20 ms' } });
    assert.equal(await aborted, 'TOO_SLOW');
  }));

  it('a handler that an interceptor does not wait for goes on after the answer, and its signal is not aborted', () => withApp(async (app, connect) => {
    const client = await connect('/values');
    const background = told(app, 'background');
    assert.equal(await client.sendWithAck('in background'), 'accepted');
    assert.equal(await background, false);
  }));

  it('handlerTimeout ends an event whose handler or interceptor hangs', () => withInlineApp({
    ...FILES, 'config/config.unittest.js': "module.exports = { logger: { consoleLevel: 'NONE' }, socketio: { limits: { handlerTimeout: 100 } } };",
  }, async ({ app }, startError) => {
    assert.ifError(startError);
    const client = await app.createSocketIOClient({ namespace: '/values' });
    assert.deepEqual((await Promise.all([ 'hangs', 'interceptor hangs' ].map(event => client.sendWithAck(event)))).map(codeOf), [ 'HANDLER_TIMEOUT', 'HANDLER_TIMEOUT' ]);
    await client.close();
  }));

  it('emitting decorators and the schema of the return value get the value of the interceptors', () => withApp(async (_app, connect) => {
    const [ client, other ] = await Promise.all([ connect('/values'), connect('/values') ]);
    client.send('emitted', 4);
    assert.deepEqual(await client.next('told'), [ 8 ]);
    assert.deepEqual(await other.next('told others'), [ 8 ]);
    assert.equal(await client.sendWithAck('checked', 5), 10);
    assert.equal(codeOf(await client.sendWithAck('checked', 6)), 'INTERNAL');
  }));

  it('a handler that acks by itself stays in charge of the ack; if it is not called, the ack gets the value', () => withApp(async (_app, connect) => {
    const client = await connect('/values');
    assert.equal(await client.sendWithAck('own ack'), 'by the handler');
    assert.equal(await client.sendWithAck('own ack', true), 'instead');
  }));

  it('an interceptor gets the iterable of a stream and may return another one; leaving the loop stops both', () => withApp(async (app, connect) => {
    const client = await connect('/values');
    assert.deepEqual(await client.sendWithAck('words', 'a', 'b'), [ 'A', 'B' ]);
    const items: unknown[] = [];
    for await (const item of stream(client.socket as unknown as ClientSocket, 'words', 'c', 'd')) items.push(item);
    assert.deepEqual(items, [ 'C', 'D' ]);
    const stopped = told(app, 'words');
    for await (const item of stream(client.socket as unknown as ClientSocket, 'words')) {
      assert.equal(item, 'MORE');
      break;
    }
    // The handler's generator has stopped first, so the other word of this stream is not there yet.
    assert.deepEqual((await stopped as string[]).at(-1), 'handler');
    assert.equal(codeOf(await client.sendWithAck('no words')), 'INTERNAL');
  }));

  it('app.mockSocketEvent() passes through interceptors', () => withApp(async app => {
    assert.deepEqual((await app.mockSocketEvent('/values', 'price', [ 10 ])).ack, [{ net: 10, gross: 12, calls: 1, same: true, currency: 'EUR' }]);
    const { error } = await app.mockSocketEvent('/values', 'replaced');
    assert.equal((error as { code: string }).code, 'REPLACED');
  }));

  it('the table at the start and run/socketio.json show the interceptors', () => withApp(async app => {
    const { readFile } = await import('node:fs/promises');
    const report = JSON.parse(await readFile(`${app.config.rundir}/socketio.json`, 'utf8')) as {
      namespaces: { name: string; handlers: { event: string; interceptors: object[] }[] }[];
    };
    const of = (namespace: string, event: string) => report.namespaces.find(({ name }) => name === namespace)!
      .handlers.find(handler => handler.event === event)!.interceptors;
    assert.deepEqual(of('/values', 'price'), [{ name: 'ofApp', level: 'app' }, { name: 'WithTax', level: 'method' }]);
    assert.deepEqual(of('/order', 'connection'), []);
    assert.deepEqual(of('/plain', 'one'), [
      { name: 'ofApp', level: 'app' }, { name: 'controller[0]', level: 'controller' }, { name: 'method[0]', level: 'method' },
    ]);
  }));
});
