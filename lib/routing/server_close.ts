import type { Server } from 'node:http';
import { Server as NetServer } from 'node:net';

/** Accepts no new connections. Idle ones stay open: a client may just be about to use one. */
export function stopListening(server: Server, callback?: (error?: Error) => void): void {
  NetServer.prototype.close.call(server, callback);
}

/**
 * Calls a listener when a server is closed, while its connections may still be open; Node's own `close` event comes after their end. The
 * idle ones stay open, and the closing lasts, until the listener has finished.
 *
 * @return stops that
 */
export function onServerClosing(server: Server, listener: () => Promise<void>): () => void {
  const closing: Server['close'] = callback => {
    const ready = listener().then(() => server.closeIdleConnections());
    stopListening(server, error => { void ready.then(() => callback?.(error)); });
    return server;
  };
  server.close = closing;
  return () => {
    if (server.close === closing) Reflect.deleteProperty(server, 'close');
  };
}
