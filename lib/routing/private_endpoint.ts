import { type IncomingMessage, maxHeaderSize, type Server, type ServerOptions, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Once } from '../base/once';
import { CLIENT_HEADER, type ClientAddress, parseClient } from './client_address';
import { showClientToRequest, showClientToSocket } from './forwarded_client';
import type { LocalSessions, StickyLogger } from './port';

const REFUSAL = 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n';

/** Options of the HTTP server of a private endpoint. A request that the client's own server has accepted must be accepted here too. */
export const PRIVATE_SERVER_OPTIONS: Readonly<ServerOptions> = Object.freeze({
  // The sibling that uses a connection closes it. If both might, a request could meet a connection that is just being closed.
  keepAliveTimeout: 0,
  // As long as the client takes; its own server enforces that.
  requestTimeout: 0,
  // Our own header comes on top, and an HTTP/1.0 request arrives as one of 1.1.
  maxHeaderSize: maxHeaderSize + 1024,
  requireHostHeader: false,
});

/** The owner's side of forwarding: accepts forwarded requests from siblings, and gives them the client's address. */
export class PrivateEndpoint {
  private readonly arrivals = new WeakMap<IncomingMessage, number>();
  /** Connections on which nothing more is accepted. */
  private readonly ended = new WeakSet<Socket>();
  private readonly warned = new Once();

  constructor(private readonly sessions: LocalSessions, private readonly logger: StickyLogger) {}

  /**
   * Accepts the requests and upgrades that siblings forward to `server`.
   *
   * @param server - created with {@link PRIVATE_SERVER_OPTIONS}
   * @param isOther - whether an upgrade is for another listener
   */
  attach(server: Server, isOther: (req: IncomingMessage) => boolean = () => false): void {
    // The client's own server has limited them; this is one more.
    server.maxHeadersCount = 0;
    server.on('request', (req, res) => this.request(req, res));
    server.on('upgrade', (req, socket, head) => {
      if (!isOther(req)) this.upgrade(req, socket as Socket, head);
    });
    server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
      // A sibling whose client leaves aborts its request.
      if (error.code?.startsWith('HPE_') && error.code !== 'HPE_INVALID_EOF_STATE') this.warn(error.message);
      if (socket.writable) socket.write(REFUSAL);
      socket.destroy(error);
    });
  }

  /** When a request that has come through a sibling reached that sibling, see {@link ClientAddress}; `undefined` for any other. */
  arrivalOf(req: IncomingMessage): number | undefined {
    return this.arrivals.get(req);
  }

  private request(req: IncomingMessage, res: ServerResponse): void {
    if (this.ended.has(req.socket)) {
      req.socket.destroy();
      return;
    }
    const client = this.takeClient(req);
    // Bytes after an upgrade belong to the client, and must never be read as requests.
    if (!client || req.headers.upgrade !== undefined) {
      this.warn('a request that no worker has forwarded');
      res.writeHead(400, { connection: 'close' }).end();
      return;
    }
    this.closeUnlessComplete(req, res);
    showClientToRequest(req, client);
    this.sessions.request(req, res);
  }

  /**
   * Ends the connection of a request that was answered before all of it has arrived: the next data on it would be read as the rest. The
   * sibling may still be sending that, and can still read the response.
   */
  private closeUnlessComplete(req: IncomingMessage, res: ServerResponse): void {
    const { socket } = req;
    // A response may be created while the rest of the request is still being parsed.
    res.once('finish', () => setImmediate(() => {
      if (req.complete) return;
      this.ended.add(socket);
      socket.end();
    }));
  }

  private upgrade(req: IncomingMessage, socket: Socket, head: Buffer): void {
    const client = this.takeClient(req);
    if (!client) {
      this.warn('an upgrade that no worker has forwarded');
      socket.on('error', () => socket.destroy());
      socket.end(REFUSAL, () => socket.destroy());
      return;
    }
    showClientToSocket(socket, client);
    this.sessions.upgrade(req, socket, head);
  }

  private takeClient(req: IncomingMessage): ClientAddress | undefined {
    const { rawHeaders } = req;
    if (rawHeaders[0] !== CLIENT_HEADER) return undefined;
    const client = parseClient(rawHeaders[1]);
    if (!client) return undefined;
    // Both are derived from the raw headers at their first use.
    delete req.headers[CLIENT_HEADER];
    delete req.headersDistinct[CLIENT_HEADER];
    rawHeaders.splice(0, 2);
    this.arrivals.set(req, client.arrivedAt);
    return client;
  }

  private warn(what: string): void {
    if (this.warned.isFirst('refused')) this.logger.warn('[egg-socketio] the private endpoint of this worker refused %s. Only the workers of this app should use it; further cases are not logged.', what);
  }
}
