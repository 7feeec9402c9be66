import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';

/** Where Engine.IO puts what it has read of a request's URL. */
interface WithQuery { _query?: { EIO?: string; transport?: string } }

/** Whether Engine.IO will not close the connection again after it has let it in, which loses what is not yet written. */
function isWelcome({ _query }: WithQuery): boolean {
  return _query?.EIO === '4' && _query.transport === 'websocket';
}

/** Writes the answer to an upgrade together with what follows from it at once, such as Engine.IO's first packet. */
export class CorkedUpgradeServer extends WebSocketServer {
  override handleUpgrade(
    req: IncomingMessage, socket: Duplex, head: Buffer, take: (client: WebSocket, req: IncomingMessage) => void,
  ): void {
    if (isWelcome(req as WithQuery)) {
      // A refusal ends the stream, which uncorks it.
      socket.cork();
      // Behind all microtasks that are due: Engine.IO awaits the id of the session.
      queueMicrotask(() => process.nextTick(() => socket.uncork()));
    }
    super.handleUpgrade(req, socket, head, take);
  }
}
