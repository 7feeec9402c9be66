import type { IncomingMessage } from 'node:http';
import { CLIENT_HEADER } from './client_address';

/**
 * Headers that speak of one connection and not of the message: each of the two connections of a forwarded request has
 * its own. What a client names in `Connection` beside these stays: the owner is no further hop, it is the other half of
 * one server, and otherwise a client could have its `Origin` left out on the way.
 */
const HOP_BY_HOP = new Set([
  'connection', 'expect', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade',
  // Not from outside.
  CLIENT_HEADER,
]);
const LENGTH = 'content-length';

/**
 * The headers that go through from one side to the other, in their order and with their case and duplicates. An app may read a
 * header of any name, so that it is not the names that are limited, but what they may do:
 *
 * - Only what Node has parsed goes through: it keeps more names and values than it parses, and a length that only the other side
 *   sees would have it take the next client's request for a body.
 * - What frames the message, and what RFC 9110 7.6.1 says of connections, is written anew by the forwarders, or left out.
 * - Names are tokens and values have no controls, whatever the client's server has let through: Node's client and `upgradeHead`
 *   refuse others.
 * - The client's server bounds their number and their bytes, and the private endpoint their bytes once more.
 *
 * @param message - the request, or the answer
 * @param length - the length of its body as it was parsed, if it has one that was said; it stands where the message has it
 */
export function endToEndHeaders({ rawHeaders, headers }: Pick<IncomingMessage, 'rawHeaders' | 'headers'>, length?: string): string[] {
  const kept: string[] = [];
  let unsaid = length;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i].toLowerCase();
    if (name === LENGTH) {
      if (unsaid !== undefined) kept.push(rawHeaders[i], unsaid);
      unsaid = undefined;
    } else if (!HOP_BY_HOP.has(name) && Object.hasOwn(headers, name)) {
      kept.push(rawHeaders[i], rawHeaders[i + 1]);
    }
  }
  return kept;
}

/** The length that a message says its body has; `undefined` if it says none, or the body comes in chunks. */
export function lengthOf({ headers }: Pick<IncomingMessage, 'headers'>): string | undefined {
  return headers['transfer-encoding'] === undefined ? headers[LENGTH] : undefined;
}
