import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import type { MockApplication } from 'egg-mock';
import { stream } from 'egg-socketio/client';
import type { Socket } from 'socket.io-client';
import { SocketIOTestClient, type ClientOptions } from '../../lib/mock/typed';
import { attachServer } from '../support/attached_server';
import { withInlineApp } from '../support/inline_app';

/** An app whose streams tell the test what happens in them, by `app.news`. */
export interface StreamsApp {
  readonly app: MockApplication & { readonly news: EventEmitter; readonly said: unknown[] };
  readonly port: number;
  readonly warnings: readonly string[];
  connect(options?: ClientOptions): Promise<Socket>;
  /** The next news of this kind, or the next one with this value. */
  hear(news: string, value?: unknown): Promise<unknown>;
}

/** The number of handlers that have not finished. */
export async function handlersOf(app: MockApplication): Promise<number> {
  return (await app.io.stats()).total.handlers;
}

/**
 * Starts an app with controllers in TypeScript, `app/socket/main.ts`.
 *
 * @param others - more files, by path
 */
export async function withStreams(
  controllers: string, run: (app: StreamsApp) => Promise<void>, config = '', others: Record<string, string> = {},
): Promise<void> {
  const files = {
    ...others,
    'app/socket/main.ts': controllers,
    'config/config.default.js': `module.exports = () => ({ keys: 'test', socketio: { ${config} } });`,
  };
  await withInlineApp(files, async ({ app, warnings }, startError) => {
    assert.ifError(startError);
    const server = await attachServer(app);
    const news = new EventEmitter();
    const said: unknown[] = [];
    Object.assign(app, { news, said });
    const clients: SocketIOTestClient[] = [];
    try {
      await run({
        app: app as StreamsApp['app'], port: server.port, warnings,
        hear: (name, value) => new Promise(resolve => {
          const listener = (heard: unknown) => {
            if (value !== undefined && heard !== value) return;
            news.off(name, listener);
            resolve(heard);
          };
          news.on(name, listener);
        }),
        async connect(options) {
          const client = new SocketIOTestClient({ port: server.port, transports: [ 'websocket' ], ...options });
          clients.push(client);
          await client.connect();
          return client.socket as unknown as Socket;
        },
      });
    } finally {
      for (const client of clients) await client.close();
      server.close();
    }
  });
}

/** All items of a stream. */
export async function collect(items: AsyncIterable<unknown>): Promise<unknown[]> {
  const all = [];
  for await (const item of items) all.push(item);
  return all;
}

export { stream };
