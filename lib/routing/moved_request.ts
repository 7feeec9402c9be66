import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { type ClientAddress, sharedTime } from './client_address';
import { showClientToSocket } from './forwarded_client';

/** The characters of URL and headers. Node.js accepts at most 16 KiB, unless it was started with --max-http-header-size. */
const MOST_CHARACTERS = 64 * 1024;
/** Names and values. Of more, Node.js keeps the text and does not parse it. */
const MOST_HEADERS = 2000;

/** The part of a moving session that an app knows of its client: the request that began it. */
export interface Handshake {
  readonly method: string;
  readonly url: string;
  /** Names and values alternately, in order. */
  readonly rawHeaders: readonly string[];
  /** The client of its connection, and its time. */
  readonly client: ClientAddress;
}

/** The part of Node's parser that adds a message's headers, which is not in its types. */
interface ParsedMessage { _addHeaderLines(rawHeaders: readonly string[], count: number): void }

/**
 * Describes the request that begins a session, while its connection is open.
 *
 * @return `undefined` if it is too large to be sent
 */
export function describeHandshake(req: IncomingMessage): Handshake | undefined {
  const { method = 'GET', url = '', rawHeaders } = req;
  const length = rawHeaders.reduce((sum, text) => sum + text.length, url.length);
  if (length > MOST_CHARACTERS || rawHeaders.length > MOST_HEADERS) return undefined;
  const { remoteAddress: address, remotePort: port, encrypted } = req.socket as TLSSocket;
  return { method, url, rawHeaders, client: { address, port, encrypted: Boolean(encrypted), arrivedAt: sharedTime() } };
}

/** The connection of a request that was sent to another worker: it shows whose it is, and leads nowhere. */
class ElsewhereSocket extends Socket {
  override _write(_chunk: unknown, _encoding: string, done: () => void): void { done(); }
  override _writev(_chunks: unknown, done: () => void): void { done(); }
}

/** Creates the request for {@link describeHandshake}, like Node's parser. */
export function rebuildRequest({ method, url, rawHeaders, client }: Handshake): IncomingMessage {
  const socket = new ElsewhereSocket();
  showClientToSocket(socket, client);
  const req = new IncomingMessage(socket);
  Object.assign(req, { method, url, httpVersion: '1.1', httpVersionMajor: 1, httpVersionMinor: 1 });
  (req as unknown as ParsedMessage)._addHeaderLines(rawHeaders, rawHeaders.length);
  req.push(null);
  req.complete = true;
  return req;
}
