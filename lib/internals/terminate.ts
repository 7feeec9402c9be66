import type { Socket as EngineSocket } from 'engine.io';

/**
 * Closes a connection without waiting for its client, and so releases everything that is kept for it. A WebSocket's closing handshake
 * would keep it for 30 seconds if the client does not read. Socket.IO's reason is 'forced close', after which a client reconnects by
 * itself.
 */
export function terminate(session: EngineSocket): void {
  const { socket } = session.transport as { socket?: { terminate?(): void } };
  socket?.terminate?.();
  session.close(true);
}
