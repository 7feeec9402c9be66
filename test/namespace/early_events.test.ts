import assert from 'node:assert/strict';
import type { MockApplication } from 'egg-mock';
import type { Socket } from 'socket.io';
import { type ClientOptions, SocketIOTestClient } from '../../lib/mock/typed';
import type { RefusalCounts } from '../../lib/types/refusal';
import { memoryInUse } from '../support/attacked_app';
import { type AttachedServer, attachServer } from '../support/attached_server';
import { withInlineApp } from '../support/inline_app';
import { PollingSession } from '../support/protocol/polling_session';

/** What the app's handlers have done, and what they wait for. */
interface Trace {
  handled: unknown[];
  heard: unknown[];
  left: string[];
  /** Connection handlers wait for it. */
  gate: Promise<void>;
  open(): void;
  /** Called as soon as a disconnect handler has run. */
  onLeft(): void;
}

const NAMESPACE = (namespace: string) => `
  const { defineSocketController } = require('egg-socketio');
  const WAYS = {
    let: () => {},
    disconnect: ctx => { ctx.disconnect(); },
    'socket.disconnect': ctx => { ctx.socket.disconnect(); },
    'disconnect(true)': ctx => { ctx.disconnect(true); },
    disconnectSockets: ctx => { ctx.nsp.in(ctx.id).disconnectSockets(); },
    'disconnect and throw': ctx => { ctx.disconnect(); throw new Error('nobody'); },
  };
  module.exports = defineSocketController({
    namespace: '${namespace}',
    async onConnection(ctx) {
      const { trace } = ctx.app;
      ctx.socket.on('heard', value => trace.heard.push(value));
      await trace.gate;
      await WAYS[ctx.handshake.auth.way ?? 'let'](ctx);
    },
    onDisconnection(ctx, reason) {
      ctx.app.trace.left.push('${namespace} ' + reason);
      ctx.app.trace.onLeft();
    },
    messages: {
      note(ctx, value) { ctx.app.trace.handled.push(value); return value; },
      leave(ctx, value) { ctx.app.trace.handled.push(value); ctx.disconnect(); },
    },
  });`;

interface EarlyApp extends AttachedServer {
  readonly app: MockApplication;
  readonly trace: Trace;
  readonly warnings: readonly string[];
  refused(): Promise<RefusalCounts>;
  connect(options?: ClientOptions): Promise<SocketIOTestClient>;
  /** The server's sides of the sockets of a namespace. */
  sockets(namespace?: string): Socket[];
}

/** Starts an app whose connection handlers wait for the test. */
async function withEarlyApp(limits: string, run: (early: EarlyApp) => Promise<void>): Promise<void> {
  await withInlineApp({
    'config/config.default.js': `module.exports = () => ({ keys: 'test keys', socketio: { limits: ${limits} } });`,
    'app/socket/main.js': NAMESPACE('/'),
    'app/socket/other.js': NAMESPACE('/other'),
  }, async ({ app, warnings }, startError) => {
    assert.ifError(startError);
    const trace = { handled: [], heard: [], left: [], onLeft: () => undefined } as unknown as Trace;
    trace.gate = new Promise(resolve => { trace.open = resolve; });
    Object.assign(app, { trace });
    const server = await attachServer(app);
    const clients: SocketIOTestClient[] = [];
    try {
      await run({
        ...server, app, trace, warnings,
        refused: async () => (await app.io.stats()).total.refused,
        async connect(options) {
          const client = new SocketIOTestClient({ port: server.port, transports: [ 'websocket' ], ...options });
          clients.push(client);
          return client.connect();
        },
        sockets: (namespace = '/') => [ ...app.io.of(namespace).sockets.values() ],
      });
    } finally {
      await Promise.all(clients.map(client => client.close()));
      server.close();
    }
  });
}

/** Resolves once the server has an event with this value of one of these sockets. */
async function arrived(sockets: readonly Socket[], value: unknown): Promise<void> {
  await new Promise<void>(resolve => {
    for (const socket of sockets) socket.onAny((_event, given) => { if (given === value) resolve(); });
  });
}

async function untilLeft(trace: Trace, count: number): Promise<void> {
  while (trace.left.length < count) await new Promise<void>(resolve => { trace.onLeft = resolve; });
}

describe('test/namespace/early_events.test.ts', () => {
  for (const way of [ 'disconnect', 'socket.disconnect', 'disconnect(true)', 'disconnectSockets', 'disconnect and throw' ]) {
    it(`drops the events that wait for a connection handler which disconnects the client: ${way}`, () => withEarlyApp('{}', async ({ trace, connect, sockets }) => {
      const good = await connect();
      const bad = await connect({ auth: { way } });
      const all = arrived(sockets(), 'last');
      const refusal = assert.rejects(bad.sendWithAck('note', 'bad'), /no ack for 'note': socket has been disconnected/);
      bad.send('heard', 'bad');
      const kept = good.sendWithAck('note', 'good');
      good.send('heard', 'good');
      bad.send('note', 'last');
      await all;
      trace.open();
      await refusal;
      assert.equal(await kept, 'good');
      await untilLeft(trace, 1);
      assert.deepEqual(trace.handled, [ 'good' ]);
      assert.deepEqual(trace.heard, [ 'good' ], "the app's own listeners do not hear them either");
      assert.deepEqual(trace.left, [ '/ server namespace disconnect' ]);
    }));
  }

  for (const way of [ 'disconnect', 'socket.disconnect', 'disconnect(true)', 'disconnect and throw' ]) {
    it(`drops the waiting events also if the client has left before its connection handler disconnects it: ${way}`, () => withEarlyApp('{}', async ({ trace, connect, sockets }) => {
      const bad = await connect({ auth: { way } });
      const [ socket ] = sockets();
      const all = arrived([ socket ], 'bad');
      bad.send('note', 'bad');
      bad.send('heard', 'bad');
      await all;
      const left = new Promise(resolve => { socket.once('disconnect', resolve); });
      await bad.close();
      await left;
      trace.open();
      await untilLeft(trace, 1);
      assert.deepEqual([ trace.handled, trace.heard ], [[], []]);
    }));
  }

  it('drops the waiting events if other code disconnects the client while its connection handler runs', () => withEarlyApp('{}', async ({ app, trace, connect, sockets }) => {
    const bad = await connect();
    const all = arrived(sockets(), 'bad');
    bad.send('note', 'bad');
    await all;
    app.io.in(bad.id!).disconnectSockets();
    assert.deepEqual(trace.left, [], 'disconnect handlers wait for the connection handler');
    trace.open();
    await untilLeft(trace, 1);
    assert.deepEqual(trace.handled, []);
  }));

  it('drops events that follow an event whose handler disconnects the client, in one payload of a polling client', () => withEarlyApp('{}', async ({ port, trace }) => {
    const session = await PollingSession.open(`http://127.0.0.1:${port}/socket.io/`);
    await session.send('40');
    await session.take(1);
    await session.send('42["note",1]', '42["leave",2]', '42["note",3]', '42["note",4]');
    trace.open();
    await untilLeft(trace, 1);
    assert.deepEqual(trace.handled, [ 1, 2 ]);
    const open = await PollingSession.open(`http://127.0.0.1:${port}/socket.io/`);
    await open.send('40');
    await open.take(1);
    await open.send('42["note",5]', '42["leave",6]', '42["note",7]');
    await untilLeft(trace, 2);
    assert.deepEqual(trace.handled, [ 1, 2, 5, 6 ], 'the same once the connection handlers have finished');
  }));

  it('disconnect() drops the waiting events of its namespace, disconnect(true) those of all namespaces', () => withEarlyApp('{}', async ({ port, trace }) => {
    for (const [ way, handled ] of [[ 'disconnect', [ 'other' ]], [ 'disconnect(true)', []]] as const) {
      trace.gate = new Promise(resolve => { trace.open = resolve; });
      trace.handled = [];
      trace.left = [];
      const session = await PollingSession.open(`http://127.0.0.1:${port}/socket.io/`);
      await session.send(`40{"way":"${way}"}`, '40/other,');
      await session.take(2);
      await session.send('42["note","main"]', '42/other,["note","other"]');
      trace.open();
      await untilLeft(trace, handled.length > 0 ? 1 : 2);
      assert.deepEqual(trace.handled, handled);
    }
  }));

  it('handles the waiting events of a client that has disconnected by itself', () => withEarlyApp('{}', async ({ trace, connect, sockets }) => {
    const client = await connect();
    const all = arrived(sockets(), 'last words');
    client.send('note', 'last words');
    await all;
    await client.close();
    trace.open();
    await untilLeft(trace, 1);
    assert.deepEqual(trace.handled, [ 'last words' ]);
  }));

  describe('waitingBytes', () => {
    const MEGABYTE = 1024 * 1024;

    async function flood(early: EarlyApp, client: SocketIOTestClient, payload: unknown, batch: number): Promise<void> {
      const bystander = await early.connect();
      const gone = new Promise<void>(resolve => { client.once('disconnect', () => resolve()); });
      let isGone = false;
      void gone.then(() => { isGone = true; });
      const before = await memoryInUse();
      for (let round = 0; !isGone; round++) {
        assert.ok(round < 400, 'it is never closed');
        for (let i = 0; i < batch; i++) client.send('note', payload);
        await new Promise(setImmediate);
        while (!isGone && client.socket.io.engine.writeBuffer.length > 0) await new Promise(setImmediate);
        // Without a limit, it would be 400 MB. A heap that other tests have used before varies by some.
        assert.ok(await memoryInUse(1) - before < 32 * MEGABYTE, 'what waits is kept below the limit');
      }
      const kept = bystander.sendWithAck('note', 'good');
      early.trace.open();
      assert.equal(await kept, 'good');
      await untilLeft(early.trace, 1);
      assert.deepEqual(early.trace.handled, [ 'good' ], 'nothing of the flood is handled');
      assert.equal((await early.refused()).waitingBytes, 1);
      // Kept, it would be more than the 16 MiB that may wait. What a first run compiles is one or two.
      assert.ok(await memoryInUse(10) - before < 8 * MEGABYTE, 'nothing of the flood is kept');
    }

    for (const [ what, payload, batch ] of [
      [ 'large texts', 'a'.repeat(100_000), 10 ], [ 'small objects', Array.from({ length: 1000 }, () => ({})), 10 ],
      [ 'empty events', null, 2000 ], [ 'attachments', Buffer.alloc(100_000), 10 ],
    ] as const) {
      it(`closes the connection of a client whose waiting events exceed the limit: ${what}`, () => withEarlyApp('{ events: false }', async early => {
        const client = await early.connect();
        await flood(early, client, payload, batch);
        assert.equal(early.warnings.length, 1);
        assert.match(early.warnings[0], /closed the connection of \S+ \(127\.0\.0\.1\): its connection handlers had not finished, and more than 4194304 bytes of events waited for them \(config\.socketio\.limits\.waitingBytes\)\./);
      }));
    }

    it('counts all namespaces of one connection together', () => withEarlyApp('{ waitingBytes: 100000 }', async ({ connect, trace, refused }) => {
      const main = await connect({ forceNew: false });
      const other = await connect({ forceNew: false, namespace: '/other' });
      assert.equal(main.socket.io, other.socket.io);
      const gone = new Promise<void>(resolve => { main.once('disconnect', () => resolve()); });
      main.send('note', 'a'.repeat(80_000));
      other.send('note', 'a'.repeat(80_000));
      main.send('note', 'one more');
      await gone;
      trace.open();
      await untilLeft(trace, 2);
      assert.deepEqual(trace.handled, []);
      assert.equal((await refused()).waitingBytes, 1);
    }));

    it('allows a single event that is larger, and frees its bytes once the handlers have finished', () => withEarlyApp('{ waitingBytes: 1000 }', async ({ connect, trace, refused }) => {
      const client = await connect();
      const first = client.sendWithAck('note', 'a'.repeat(100_000));
      trace.open();
      await first;
      for (let i = 0; i < 20; i++) await client.sendWithAck('note', 'a'.repeat(1000));
      assert.equal((await refused()).waitingBytes, 0);
      assert.equal(trace.handled.length, 21);
    }));

    it('false: any number of bytes may wait', () => withEarlyApp('{ waitingBytes: false, events: false }', async ({ connect, trace, refused, sockets }) => {
      const client = await connect();
      const all = arrived(sockets(), 'last');
      for (let i = 0; i < 60; i++) client.send('note', 'a'.repeat(100_000));
      client.send('note', 'last');
      await all;
      trace.open();
      await client.sendWithAck('note', 'after');
      assert.equal(trace.handled.length, 62);
      assert.equal((await refused()).waitingBytes, 0);
    }));
  });
});
