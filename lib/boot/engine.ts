import type { IncomingMessage, Server as HttpServer, ServerResponse } from 'node:http';
import { type ErrorCallback, Server as EngineServer, type Socket as Session, type Transport } from 'engine.io';
import { Server, type ServerOptions } from 'socket.io';
import { CoalescedWrites } from '../internals/coalesced_writes';
import type { TransportError } from '../limits/closings';
import type { WriteOrder } from '../internals/write_order';
import type { HandOver } from '../limits/engine_listeners';
import type { WireLimits } from '../limits/wire';
import type { EngineRequest, LatePolls } from '../routing/late_polls';
import type { PendingSessions } from '../routing/pending_sessions';
import { refuseUpgrade } from '../routing/refused_upgrade';
import { Traffic } from '../telemetry/stats/traffic';

type TransportName = 'polling' | 'websocket';

/** The limits that take part; each may be missing. */
type Limits = Partial<Pick<WireLimits, 'origins' | 'closings' | 'transports' | 'addresses' | 'listeners' | 'backlog' | 'decoders'>>;

/**
 * Engine.IO's server with all that the plugin adds to it. The methods are in the order in which a session reaches them, and each one
 * lists its steps; the files of the steps explain them. A session that has moved here from another worker begins with {@link emit}.
 */
export class Engine extends EngineServer {
  /** Sessions that may move to another worker. Like {@link latePolls}, it only exists among several workers. */
  pending: PendingSessions | undefined;
  /** Polls that arrive after the end of their session. */
  latePolls: LatePolls | undefined;
  /** Counts packets and bytes. */
  readonly traffic = new Traffic();
  private readonly writes: CoalescedWrites;
  private readonly onEnd: (this: Session, reason: string, error?: TransportError) => void;
  /** Set by {@link bind}, before the first session. */
  private createClient!: HandOver;

  constructor(options: Partial<ServerOptions>, private readonly limits: Limits, order?: WriteOrder) {
    super(options);
    const { traffic, limits: { closings } } = this;
    this.writes = new CoalescedWrites(this, traffic.sent.packets, order);
    this.onEnd = function(reason, error) {
      traffic.end(this);
      closings?.tell(this, reason, error);
    };
  }

  /** Connects it with Socket.IO, whose own listener of `connection` becomes the last step. */
  bind(io: Server): void {
    const { decoders, listeners } = this.limits;
    io.bind(this);
    const [ listener ] = this.listeners('connection') as HandOver[];
    this.removeListener('connection', listener);
    this.on('connection', (session: Session) => this.begin(session));
    const unguarded = listeners?.around(listener) ?? listener;
    this.createClient = decoders?.around(unguarded) ?? unguarded;
  }

  /** A request arrives that is not an upgrade. */
  override handleRequest(req: IncomingMessage, res: ServerResponse): void {
    this.limits.closings?.watchResponse(req, res, this);
    super.handleRequest(req, res);
  }

  /** Engine.IO checks a request, and calls `done` with the code of an error or without one. */
  protected override verify(req: EngineRequest, upgrade: boolean, done: ErrorCallback): void {
    if (this.latePolls?.isLate(req, upgrade)) {
      this.latePolls.answer(req, this.createTransport('polling', req), this);
      return;
    }
    const decide: ErrorCallback = (code, context) => {
      if (code === undefined || !upgrade) done(code, context);
      else this.refuseUpgrade(req, code, context);
    };
    const next = () => super.verify(req, upgrade, decide);
    const { origins } = this.limits;
    if (origins) origins.check(req, next, message => decide(EngineServer.errors.FORBIDDEN, { message }));
    else next();
  }

  /** Does what Engine.IO does, except that it does not destroy the connection. */
  private refuseUpgrade(req: EngineRequest, ...[ code, context ]: Parameters<ErrorCallback>): void {
    const message = EngineServer.errorMessages[code!];
    this.emit('connection_error', { req, code, message, context });
    refuseUpgrade(req.socket, '400 Bad Request\r\nContent-Type: text/html', context?.message || message);
  }

  /** Engine.IO creates the transport of a session, or the one that it upgrades to. */
  protected override createTransport(name: TransportName, req: EngineRequest): Transport {
    const transport = super.createTransport(name, req);
    this.limits.transports?.limit(transport, req, this);
    this.writes.join(transport);
    this.traffic.watch(transport);
    this.latePolls?.watch(transport);
    return transport;
  }

  /** Events, of which `connection` is emitted with a new session. */
  override emit(event: string | symbol, ...args: unknown[]): boolean {
    const { listeners } = this.limits;
    if (!listeners) return super.emit(event, ...args);
    if (event === 'connection') listeners.guard(args[0] as Session);
    return listeners.emit(this, event, args);
  }

  /** A session begins. The app's own listeners of `connection` get it afterwards. */
  private begin(session: Session): void {
    session.once('close', this.onEnd);
    this.limits.addresses?.admit(session);
    if (this.pending) this.pending.begin(session);
    else this.handOver(session);
  }

  /** Socket.IO gets a session: now, or when it can no longer move. */
  handOver(session: Session): void {
    this.writes.shorten(session);
    this.limits.backlog?.(session);
    this.createClient(session);
  }

  /** The session with this id, if there is one. */
  sessionOf(sid = ''): Session | undefined {
    return Object.hasOwn(this.clients, sid) ? this.clients[sid] : undefined;
  }
}

/**
 * Creates a Socket.IO server with an {@link Engine}, as Socket.IO's `attach()` does it with an engine of its own.
 *
 * @param order - of writes to clients and to other workers. Default: they do not wait for each other
 */
export function createServer(
  http: HttpServer, options: Partial<ServerOptions>, limits: Limits = {}, order?: WriteOrder,
): Server & { readonly engine: Engine } {
  const io = new Server(options);
  const engineOptions = { ...options, path: options.path || io.path() };
  const engine = new Engine(engineOptions, limits, order);
  engine.attach(http, engineOptions);
  // Private, but no public method serves the client's files. After the engine, which would otherwise get the requests for them.
  if (io.serveClient()) (io as unknown as { attachServe?(server: HttpServer): void }).attachServe?.(http);
  io.httpServer = http;
  engine.bind(io);
  return io as typeof io & { readonly engine: Engine };
}
