import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';

/** Members that Node.js adds to a client's connection. */
interface ClientSocket extends Duplex {
  readonly encrypted?: boolean;
  /** The response that is being sent, or awaited. */
  readonly _httpMessage?: NodeJS.EventEmitter | null;
}

/** Whether an upgrade is to a WebSocket. A client may request anything else, such as `h2c`, and continue without it. */
export function isToWebSocket({ headers }: IncomingMessage): boolean {
  return headers.upgrade?.toLowerCase() === 'websocket';
}

function endOnceAnswered(socket: ClientSocket): void {
  const { _httpMessage: unanswered } = socket;
  if (unanswered) unanswered.once('close', () => endOnceAnswered(socket));
  else socket.end();
}

/**
 * Refuses an upgrade that was sent before earlier requests on its connection were answered: its response would come before theirs. The
 * connection ends after those, so the client repeats the unanswered ones.
 *
 * @return whether it is one
 */
export function refusePipelined(socket: Duplex): boolean {
  if (!(socket as ClientSocket)._httpMessage) return false;
  socket.on('error', () => socket.destroy());
  endOnceAnswered(socket);
  return true;
}

/** The head of a request, without the upgrade. */
function plainHead({ method, url, httpVersion, headers, rawHeaders }: IncomingMessage): string {
  let head = `${method} ${url} HTTP/${httpVersion}\r\n`;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (rawHeaders[i].toLowerCase() !== 'connection') head += `${rawHeaders[i]}: ${rawHeaders[i + 1]}\r\n`;
  }
  const { connection = '' } = headers;
  const [ kept ] = /\bclose\b/i.exec(connection) ?? /\bkeep-alive\b/i.exec(connection) ?? [];
  return `${head}${kept ? `Connection: ${kept}\r\n` : ''}\r\n`;
}

/**
 * Lets a server handle an upgrade as an ordinary request, with its body and the data after it: the connection is restarted with the same
 * request, without the upgrade. Node.js treats all upgrades as such as soon as anybody listens to them. Newer versions ask
 * `shouldUpgradeCallback`, but lose the data that a client has sent after such a request.
 *
 * @param head - the data after the request
 */
export function takeAsRequest(server: Server, req: IncomingMessage, socket: Duplex, head: Buffer): void {
  socket.unshift(Buffer.concat([ Buffer.from(plainHead(req), 'latin1'), head ]));
  server.emit((socket as ClientSocket).encrypted ? 'secureConnection' : 'connection', socket);
}
