interface Sending { packet(packet: unknown, options?: unknown): unknown }

/**
 * Returns a function for a socket's `packet`, with which Socket.IO sends to this client alone: acks, and events with an ack or a flag.
 *
 * @param before - called with the socket before each of these packets
 */
export function packetAfter<T extends object>(before: (socket: T) => void): (this: T, packet: unknown, options?: unknown) => unknown {
  return function(packet, options) {
    before(this);
    return (Object.getPrototypeOf(this) as Sending).packet.call(this, packet, options);
  };
}
