import type { IncomingMessage, Server, ServerResponse } from 'node:http';

/** Milliseconds; more than the 60 seconds for which proxies and load balancers keep an idle connection by default. */
const MOST_IDLE = 65_000;

/**
 * Leaves the closing of an idle connection to the client or the proxy, which know what they are about to send. Node closes it after
 * {@link Server.keepAliveTimeout | 5 seconds}, by a timer that runs before what has arrived meanwhile is read: if the worker was busy
 * for a second, that is a request of nginx's, which closes such connections after 4 seconds, and which answers 502 then.
 *
 * @param server - that the client is connected to; where its `keepAliveTimeout` is longer, or 0 for no end, that holds
 */
export function keepIdleConnection(server: Server, { socket }: IncomingMessage, res: ServerResponse): void {
  // Node has set its own time-out when it told of the end; it ends that when the next request arrives.
  res.once('finish', () => {
    const { timeout } = socket;
    // Without, or with that of a request, the connection is to be closed, or has the next request already.
    if (timeout && timeout !== server.timeout && timeout < MOST_IDLE) socket.setTimeout(MOST_IDLE);
  });
}
