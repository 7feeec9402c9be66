import type { Socket } from 'socket.io';

/**
 * An event on its way to clients, before it is encoded.
 *
 * @see docs/middleware.md#outgoing-middleware
 */
export interface OutgoingPacket {
  /** The namespace's name, with its slash; the RegExp's source for an emit to the rooms of all its namespaces. */
  readonly nsp: string;
  /** The event's name. */
  readonly event: string;
  /**
   * The arguments, without an ack function. Assign another array to change them: the objects in it belong to the caller of `emit()`, who
   * may send them to others as well.
   */
  args: unknown[];
  /** The socket whose `emit()` was called; `undefined` for a broadcast, and in the agent. */
  readonly socket: Socket | undefined;
  /** The rooms of a broadcast; empty for everybody in the namespace, and for a single socket. */
  readonly rooms: readonly string[];
  /** Rooms, and ids of sockets, that a broadcast excludes. */
  readonly except: readonly string[];
  /** Whether clients are asked for an ack. */
  readonly wantsAck: boolean;
  /** Whether the event may be compressed, if `config.socketio.perMessageDeflate` or `httpCompression` is on. @default true */
  compress: boolean;
  /** Whether the event may be lost if a client is not ready to receive it. @default false */
  volatile: boolean;
  /** Sends the event to nobody; no further middleware gets it. An ack is told `EMIT_DROPPED`; one for a broadcast has no answers. */
  drop(): void;
}

/**
 * Runs before an event is sent, once, in the process that sends it. `emit()` does not wait, so it cannot be asynchronous; what it throws is
 * thrown by `emit()`.
 *
 * @see docs/middleware.md#outgoing-middleware
 */
// Not `=> void`, to which the compiler would assign an async function.
export type OutgoingMiddleware = (packet: OutgoingPacket) => void | undefined;
