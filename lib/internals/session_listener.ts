import type { Server as Engine, Socket as EngineSocket } from 'engine.io';

/** Makes the Socket.IO client of an engine session. */
export type SessionListener = (session: EngineSocket) => void;

/**
 * Puts something around the moment at which Socket.IO is given a session. That is Engine.IO's 'connection' or later: a
 * session that may move, or that has moved, is given to the same listener by hand.
 *
 * @param engine - Socket.IO must be attached to it, and nobody else may have taken its listener yet
 * @param around - makes the new listener from the present one
 */
export function wrapSessionListener(engine: Engine, around: (listener: SessionListener) => SessionListener): void {
  const [ listener, ...others ] = engine.listeners('connection') as SessionListener[];
  engine.removeAllListeners('connection');
  for (const each of [ around(listener), ...others ]) engine.on('connection', each);
}
