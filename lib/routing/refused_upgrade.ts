import type { Duplex } from 'node:stream';

/** Milliseconds that a client has to read the response and to close its side. */
const LINGER = 5000;

/**
 * Ends the connection of a refused upgrade with a response. What its client is still sending is read and dropped meanwhile: closing a
 * connection with unread data resets it, and the client, or a proxy that answers 502 then, may never see the response.
 *
 * @param head - the status, and headers besides those about the connection and the length
 */
export function refuseUpgrade(socket: Duplex, head: string, body = ''): void {
  socket.on('error', () => socket.destroy());
  socket.end(`HTTP/1.1 ${head}\r\nConnection: close\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  socket.resume();
  const timer = setTimeout(() => socket.destroy(), LINGER).unref();
  socket.once('close', () => clearTimeout(timer));
}
