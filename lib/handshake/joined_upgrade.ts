import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';

/** Writes the answer to an upgrade together with what follows from it at once, such as Engine.IO's first packet. */
export class JoinedUpgradeServer extends WebSocketServer {
  override handleUpgrade(
    req: IncomingMessage, socket: Duplex, head: Buffer, take: (client: WebSocket, req: IncomingMessage) => void,
  ): void {
    // A refusal ends the stream, which uncorks it.
    socket.cork();
    super.handleUpgrade(req, socket, head, take);
    // Behind all microtasks that are due: Engine.IO awaits the id of the session.
    queueMicrotask(() => process.nextTick(() => socket.uncork()));
  }
}
