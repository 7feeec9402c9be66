import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/** Asks a client to send its request again: its session exists, but cannot be reached at this moment. */
export function refuseForNow(res: ServerResponse): void {
  res.writeHead(503, { 'Retry-After': '1' }).end();
}

/** The same for an upgrade. */
export function refuseUpgradeForNow(socket: Duplex): void {
  socket.on('error', () => socket.destroy());
  socket.end('HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
}
