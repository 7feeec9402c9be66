import type { Server as Engine, Socket as EngineSocket } from 'engine.io';

/** Creates the Socket.IO client of an Engine.IO session. */
export type SessionListener = (session: EngineSocket) => void;

/**
 * Wraps the moment at which Socket.IO gets a session. That is Engine.IO's 'connection' or later: a session that may move, or that has
 * moved, is passed to the same listener directly.
 *
 * @param engine - Socket.IO must be attached to it, and its listener must be the original one
 * @param around - returns the new listener for the present one
 */
export function wrapSessionListener(engine: Engine, around: (listener: SessionListener) => SessionListener): void {
  const [ listener, ...others ] = engine.listeners('connection') as SessionListener[];
  engine.removeAllListeners('connection');
  for (const each of [ around(listener), ...others ]) engine.on('connection', each);
}
