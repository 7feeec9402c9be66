import { EventEmitter, once } from 'node:events';
import type { Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { io } from 'socket.io-client';
import { type InlineApp, startErrorOf, withInlineApp } from './inline_app';

const io2 = require('socket.io-client-v2') as typeof io;

/** How an app for egg-socket.io enables the plugin in its place. */
export const PLUGIN = { 'config/plugin.js': "exports.io = { enable: true, package: 'egg-socketio/egg-socket.io' };" };

/** The clients with which an app is tested: what it was written for, and what it can have next. */
export const CLIENTS = { 'socket.io-client 2': io2, 'socket.io-client 4': io };

/** A client that keeps what it has heard, so that nothing is missed between two waits. */
export class OldClient {
  /** The arguments of each event, by its name. */
  private readonly heard = new Map<string, unknown[][]>();
  private readonly arrivals = new EventEmitter();
  readonly socket: ReturnType<typeof io>;

  constructor(connect: typeof io, url: string, options: Record<string, unknown> = {}) {
    this.socket = connect(url, { forceNew: true, reconnection: false, transports: [ 'websocket' ], ...options });
  }

  /** Begins to listen to events; to be called before they can come. */
  listen(...events: string[]): this {
    for (const event of events) {
      const list: unknown[][] = [];
      this.heard.set(event, list);
      this.socket.on(event, (...args: unknown[]) => {
        list.push(args);
        this.arrivals.emit(`heard ${event}`);
      });
    }
    return this;
  }

  /** The arguments of the next event of a name. */
  async next(event: string): Promise<unknown[]> {
    const list = this.heard.get(event)!;
    while (list.length === 0) await once(this.arrivals, `heard ${event}`);
    return list.shift()!;
  }

  /** All arguments of events of a name that have come, and that nobody has waited for. */
  left(event: string): unknown[][] {
    return this.heard.get(event)!;
  }

  emit(event: string, ...args: unknown[]): void { this.socket.emit(event, ...args); }

  /** The arguments of the ack. */
  async ask(event: string, ...args: unknown[]): Promise<unknown[]> {
    return new Promise(resolve => { this.socket.emit(event, ...args, (...values: unknown[]) => resolve(values)); });
  }

  close(): void { this.socket.close(); }
}

/** An app for egg-socket.io that runs in this process. */
export interface OldApp extends InlineApp {
  readonly url: string;
  /** Connects one of the two kinds of clients, and closes it at the end. */
  client(connect: typeof io, namespace?: string, options?: Record<string, unknown>): OldClient;
}

/** Starts an app for egg-socket.io that a test writes out itself, with the plugin in its place. */
export async function withOldApp(files: Record<string, string>, run: (old: OldApp) => Promise<void>): Promise<void> {
  const clients: OldClient[] = [];
  await withInlineApp({ ...PLUGIN, ...files }, async (inline, startError) => {
    if (startError) throw startError;
    const { server } = inline.app as unknown as { server: HttpServer };
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      await run({
        ...inline, url,
        client(connect, namespace = '', options = {}) {
          const client = new OldClient(connect, url + namespace, options);
          clients.push(client);
          return client;
        },
      });
    } finally {
      for (const client of clients) client.close();
    }
  });
}

/** What stops the start of such an app. */
export async function oldStartErrorOf(files: Record<string, string>): Promise<Error> {
  return startErrorOf({ ...PLUGIN, ...files });
}
