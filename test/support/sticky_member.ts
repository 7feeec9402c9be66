import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server as HttpServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import path from 'node:path';
import type { Server, ServerOptions } from 'socket.io';
import { createServer as createSocketIO } from '../../lib/boot/engine';
import { HttpFront } from '../../lib/routing/http_front';
import { LatePolls } from '../../lib/routing/late_polls';
import type { LocalSessions, MovingSessions } from '../../lib/routing/port';
import { PRIVATE_SERVER_OPTIONS, PrivateEndpoint } from '../../lib/routing/private_endpoint';
import { SessionRouter } from '../../lib/routing/router';
import { tagSessionIds } from '../../lib/routing/session_id';

/** What a test may change of a member. */
export interface MemberOptions {
  moving?: MovingSessions;
  /** Milliseconds for which a noop is owed. */
  grace?: number;
}

/** Socket.IO on a public port of its own, with a private endpoint for the other members. */
export class StickyMember {
  /** What Socket.IO is attached to. */
  readonly front: HttpServer;
  /** Leaves it to the clients to close idle connections: on a slow machine they would use one that is being closed. */
  readonly publicServer: HttpServer = createServer({ keepAliveTimeout: 0 });
  readonly privateServer: HttpServer = createServer(PRIVATE_SERVER_OPTIONS);
  readonly io: Server;
  readonly router: SessionRouter;
  readonly endpoint: PrivateEndpoint;
  readonly warnings: string[] = [];
  /** What the sessions of this member have been asked: `method url`. */
  readonly asked: IncomingMessage[] = [];
  private readonly connections = new Set<Socket>();

  constructor(readonly tag: string, private readonly folder: string, options: Partial<ServerOptions> = {}, more: MemberOptions = {}) {
    const front = new HttpFront({ path: '/socket.io' });
    this.front = front.server;
    const { engine } = this.io = createSocketIO(this.front, options);
    const local: LocalSessions = {
      request: (req, res) => {
        this.asked.push(req);
        front.local.request(req, res);
      },
      upgrade: (req, socket, head) => {
        this.asked.push(req);
        front.local.upgrade(req, socket, head);
      },
    };
    const logger = { warn: (message: string) => { this.warnings.push(message); } };
    this.router = new SessionRouter({ tag, endpointOf: other => path.join(folder, `${other}.sock`) }, local, logger, more.moving);
    this.endpoint = new PrivateEndpoint(this.router.fromSiblings, logger);
    this.endpoint.attach(this.privateServer);
    tagSessionIds(engine, tag);
    engine.latePolls = new LatePolls(req => this.endpoint.arrivalOf(req));
    front.taker = this.router;
    front.attach(this.publicServer);
    for (const server of [ this.publicServer, this.privateServer ]) {
      server.on('connection', (connection: Socket) => {
        this.connections.add(connection);
        connection.once('close', () => this.connections.delete(connection));
      });
    }
    this.io.on('connection', socket => {
      socket.onAny((...args: unknown[]) => {
        const ack = args.at(-1);
        if (typeof ack === 'function') ack(...args.slice(1, -1));
      });
    });
  }

  get privatePath(): string {
    return path.join(this.folder, `${this.tag}.sock`);
  }

  get port(): number {
    return (this.publicServer.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async open(): Promise<this> {
    this.publicServer.listen(0, '127.0.0.1');
    this.privateServer.listen({ path: this.privatePath, exclusive: true });
    await Promise.all([ once(this.publicServer, 'listening'), once(this.privateServer, 'listening') ]);
    return this;
  }

  /** Stops without a word to anybody, as a process that is killed does. */
  async kill(): Promise<void> {
    const closed: Promise<unknown>[] = [];
    for (const server of [ this.privateServer, this.publicServer ]) {
      if (!server.listening) continue;
      closed.push(once(server, 'close'));
      server.close();
    }
    for (const connection of this.connections) connection.destroy();
    this.router.close();
    await Promise.all(closed);
    await this.io.close();
  }
}
