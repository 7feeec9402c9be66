import type { Server } from 'node:http';
import { Server as NetServer } from 'node:net';

/** Takes no new connections any more. Those that are idle stay open: a client may just be about to use one. */
export function stopListening(server: Server, callback?: (error?: Error) => void): void {
  NetServer.prototype.close.call(server, callback);
}

/**
 * Calls a listener when somebody closes a server, while its connections may still be open; Node's own `close` event comes
 * after their end. The idle ones stay open until the listener is through, and so long the closing lasts.
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
