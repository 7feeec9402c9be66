import type { IncomingMessage, Server } from 'node:http';

/** The number of headers that Node.js parses of a request, if the server's `maxHeadersCount` is not set. */
const MOST_PARSED = 1000;

/**
 * Whether a request has more headers than Node.js has parsed. It keeps some more in `rawHeaders` and drops the rest, so the app would
 * decide about another request than a proxy before it has seen.
 *
 * @param server - that the client is connected to
 */
export function hasUnparsedHeaders(server: Server, { rawHeaders }: IncomingMessage): boolean {
  const most = server.maxHeadersCount ?? MOST_PARSED;
  return most > 0 && rawHeaders.length > 2 * most;
}
