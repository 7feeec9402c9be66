import type { Socket } from 'socket.io';
import type { NamespacePlan } from '../../controllers/plan/types';
import { watchSockets } from '../outgoing/watch_socket';
import type { Environment } from './environment';

/** Gives a socket the methods that all sockets of a namespace have. A second call changes nothing. */
export type Prepare = (socket: Socket) => void;

/**
 * Returns the {@link Prepare} of a namespace. It is called before the connection middleware, and again when the socket is connected,
 * because a recovered one skips the middleware.
 */
export function createPrepare({ outgoing }: NamespacePlan, { limitSocket, emits }: Environment): Prepare {
  // After the observers, so that they see what is sent.
  const watch = outgoing.length > 0 ? watchSockets(outgoing) : undefined;
  return socket => {
    limitSocket(socket);
    emits.watchSocket(socket);
    watch?.(socket);
  };
}
