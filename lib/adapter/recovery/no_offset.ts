import { EVENT, type Packet } from '../../internals/packet';

/** Replaces a missing offset of a client. No offset looks like that. */
export const NO_OFFSET = '-';

interface Auth { readonly pid?: unknown; readonly offset?: unknown }
interface CreatedSocket { readonly handshake: { auth: unknown } }
type CreateSocket = (client: unknown, auth: Auth) => Promise<CreatedSocket>;

/**
 * Makes Socket.IO look for the session of a client that sends a `pid` but no offset, because it got no event yet. Socket.IO itself only
 * looks if both are there. The adapter's `restoreSession()` then gets {@link NO_OFFSET}.
 *
 * @param nsp - a Socket.IO namespace; one that does not create sockets as expected is left alone
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
 * The data of an event that cannot be recovered, for clients that can. A client takes a string at the end for the offset of its last
 * event, and could never send the right one again; so a `null` is added after it.
 */
export function withoutOffset(data: readonly unknown[]): unknown[] {
  return typeof data.at(-1) === 'string' ? [ ...data, null ] : [ ...data ];
}

/** See {@link withoutOffset}. With an ack nothing is needed: for the client, the ack is at the end. */
export function markVolatile(packet: Packet): Packet {
  const { type, id, data } = packet;
  return type === EVENT && id === undefined && typeof data.at(-1) === 'string' ? { ...packet, data: withoutOffset(data) } : packet;
}
