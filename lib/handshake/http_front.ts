import { createServer, type IncomingMessage, type Server as HttpServer, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

type Listener = (...args: unknown[]) => void;

/** What the front needs of the options of `config.socketio`. */
export interface FrontOptions {
  path: string;
  addTrailingSlash?: boolean;
  destroyUpgrade?: boolean;
  destroyUpgradeTimeout?: number;
}

/** Takes what is meant for Socket.IO. */
export interface RequestTaker {
  request(req: IncomingMessage, res: ServerResponse): void;
  upgrade(req: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Takes a request that waits for `100 Continue`; without this, it has that at once. */
  continue?(req: IncomingMessage, res: ServerResponse): void;
}

const NOT_FOUND = 'HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n';

/**
 * The HTTP server that Socket.IO is attached to. It never listens: it is handed the requests for Socket.IO's path by
 * the servers it stands in front of. So Socket.IO may be closed, or a server come late, go or be a second one, while
 * Egg's server keeps its own life.
 */
export class HttpFront {
  /** What Socket.IO attaches itself to. */
  readonly server: HttpServer;
  /** Socket.IO of this worker, and nothing before it. */
  readonly local: RequestTaker = {
    request: (req, res) => { this.server.emit('request', req, res); },
    upgrade: (req, socket, head) => { this.server.emit('upgrade', req, socket, head); },
  };

  /** Whom the requests are given; to be set before the first server is attached. */
  taker: RequestTaker = this.local;
  private readonly prefix: string;
  private readonly detachments = new Set<() => void>();

  constructor(private readonly options: FrontOptions) {
    this.prefix = options.path.replace(/\/$/, '') + (options.addTrailingSlash === false ? '' : '/');
    this.server = createServer((_req, res) => {
      res.writeHead(404).end();
    });
  }

  /**
   * Takes the requests and upgrades for our path from `server`; all others go where they went before.
   *
   * @return stops taking them
   */
  attach(server: HttpServer): () => void {
    const { taker } = this;
    const others = server.listeners('request') as Listener[];
    const onRequest = (req: IncomingMessage, res: ServerResponse) => {
      if (this.isOurs(req)) taker.request(req, res);
      else for (const other of others) other.call(server, req, res);
    };
    const onContinue = (req: IncomingMessage, res: ServerResponse) => {
      if (taker.continue && this.isOurs(req)) {
        taker.continue(req, res);
        return;
      }
      res.writeContinue();
      onRequest(req, res);
    };
    const onUpgrade = (req: IncomingMessage, socket: Duplex, head: Buffer) => {
      if (this.isOurs(req)) taker.upgrade(req, socket, head);
      else this.refuseStrayUpgrade(server, socket);
    };
    server.removeAllListeners('request');
    server.on('request', onRequest);
    server.on('upgrade', onUpgrade);
    // Where the app listens itself, it answers all of them itself.
    if (taker.continue && server.listenerCount('checkContinue') === 0) server.on('checkContinue', onContinue);
    const detach = () => {
      if (!this.detachments.delete(detach)) return;
      server.off('upgrade', onUpgrade);
      server.off('request', onRequest);
      server.off('checkContinue', onContinue);
      for (const other of others) server.on('request', other);
    };
    this.detachments.add(detach);
    return detach;
  }

  /** Stops taking requests from all servers. */
  detachAll(): void {
    for (const detach of this.detachments) detach();
  }

  private isOurs(req: IncomingMessage): boolean {
    return req.url!.startsWith(this.prefix);
  }

  /**
   * Node leaves an upgrade to its listeners, and as one of them we must not leave it open for ever. Alone, we know
   * that nobody will answer; beside others, we give them Engine.IO's time to write something.
   */
  private refuseStrayUpgrade(server: HttpServer, socket: Duplex): void {
    if (this.options.destroyUpgrade === false) return;
    socket.on('error', () => socket.destroy());
    if (server.listenerCount('upgrade') === 1) {
      socket.end(NOT_FOUND);
      return;
    }
    setTimeout(() => {
      const { bytesWritten } = socket as Duplex & { bytesWritten?: number };
      if (socket.writable && !bytesWritten) socket.end(NOT_FOUND);
    }, this.options.destroyUpgradeTimeout ?? 1000).unref();
  }
}
