import { createServer, type IncomingMessage, type Server as HttpServer } from 'node:http';
import type { Duplex } from 'node:stream';

type Listener = (...args: unknown[]) => void;

/** What the front needs of the options of `config.socketio`. */
export interface FrontOptions {
  path: string;
  addTrailingSlash?: boolean;
  destroyUpgrade?: boolean;
  destroyUpgradeTimeout?: number;
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
    const others = server.listeners('request') as Listener[];
    const onRequest: Listener = (...args) => {
      if (this.isOurs(args[0] as IncomingMessage)) this.server.emit('request', ...args);
      else for (const other of others) other.apply(server, args);
    };
    const onUpgrade = (req: IncomingMessage, socket: Duplex, head: Buffer) => {
      if (this.isOurs(req)) this.server.emit('upgrade', req, socket, head);
      else this.refuseStrayUpgrade(server, socket);
    };
    server.removeAllListeners('request');
    server.on('request', onRequest);
    server.on('upgrade', onUpgrade);
    const detach = () => {
      if (!this.detachments.delete(detach)) return;
      server.off('upgrade', onUpgrade);
      server.off('request', onRequest);
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
