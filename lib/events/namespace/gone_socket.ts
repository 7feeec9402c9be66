import { type Namespace, Socket } from 'socket.io';
import { leftError } from '../../limits/left_acks';

/** A client that is gone for good, with all that is still known of it. */
export interface GoneSession {
  readonly sid: string;
  readonly rooms: Iterable<string>;
  readonly data: unknown;
  /** The reason of its disconnect; `undefined` if its worker was killed. */
  readonly reason?: string;
}

/** The parts of Socket.IO's client that a socket without a connection uses. */
const NO_CLIENT = Object.freeze({
  conn: Object.freeze({ readyState: 'closed', transport: Object.freeze({ name: 'none' }), protocol: 4, close: () => undefined }),
  request: undefined,
  _packet: () => undefined,
});

/** The handshake is not known any more; it may have been with another worker. */
function noHandshake() {
  return { headers: {}, time: '', address: '', xdomain: false, secure: false, issued: 0, url: '', query: {}, auth: {} };
}

/**
 * Makes a socket for the context of a client that is gone: with its id, rooms and data, from which one can broadcast. Its connection was
 * perhaps that of another worker, so it has none; what is emitted to it is lost.
 */
export function goneSocket(nsp: Namespace, { sid, rooms, data }: GoneSession): Socket {
  const own: Partial<Record<keyof Socket | 'client', unknown>> = {
    nsp, data, id: sid, connected: false, recovered: false, handshake: noHandshake(), client: NO_CLIENT,
    join: () => undefined, leave: () => undefined, emitWithAck: () => Promise.reject(leftError()),
  };
  const socket = Object.assign(Object.create(Socket.prototype) as Socket, own, {
    adapter: nsp.adapter, acks: new Map(), fns: [], flags: {},
  });
  // A getter of Socket.IO's would ask the adapter, which has forgotten it.
  return Object.defineProperty(socket, 'rooms', { value: new Set(rooms) });
}
