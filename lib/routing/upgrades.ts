import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';

/** What Node adds to a client's connection. */
interface ClientSocket extends Duplex {
  readonly encrypted?: boolean;
  /** The answer that is being sent, or waited for. */
  readonly _httpMessage?: NodeJS.EventEmitter | null;
}

/** Whether an upgrade is to a WebSocket. A client may ask for anything else, such as `h2c`, and go on without it. */
export function isToWebSocket({ headers }: IncomingMessage): boolean {
  return headers.upgrade?.toLowerCase() === 'websocket';
}

function endOnceAnswered(socket: ClientSocket): void {
  const { _httpMessage: unanswered } = socket;
  if (unanswered) unanswered.once('close', () => endOnceAnswered(socket));
  else socket.end();
}

/**
 * Refuses an upgrade that was sent before earlier requests on its connection were answered: its answer would come before
 * theirs. The connection is ended behind those, so that the client asks again what was not answered.
 *
 * @return whether it is one
 */
export function refusePipelined(socket: Duplex): boolean {
  if (!(socket as ClientSocket)._httpMessage) return false;
  socket.on('error', () => socket.destroy());
  endOnceAnswered(socket);
  return true;
}

/** The head of a request, which asks for no upgrade any more. */
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
 * Has a server take an upgrade as the request that it is, with its body and what follows it: the connection begins anew,
 * with the same request, which does not ask for an upgrade. Node takes all upgrades for upgrades as soon as anybody
 * listens to them. Newer versions ask `shouldUpgradeCallback`, but lose what a client has sent behind such a request.
 *
 * @param head - what came behind the request
 */
export function takeAsRequest(server: Server, req: IncomingMessage, socket: Duplex, head: Buffer): void {
  socket.unshift(Buffer.concat([ Buffer.from(plainHead(req), 'latin1'), head ]));
  server.emit((socket as ClientSocket).encrypted ? 'secureConnection' : 'connection', socket);
}
