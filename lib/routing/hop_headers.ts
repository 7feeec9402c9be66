import type { IncomingMessage } from 'node:http';
import { CLIENT_HEADER } from './client_address';

/**
 * Headers of a connection and not of the message: each of the two connections of a forwarded request has its own. Other headers that a
 * client names in `Connection` are kept: the owner is not a further hop but the other half of one server, and otherwise a client could
 * have its `Origin` removed on the way.
 */
const HOP_BY_HOP = new Set([
  'connection', 'expect', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade',
  // Written by the forwarder; a client's own must not pass as it.
  CLIENT_HEADER,
]);
const LENGTH = 'content-length';

/**
 * The headers that are forwarded from one side to the other, in their order and with their case and duplicates. An app may read a header
 * of any name, so the names are not limited, only the effects:
 *
 * - Only headers that Node.js has parsed are forwarded: it keeps more names and values than it parses, and a length that only the other
 * side sees would make it read the next client's request as a body.
 * - Headers that frame the message, and those that RFC 9110 7.6.1 assigns to connections, are written by the forwarders, or left out.
 * - Names are tokens and values have no controls, whatever the client's server has accepted: Node's client and `upgradeHead`
 * reject others.
 * - The client's server limits their number and their bytes, and the private endpoint limits their bytes again.
 *
 * @param message - the request, or the response
 * @param length - the parsed length of its body, if it has one; it keeps the place of the message's own
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

/** The declared length of a message's body; `undefined` if there is none, or the body comes in chunks. */
export function lengthOf({ headers }: Pick<IncomingMessage, 'headers'>): string | undefined {
  return headers['transfer-encoding'] === undefined ? headers[LENGTH] : undefined;
}
