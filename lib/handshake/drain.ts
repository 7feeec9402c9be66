import type { Server as Engine, Socket as EngineSocket } from 'engine.io';

/** How connections are closed at shutdown. */
export interface DrainOptions {
  /** Connections closed at a time. @default 100 */
  batch?: number;
  /** Milliseconds between two batches, give or take a half at random. @default 50 */
  interval?: number;
  /** Milliseconds for everything: closing the connections and the handlers that run then. Egg kills a worker after 5000. @default 4000 */
  limit?: number;
}

function shuffled<T>(values: T[]): T[] {
  for (let i = values.length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1));
    [ values[i], values[j] ] = [ values[j], values[i] ];
  }
  return values;
}

/**
 * Closes all sessions of an engine, not all at once, so that their clients do not all come back at once. Each is
 * closed by its transport, after what is still to be written: such a client reconnects by itself, while one that
 * is disconnected by the server does not (https://socket.io/docs/v4/client-socket-instance/#disconnect).
 *
 * @param deadline - `Date.now()` after which the rest is closed without waiting
 */
export async function drain(engine: Engine, { batch, interval }: Required<DrainOptions>, deadline: number): Promise<void> {
  const { clients } = engine as unknown as { clients: Record<string, EngineSocket> };
  const sessions = shuffled(Object.values(clients));
  while (sessions.length > 0) {
    for (const session of sessions.splice(0, batch)) session.close();
    if (sessions.length === 0 || Date.now() > deadline) continue;
    await new Promise(resolve => { setTimeout(resolve, interval * (0.5 + Math.random())); });
  }
}
