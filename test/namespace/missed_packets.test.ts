import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { SocketIOTestClient } from 'egg-socketio/mock';
import type { MockApplication } from 'egg-mock';
import { withInlineApp } from '../support/inline_app';

interface Gate { open: Promise<void>; asked: (() => void) | undefined; refuses: boolean }

const files = (skipMiddlewares: boolean) => ({
  'config/config.default.js': `module.exports = () => ({
    keys: 'test keys',
    socketio: { connectionStateRecovery: { skipMiddlewares: ${skipMiddlewares} } },
  });`,
  'app/socket/gate.js': `
    const { defineSocketController } = require('egg-socketio');
    module.exports = defineSocketController({
      namespace: '/gate',
      connectionMiddleware: [ async (ctx, next) => {
        const { gate } = ctx.app;
        if (gate) {
          gate.asked();
          await gate.open;
          if (gate.refuses) throw new Error('no longer');
        }
        await next();
      } ],
      messages: { ping: () => 'pong' },
    });`,
});

type GatedApp = MockApplication & { gate?: Gate };
type Use = (client: SocketIOTestClient, app: GatedApp, emit: (n: number) => void) => Promise<void>;

/** Runs `use` with a client that was cut off and has missed `'news', 1` and `'news', 2`. */
async function withAbsent(skipMiddlewares: boolean, use: Use): Promise<void> {
  await withInlineApp(files(skipMiddlewares), async ({ app }) => {
    const client = await app.createSocketIOClient({ namespace: '/gate' });
    try {
      const namespace = app.io.of('/gate');
      const emit = (n: number) => { namespace.emit('news', n); };
      emit(0);
      await client.next('news');
      const gone = once(namespace.sockets.get(client.id!)!, 'disconnect');
      client.socket.io.engine.close();
      await gone;
      emit(1);
      emit(2);
      await use(client, app, emit);
    } finally {
      await client.close();
    }
  });
}

/** Lets the client come back, and does something while the middleware waits. */
async function comeBack(client: SocketIOTestClient, app: GatedApp, refuses: boolean, meanwhile: () => void): Promise<void> {
  let open = () => { /* set at once */ };
  const asked = new Promise<void>(resolve => {
    app.gate = { open: new Promise<void>(pass => { open = pass; }), asked: resolve, refuses };
  });
  const connected = client.connect();
  await asked;
  meanwhile();
  open();
  await connected;
}

describe('test/namespace/missed_packets.test.ts', () => {
  it('sends missed packets in order once the middleware has accepted the client', async () => {
    await withAbsent(false, async (client, app, emit) => {
      const received: unknown[] = [];
      client.socket.io.on('packet', packet => { received.push(packet.type); });
      await comeBack(client, app, false, () => assert.deepEqual(received, []));
      assert.equal(client.socket.recovered, true);
      emit(3);
      await client.sendWithAck('ping');
      assert.deepEqual(client.pending.map(({ args }) => args[0]), [ 1, 2, 3 ]);
    });
  });

  it('sends no missed packets to a client that is refused', async () => {
    await withAbsent(false, async (client, app, emit) => {
      const received: unknown[] = [];
      client.socket.io.on('packet', packet => { received.push(packet.type); });
      await assert.rejects(comeBack(client, app, true, () => emit(3)), { message: 'no longer' });
      // CONNECT_ERROR
      assert.deepEqual(received, [ 4 ]);
    });
  });

  it('sends missed packets to a client that skips the middleware', async () => {
    await withAbsent(true, async client => {
      await client.connect();
      await client.sendWithAck('ping');
      assert.deepEqual(client.pending.map(({ args }) => args[0]), [ 1, 2 ]);
    });
  });
});
