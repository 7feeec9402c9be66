import type { IncomingMessage, Server, ServerResponse } from 'node:http';

/** Milliseconds; more than the 60 seconds for which proxies and load balancers keep an idle connection by default. */
const MOST_IDLE = 65_000;

/**
 * Leaves closing an idle connection to the client or the proxy, which know what they are about to send. Node.js closes it after {@link
 * Server.keepAliveTimeout | 5 seconds}, by a timer that runs before newly arrived data is read: if the worker was busy for a second, that
 * may be a request of nginx, which closes such connections after 4 seconds, and which then answers 502.
 *
 * @param server - that the client is connected to; if its `keepAliveTimeout` is longer, or 0 for no end, that is kept
 */
export function keepIdleConnection(server: Server, { socket }: IncomingMessage, res: ServerResponse): void {
  // Node.js has set its own time-out when it reported the end; it clears that when the next request arrives.
  res.once('finish', () => {
    const { timeout } = socket;
    // Without a time-out, or with that of a request, the connection is to be closed, or has the next request already.
    if (timeout && timeout !== server.timeout && timeout < MOST_IDLE) socket.setTimeout(MOST_IDLE);
  });
}
