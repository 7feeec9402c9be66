import type { Socket } from 'socket.io';

/** The `emit()` of a socket without the app's outgoing middleware; missing without any. */
export const OWN_EMIT = Symbol('Socket#ownEmit');

type Holder = Socket & { [OWN_EMIT]?: Socket['emit'] };

/** Replaces the `emit()` of a socket that everything passes which is sent, after outgoing middleware. */
export function wrapOwnEmit(socket: Socket, wrap: (emit: Socket['emit']) => Socket['emit']): void {
  const holder = socket as Holder;
  if (holder[OWN_EMIT]) holder[OWN_EMIT] = wrap(holder[OWN_EMIT]);
  else socket.emit = wrap(socket.emit);
}

/**
 * Sends an event of the plugin itself to a client: a message of a stream, or the error of an event without an ack. They are answers, which
 * interceptors and filters change; outgoing middleware does not get them.
 */
export function emitOwn(socket: Socket, event: string, ...args: unknown[]): void {
  const own = (socket as Holder)[OWN_EMIT] ?? socket.emit;
  own.call(socket, event, ...args);
}
