import type { Room } from 'socket.io-adapter';
import type { Socket } from '../internals/socket_io';
import { pack, unpack } from '../cluster/frames';

/** Bytes from which on a part is sent: few enough not to hold up messages in between. */
const PART = 1024 * 1024;

/** A socket as `fetchSockets()` returns it on another worker. */
interface SocketDetails {
  readonly id: string;
  readonly handshake: object;
  readonly rooms: readonly Room[];
  readonly data: unknown;
}

/** Converts the app's data of a socket to a form that can be sent. */
export type ShowData = (socket: Socket) => unknown;

function detailsOf(socket: Socket, show: ShowData): SocketDetails {
  const { id, handshake, rooms } = socket;
  const shown: { sessionStore?: unknown } = { ...handshake };
  // The object of a session middleware cannot be encoded, and means nothing to other workers.
  delete shown.sessionStore;
  return { id, handshake: shown, rooms: [ ...rooms ], data: show(socket) };
}

function encode(socket: Socket, show: ShowData): Buffer {
  try {
    return pack(detailsOf(socket, show));
  } catch (cause) {
    throw new Error(`socket ${socket.id}: ${(cause as Error).message}`, { cause });
  }
}

/** Encodes sockets for another worker, one part after the other; there is always at least one part, which may be empty. */
export function* encodeSockets(sockets: Iterable<Socket>, show: ShowData): Generator<{ sockets: Buffer[]; isLast: boolean }> {
  let part: Buffer[] = [];
  let bytes = 0;
  for (const socket of sockets) {
    const encoded = encode(socket, show);
    if (part.length > 0 && bytes + encoded.length > PART) {
      yield { sockets: part, isLast: false };
      part = [];
      bytes = 0;
    }
    part.push(encoded);
    bytes += encoded.length;
  }
  yield { sockets: part, isLast: true };
}

/** The sockets of a part, as their worker has encoded them. */
export function decodeSockets(sockets: readonly Buffer[]): unknown[] {
  return sockets.map(unpack);
}
