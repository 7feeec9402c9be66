import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';

/** The property for the parsed query of a request's URL in Engine.IO. */
interface WithQuery { _query?: { EIO?: string; transport?: string } }

/** Whether Engine.IO will not close the connection right after accepting it, which loses unwritten data. */
function isWelcome({ _query }: WithQuery): boolean {
  return _query?.EIO === '4' && _query.transport === 'websocket';
}

/** Writes the response to an upgrade together with the data that follows at once, such as Engine.IO's first packet. */
export class CorkedUpgradeServer extends WebSocketServer {
  override handleUpgrade(
    req: IncomingMessage, socket: Duplex, head: Buffer, take: (client: WebSocket, req: IncomingMessage) => void,
  ): void {
    if (isWelcome(req as WithQuery)) {
      // A rejection ends the stream, which uncorks it.
      socket.cork();
      // After all due microtasks: Engine.IO awaits the id of the session.
      queueMicrotask(() => process.nextTick(() => socket.uncork()));
    }
    super.handleUpgrade(req, socket, head, take);
  }
}
