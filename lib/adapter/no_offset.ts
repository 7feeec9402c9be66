import { EVENT, type Packet } from '../internals/packet';

/** In place of the offset that a client does not show. No offset looks like that. */
export const NO_OFFSET = '-';

interface Auth { readonly pid?: unknown; readonly offset?: unknown }
interface CreatedSocket { readonly handshake: { auth: unknown } }
type CreateSocket = (client: unknown, auth: Auth) => Promise<CreatedSocket>;

/**
 * Has Socket.IO look for the session of a client that shows a `pid` and no offset: it was sent no event yet. Socket.IO itself
 * looks only if there are both. The adapter's `restoreSession()` is then called with {@link NO_OFFSET}.
 *
 * @param nsp - a namespace of Socket.IO's; one that does not make sockets as expected is left as it is
 */
export function restoreWithoutOffset(nsp: object): void {
  const namespace = nsp as { _createSocket?: CreateSocket };
  const { _createSocket: create } = namespace;
  if (typeof create !== 'function') return;
  namespace._createSocket = (client, auth) => {
    if (typeof auth?.pid !== 'string' || auth.offset !== undefined) return create.call(nsp, client, auth);
    return create.call(nsp, client, { ...auth, offset: NO_OFFSET }).then(socket => {
      socket.handshake.auth = auth;
      return socket;
    });
  };
}

/**
 * The data of an event that cannot be recovered, for clients that can. A client takes a string that stands last for the offset
 * of the last event that it has got, and could never show the right one again; so a `null` stands behind it.
 */
export function withoutOffset(data: readonly unknown[]): unknown[] {
  return typeof data.at(-1) === 'string' ? [ ...data, null ] : [ ...data ];
}

/** See {@link withoutOffset}. With an ack, nothing is needed: to the client, that is what stands last. */
export function markVolatile(packet: Packet): Packet {
  const { type, id, data } = packet;
  return type === EVENT && id === undefined && typeof data.at(-1) === 'string' ? { ...packet, data: withoutOffset(data) } : packet;
}
