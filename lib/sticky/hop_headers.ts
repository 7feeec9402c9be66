import { CLIENT_HEADER } from './client_address';

/**
 * Headers that speak of one connection and not of the message: each of the two connections of a forwarded request has
 * its own. What a client names in `Connection` beside these stays: the owner is no further hop, it is the other half of
 * one server, and to leave out a header that frames a body would change where the next request begins.
 */
const HOP_BY_HOP = new Set([
  'connection', 'expect', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade',
  // Not from outside.
  CLIENT_HEADER,
]);

/**
 * The headers that go through from one side to the other, in their order and with their case and duplicates.
 *
 * @param rawHeaders - names and values in turn
 */
export function endToEndHeaders(rawHeaders: readonly string[]): string[] {
  const kept: string[] = [];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (!HOP_BY_HOP.has(rawHeaders[i].toLowerCase())) kept.push(rawHeaders[i], rawHeaders[i + 1]);
  }
  return kept;
}
