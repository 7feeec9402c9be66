import { createServer, type IncomingMessage, type Server as HttpServer, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { AnswerHealth } from './health_endpoints';
import { sidOfUrl } from './session_id';
import { keepIdleConnection } from './idle_connections';
import { refuseUpgrade } from './refused_upgrade';
import { stopListening } from './server_close';
import { hasUnparsedHeaders } from './unparsed_headers';
import { isToWebSocket, refusePipelined, takeAsRequest } from './upgrades';

type Listener = (...args: unknown[]) => void;
/** Stops taking requests from one server. */
type Detach = () => void;

/** The options of `config.socketio` that the front needs. */
export interface FrontOptions {
  path: string;
  addTrailingSlash?: boolean;
  destroyUpgrade?: boolean;
  destroyUpgradeTimeout?: number;
}

/** Handles the requests for Socket.IO. */
export interface RequestTaker {
  request(req: IncomingMessage, res: ServerResponse): void;
  upgrade(req: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Handles a request that waits for `100 Continue`; without this handler, it gets that at once. */
  continue?(req: IncomingMessage, res: ServerResponse): void;
}

const NOT_FOUND = '404 Not Found';

/** Answers with 503: the client may try again, over another connection. */
const UNAVAILABLE: RequestTaker = {
  request: (_req, res) => { res.writeHead(503, { 'Retry-After': '1', Connection: 'close' }).end(); },
  upgrade: (_req, socket) => refuseUpgrade(socket, '503 Service Unavailable\r\nRetry-After: 1'),
};

/**
 * The HTTP server that Socket.IO is attached to. It never listens: the servers in front of it pass it the requests for Socket.IO's path.
 * So Socket.IO can be closed, and a server can be added late, removed or added twice, without affecting Egg's server.
 */
export class HttpFront {
  /** The server that Socket.IO attaches itself to. */
  readonly server: HttpServer;
  /** Socket.IO of this worker, and nothing before it. */
  readonly local: RequestTaker = {
    request: (req, res) => {
      if (this.isRefused(req)) UNAVAILABLE.request(req, res);
      else this.server.emit('request', req, res);
    },
    upgrade: (req, socket, head) => {
      if (this.isRefused(req)) UNAVAILABLE.upgrade(req, socket, head);
      // Without 'websocket' in `transports`, Engine.IO does not listen.
      else if (!this.server.emit('upgrade', req, socket, head)) refuseUpgrade(socket, '400 Bad Request');
    },
  };

  /** The handler of the requests; set it before the first server is attached. */
  taker: RequestTaker = this.local;
  /** Answers before the app, if `config.socketio.health` is set. */
  health: AnswerHealth | undefined;
  private readonly prefix: string;
  private readonly detachments = new Map<HttpServer, Detach>();
  private retired = false;
  private closed = false;

  constructor(private readonly options: FrontOptions) {
    this.prefix = options.path.replace(/\/$/, '') + (options.addTrailingSlash === false ? '' : '/');
    this.server = createServer((_req, res) => {
      res.writeHead(404).end();
    });
  }

  /**
   * Takes the requests and upgrades for our path from `server`; all others go where they went before, except requests with headers that
   * Node.js has not parsed: newer versions of Node.js refuse those themselves, and an app would take a part for the whole.
   *
   * @return stops taking them
   */
  attach(server: HttpServer): Detach {
    const { taker } = this;
    const others = server.listeners('request') as Listener[];
    const onRequest = (req: IncomingMessage, res: ServerResponse) => {
      if (hasUnparsedHeaders(server, req)) {
        res.writeHead(431, { Connection: 'close' }).end();
      } else if (this.isOurs(req)) {
        keepIdleConnection(server, req, res);
        (this.closed ? UNAVAILABLE : taker).request(req, res);
      } else if (!this.health?.(req, res)) {
        for (const other of others) other.call(server, req, res);
      }
    };
    const onContinue = (req: IncomingMessage, res: ServerResponse) => {
      if (taker.continue && !this.closed && this.isOurs(req) && !hasUnparsedHeaders(server, req)) {
        taker.continue(req, res);
        return;
      }
      res.writeContinue();
      onRequest(req, res);
    };
    const onUpgrade = (req: IncomingMessage, socket: Duplex, head: Buffer) => {
      const isOurs = this.isOurs(req);
      // Other upgrade listeners may expect an upgrade to something else.
      const isRequest = !isToWebSocket(req) && (isOurs || server.listenerCount('upgrade') === 1);
      if (!isOurs && !isRequest) this.refuseStrayUpgrade(server, socket);
      else if (refusePipelined(socket)) return;
      else if (hasUnparsedHeaders(server, req)) refuseUpgrade(socket, '431 Request Header Fields Too Large');
      else if (isRequest) takeAsRequest(server, req, socket, head);
      else (this.closed ? UNAVAILABLE : taker).upgrade(req, socket, head);
    };
    server.removeAllListeners('request');
    server.on('request', onRequest);
    server.on('upgrade', onUpgrade);
    // If the app listens itself, it answers all of them.
    if (taker.continue && server.listenerCount('checkContinue') === 0) server.on('checkContinue', onContinue);
    const detach = () => {
      if (!this.detachments.delete(server)) return;
      server.off('upgrade', onUpgrade);
      server.off('request', onRequest);
      server.off('checkContinue', onContinue);
      for (const other of others) server.on('request', other);
    };
    this.detachments.set(server, detach);
    return detach;
  }

  /** Accepts no new sessions; existing ones continue. */
  retire(): void {
    this.retired = true;
  }

  /** Accepts no new connections to the servers; the open ones stay open, even if they are idle. */
  stopListening(): void {
    for (const server of this.detachments.keys()) {
      if (server.listening) stopListening(server);
    }
  }

  /**
   * Answers all further requests with 503: one may come on a connection that was accepted earlier, and the app would answer 404, after
   * which clients may not try again.
   */
  close(): void {
    this.closed = true;
  }

  /** Stops taking requests from all servers. */
  detachAll(): void {
    for (const detach of this.detachments.values()) detach();
  }

  private isRefused(req: IncomingMessage): boolean {
    return this.retired && !sidOfUrl(req.url!);
  }

  private isOurs(req: IncomingMessage): boolean {
    return req.url!.startsWith(this.prefix);
  }

  /**
   * Node.js leaves an upgrade to its listeners, and as one of them we must not leave it open for ever. If we are the only one, nobody
   * else will answer; otherwise, the others get Engine.IO's time to write something.
   */
  private refuseStrayUpgrade(server: HttpServer, socket: Duplex): void {
    if (this.options.destroyUpgrade === false) return;
    if (server.listenerCount('upgrade') === 1) {
      refuseUpgrade(socket, NOT_FOUND);
      return;
    }
    socket.on('error', () => socket.destroy());
    setTimeout(() => {
      const { bytesWritten } = socket as Duplex & { bytesWritten?: number };
      if (socket.writable && !bytesWritten) refuseUpgrade(socket, NOT_FOUND);
    }, this.options.destroyUpgradeTimeout ?? 1000).unref();
  }
}
