import assert from 'node:assert/strict';
import { once } from 'node:events';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Socket } from 'socket.io';
import WebSocket from 'ws';
import type { RefusalCounts } from '../../lib/types/refusal';
import { SocketIOTestClient } from '../../lib/mock/typed';
import type { Application } from '../../lib/types/application';
import { type AttachedServer, attachServer } from './attached_server';
import { withInlineApp } from './inline_app';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/**
 * Bytes in use by this process, inside and outside of the heap.
 *
 * @param collections - after one there may still be garbage: what is closed is let go by callbacks
 */
export async function memoryInUse(collections = 5): Promise<number> {
  for (let i = 0; i < collections; i++) {
    collectGarbage();
    await setImmediate();
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** A client that speaks Engine.IO by WebSocket, and sends what it likes. */
export class RawClient {
  readonly closed: Promise<unknown>;
  private constructor(readonly ws: WebSocket) {
    this.closed = once(ws, 'close');
    // Whoever is cut off may see that while it writes.
    ws.on('error', () => undefined);
  }

  static async open(port: number, headers: Record<string, string> = {}): Promise<RawClient> {
    const client = new RawClient(new WebSocket(`ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`, { headers }));
    await client.next('0');
    return client;
  }

  /** Opens a connection, and connects to the main namespace. */
  static async connect(port: number): Promise<RawClient> {
    const client = await RawClient.open(port);
    client.send('40');
    await client.next('40');
    return client;
  }

  send(frame: string | Buffer): void {
    this.ws.send(frame);
  }

  /** The next packet that begins as given. */
  async next(start: string): Promise<string> {
    for (;;) {
      const [ data ] = await once(this.ws, 'message') as [ Buffer ];
      const text = data.toString();
      if (text.startsWith(start)) return text;
      if (text === '2') this.send('3');
    }
  }

  /** Takes nothing from its connection any more. */
  stopReading(): void {
    (this.ws as unknown as { _socket: { pause(): void } })._socket.pause();
  }
}

/** An app under attack. */
export interface AttackedApp extends AttachedServer {
  readonly io: Application;
  refused(): Promise<RefusalCounts>;
  readonly warnings: readonly string[];
  /** The reasons that disconnect handlers were told, and a promise of the next one. */
  readonly gone: readonly string[];
  nextGone(): Promise<void>;
  /** The server's side of whoever has come last. */
  last(): Socket;
  /** What a well-behaved client asks while an attack is under way must all be answered. */
  beside(attack: (bystander: SocketIOTestClient) => Promise<void>): Promise<void>;
}

const CONTROLLER = `
  const { defineSocketController } = require('egg-socketio');
  module.exports = defineSocketController({
    onDisconnection(ctx, reason) { ctx.app.emit('test gone', reason); },
    messages: { echo: (ctx, value) => value },
  });`;

/**
 * Starts an app whose clients are echoed what they send, on a port of its own.
 *
 * @param config - `config.socketio`
 * @param rest - more of the config
 */
export async function withAttackedApp(config: string, run: (attacked: AttackedApp) => Promise<void>, rest = ''): Promise<void> {
  await withInlineApp({
    'config/config.default.js': `module.exports = () => ({ keys: 'test keys', ${rest} socketio: ${config} });`,
    'app/socket/echo.js': CONTROLLER,
  }, async ({ app, warnings }, startError) => {
    assert.ifError(startError);
    const { io } = app;
    const server = await attachServer(app);
    const gone: string[] = [];
    app.on('test gone', (reason: string) => gone.push(reason));
    const bystander = new SocketIOTestClient({ port: server.port, transports: [ 'websocket' ] });
    try {
      await run({
        ...server, io, warnings, gone,
        refused: async () => (await io.stats()).total.refused,
        last: () => [ ...io.of('/').sockets.values() ].at(-1)!,
        async nextGone() { await once(app, 'test gone'); },
        async beside(attack) {
          await bystander.connect();
          let isOver = false;
          const answers: unknown[] = [];
          const asking = (async () => {
            while (!isOver) {
              answers.push(await bystander.sendWithAck('echo', answers.length));
              // One that sends again as soon as it is answered would exceed limits.events itself on a fast machine.
              await setTimeout(1);
            }
          })();
          try {
            await attack(bystander);
          } finally {
            isOver = true;
            await asking;
          }
          assert.deepEqual(answers, Array.from(answers, (_, i) => i));
          assert.ok(answers.length > 0);
          await bystander.close();
        },
      });
    } finally {
      await bystander.close();
      server.close();
    }
  });
}
