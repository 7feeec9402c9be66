import type { IncomingMessage } from 'node:http';
import { isIPv6, type Socket } from 'node:net';
import type { ClientAddress } from './client_address';

/** The remote end of a socket, for a client that is connected elsewhere. */
function describe({ address, port, encrypted }: ClientAddress): Record<string, unknown> {
  return {
    remoteAddress: address,
    remotePort: port,
    remoteFamily: address && (isIPv6(address) ? 'IPv6' : 'IPv4'),
    encrypted: encrypted || undefined,
  };
}

/**
 * Makes the connection of one request look like the client's. Other requests on the connection belong to other clients, and each keeps
 * its own view as long as it is used.
 */
export function showClientToRequest(req: IncomingMessage, client: ClientAddress): void {
  const shown = describe(client);
  req.socket = new Proxy(req.socket, {
    get(socket, name) {
      if (typeof name === 'string' && name in shown) return shown[name];
      const value: unknown = Reflect.get(socket, name, socket);
      return typeof value === 'function' ? value.bind(socket) as unknown : value;
    },
    set: (socket, name, value) => Reflect.set(socket, name, value, socket),
  });
}

/** Makes an upgraded connection, which belongs to one client until its end, look like the client's. */
export function showClientToSocket(socket: Socket, client: ClientAddress): void {
  for (const [ name, value ] of Object.entries(describe(client))) {
    Object.defineProperty(socket, name, { configurable: true, value });
  }
}
