import type { Server as Engine, Socket as EngineSocket } from 'engine.io';

interface Connection {
  cork(): void;
  uncork(): void;
}

/** The connection below a WebSocket transport, which Engine.IO and `ws` keep to themselves. */
function connectionOf(session: EngineSocket): Connection | undefined {
  const { socket } = session.transport as unknown as { socket?: { _socket?: Partial<Connection> | null } };
  const connection = socket?._socket;
  return connection?.cork && connection.uncork ? connection as Connection : undefined;
}

/**
 * Has several packets for one client, which Engine.IO flushes together, written by one system call in place of one for
 * each. Nothing waits for that. What has no such connection (polling, another `wsEngine`) is left as it is.
 */
export function corkFlushes(engine: Engine): void {
  let corked: Connection | undefined;
  const uncork = () => {
    corked?.uncork();
    corked = undefined;
  };
  engine.on('flush', (session: EngineSocket, packets: readonly unknown[]) => {
    // Left behind by a transport that has thrown.
    uncork();
    if (packets.length < 2) return;
    corked = connectionOf(session);
    corked?.cork();
  });
  engine.on('drain', uncork);
}
