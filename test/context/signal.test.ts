import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Context, SocketIOError } from 'egg-socketio';
import type { MockApplication } from 'egg-mock';
import { SocketIOTestClient } from '../../lib/mock/typed';
import { RawClient } from '../support/attacked_app';
import { attachServer } from '../support/attached_server';
import { withInlineApp } from '../support/inline_app';

/** Emits its contexts as 'test has'; handlers wait until the test resolves `app.gate`, or until their signal is aborted. */
const APP = `
  const { once } = require('node:events');
  const { defineSocketController } = require('egg-socketio');
  const aborted = async ({ signal }) => {
    if (!signal.aborted) await once(signal, 'abort');
    signal.throwIfAborted();
  };
  module.exports = defineSocketController({
    connectionMiddleware: [ async (ctx, next) => {
      if (!ctx.handshake.auth.asks) return next();
      const { signal } = ctx;
      ctx.app.emit('test has', ctx);
      await ctx.app.gate;
      return next();
    } ],
    onConnection: ctx => { ctx.app.connection = ctx; if (ctx.handshake.auth.reads) ctx.signal; },
    onDisconnection: ctx => {
      ctx.app.leaving = ctx.signal;
      ctx.app.emit('test left');
      return ctx.handshake.auth.lingers && aborted(ctx);
    },
    onExpired: ctx => { ctx.app.emit('test expired', ctx.signal); },
    messages: {
      untilAborted: async ctx => {
        const end = aborted(ctx);
        ctx.app.emit('test has', ctx);
        await end;
      },
      untilNodeAborts: async ctx => {
        const end = once(ctx.app, 'never', { signal: ctx.signal });
        ctx.app.emit('test has', ctx);
        await end;
      },
      late: async ctx => {
        ctx.app.emit('test has', ctx);
        await ctx.app.gate;
        ctx.app.emit('test late', ctx.signal);
      },
      finish: ctx => { ctx.app.finished = ctx.signal; return 'finished'; },
      after: ctx => { ctx.app.over = ctx; return 'over'; },
      same: ctx => ctx.signal === ctx.signal && !ctx.signal.aborted,
    },
  });`;

const FAST = "module.exports = () => ({ keys: 'test', socketio: { limits: { handlerTimeout: 200 }, drain: { limit: 300 } } });";

interface TestApp extends MockApplication {
  gate?: Promise<void>;
  connection: Context;
  leaving?: AbortSignal;
  finished?: AbortSignal;
  over?: Context;
}

function codeOf({ reason }: AbortSignal): string {
  const { name, code } = reason as SocketIOError;
  assert.equal(name, 'SocketIOError');
  return code;
}

describe('test/context/signal.test.ts', () => {
  async function withApp(
    run: (parts: { app: TestApp; port: number; warnings: readonly string[]; has(): Promise<Context> }) => Promise<void>, config?: string,
  ): Promise<void> {
    const files = { 'app/socket/main.js': APP, ...(config ? { 'config/config.default.js': config } : {}) };
    await withInlineApp(files, async ({ app, warnings }, startError) => {
      assert.ifError(startError);
      const server = await attachServer(app);
      try {
        const has = async () => (await once(app, 'test has') as [Context])[0];
        await run({ app: app as TestApp, port: server.port, warnings, has });
      } finally {
        server.close();
      }
    });
  }

  async function connect(port: number, auth: object = {}): Promise<SocketIOTestClient> {
    const client = new SocketIOTestClient({ port, transports: [ 'websocket' ], auth });
    await client.connect();
    return client;
  }

  for (const event of [ 'untilAborted', 'untilNodeAborts' ]) {
    it(`is aborted with CLIENT_LEFT when the client leaves, and the log says nothing about the handler that it ends (${event})`, () => withApp(
      async ({ app, port, warnings, has }) => {
        const errors: unknown[] = [];
        const logger = app.logger as unknown as { error(...args: unknown[]): void };
        logger.error = error => { errors.push(error); };
        const client = await connect(port);
        const asked = has();
        client.socket.emit(event);
        const { signal } = await asked;
        assert.equal(signal.aborted, false);
        const aborted = once(signal, 'abort');
        const left = once(app, 'test left');
        await client.close();
        await Promise.all([ aborted, left ]);
        assert.equal(codeOf(signal), 'CLIENT_LEFT');
        assert.deepEqual([ errors, warnings ], [[], []]);
      },
    ));
  }

  it('is one signal per event, not aborted while the client stays', () => withApp(async ({ port }) => {
    const client = await connect(port);
    assert.equal(await client.socket.emitWithAck('same'), true);
    await client.close();
  }));

  it('is aborted from the beginning if it is read after the client has left', () => withApp(async ({ app, port, has }) => {
    let open!: () => void;
    app.gate = new Promise(resolve => { open = resolve; });
    const client = await connect(port);
    const asked = has();
    client.socket.emit('late');
    await asked;
    const left = once(app, 'test left');
    await client.close();
    await left;
    const late = once(app, 'test late') as Promise<[AbortSignal]>;
    open();
    assert.equal(codeOf((await late)[0]), 'CLIENT_LEFT');
  }));

  it('is aborted with HANDLER_TIMEOUT, which the client gets too, also if it is read later; the late error is not logged', () => withApp(
    async ({ app, port, warnings, has }) => {
      let open!: () => void;
      app.gate = new Promise(resolve => { open = resolve; });
      const client = await connect(port);
      const asked = has();
      const answer = client.socket.emitWithAck('untilAborted') as Promise<{ error: { code: string } }>;
      const { signal } = await asked;
      assert.equal((await answer).error.code, 'HANDLER_TIMEOUT');
      assert.equal(codeOf(signal), 'HANDLER_TIMEOUT');
      const refused = await client.socket.emitWithAck('late') as { error: { code: string } };
      assert.equal(refused.error.code, 'HANDLER_TIMEOUT');
      const late = once(app, 'test late') as Promise<[AbortSignal]>;
      open();
      assert.equal(codeOf((await late)[0]), 'HANDLER_TIMEOUT');
      assert.deepEqual(warnings.filter(line => !line.includes('has not finished within')), []);
      await client.close();
    }, FAST,
  ));

  it('is no longer aborted once the handler of an event has finished, and the socket does not keep it', () => withApp(async ({ app, port }) => {
    const client = await connect(port);
    assert.equal(await client.socket.emitWithAck('finish'), 'finished');
    const [ socket ] = app.io.sockets.sockets.values();
    const kept = Object.getOwnPropertySymbols(socket).map(key => (socket as unknown as Record<symbol, unknown>)[key])
      .filter(value => value instanceof Set && [ ...value ].some(each => each instanceof AbortController));
    assert.deepEqual(kept, []);
    const left = once(app, 'test left');
    await client.close();
    await left;
    assert.equal(app.finished!.aborted, false);
  }));

  it('is never aborted if it is only read after its event is over, and the socket does not keep it either', () => withApp(async ({ app, port }) => {
    const client = await new SocketIOTestClient({ port }).connect();
    const socket = app.io.of('/').sockets.get(client.id!) as unknown as Record<symbol, Set<unknown> | undefined>;
    const left = once(app, 'test left');
    for (let i = 0; i < 3; i++) {
      assert.equal(await client.sendWithAck('after'), 'over');
      assert.equal(app.over!.signal, app.over!.signal);
    }
    const kept = Object.getOwnPropertySymbols(socket).find(({ description }) => description === '#abortControllers');
    assert.equal(kept && socket[kept]?.size, undefined);
    await client.close();
    await left;
    assert.equal(app.over!.signal.aborted, false);
  }));

  it('of a connection handler is aborted when the client leaves, long after the handler has finished; those of handlers of its leave and its expiry are not', () => withApp(
    async ({ app, port }) => {
      const client = await connect(port, { reads: true });
      const { signal } = app.connection;
      assert.equal(signal.aborted, false);
      const expired = once(app, 'test expired') as Promise<[AbortSignal]>;
      const left = once(app, 'test left');
      await client.close();
      await left;
      assert.equal(codeOf(signal), 'CLIENT_LEFT');
      assert.equal(app.leaving!.aborted, false);
      assert.equal((await expired)[0].aborted, false);
    },
  ));

  it('is aborted in connection middleware if the connection is closed before it is accepted', () => withApp(async ({ app, port, has }) => {
    app.gate = new Promise(() => { /* Never. */ });
    const asked = has();
    const leaver = await RawClient.open(port);
    leaver.send('40{"asks":true}');
    const { signal } = await asked;
    assert.equal(signal.aborted, false);
    const aborted = once(signal, 'abort');
    leaver.ws.terminate();
    await aborted;
    assert.equal(codeOf(signal), 'CLIENT_LEFT');
  }, FAST));

  it('of connection middleware stays the same in connection handlers, and is aborted when the client leaves', () => withApp(async ({ app, port, has }) => {
    const asked = has();
    const client = await connect(port, { asks: true });
    const { signal } = await asked;
    assert.equal(app.connection.signal, signal);
    assert.equal(signal.aborted, false);
    const left = once(app, 'test left');
    await client.close();
    await left;
    assert.equal(codeOf(signal), 'CLIENT_LEFT');
  }));

  it('is aborted with WORKER_STOPPING at the end of a stop, also that of a disconnect handler', async () => {
    let signal: AbortSignal | undefined;
    let client: SocketIOTestClient | undefined;
    let stopped: TestApp | undefined;
    await withApp(async ({ app, port, has }) => {
      stopped = app;
      client = await connect(port, { lingers: true });
      const asked = has();
      client.socket.emit('untilAborted');
      ({ signal } = await asked);
    }, FAST.replace('handlerTimeout: 200', 'handlerTimeout: false'));
    assert.deepEqual([ signal!, stopped!.leaving! ].map(codeOf), [ 'WORKER_STOPPING', 'WORKER_STOPPING' ]);
    await client!.close();
  });
});
