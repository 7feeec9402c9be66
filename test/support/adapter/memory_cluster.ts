import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Server, ServerOptions, Socket } from 'socket.io';
import { createEmbeddedAdapter, type EmbeddedAdapterClass } from '../../../lib/adapter/adapter';
import { MarksInFolder } from '../../../lib/adapter/replicas/behind_marks';
import type { Promoted } from '../../../lib/adapter/replicas/replicas';
import type { WriteOrder } from '../../../lib/internals/write_order';
import { addAcks } from '../../../lib/boot/acks_method';
import { createServer as createSocketIO } from '../../../lib/boot/engine';
import { reportClientAcks } from '../../../lib/limits/client_acks';
import { endAcksOf } from '../../../lib/limits/left_acks';
import { resolveLimits } from '../../../lib/limits/limits';
import { type ClientOptions, SocketIOTestClient } from '../../../lib/mock/typed';
import { MemoryNetwork, type MemoryPort } from '../memory_peers';
import { type Ticket, ticketOf } from './ticket';

/** A Socket.IO server on a port of its own. */
export class TestServer {
  readonly clients: SocketIOTestClient[] = [];
  private readonly http = createServer();
  readonly io: Server;

  constructor(options: Partial<ServerOptions>, order?: WriteOrder) {
    this.io = createSocketIO(this.http, options, {}, order);
    reportClientAcks();
    addAcks(this.io, resolveLimits(), { add: () => undefined } as never);
    this.io.on('connection', socket => socket.on('disconnect', () => endAcksOf(socket)));
  }

  async listen(): Promise<this> {
    await new Promise<void>(resolve => { this.http.listen(0, '127.0.0.1', resolve); });
    return this;
  }

  async connect(options: ClientOptions = {}): Promise<SocketIOTestClient> {
    const { port } = this.http.address() as AddressInfo;
    const client = await new SocketIOTestClient({ transports: [ 'websocket' ], ...options, port }).connect();
    this.clients.push(client);
    return client;
  }

  /** The server's side of a client. */
  socketOf(client: SocketIOTestClient, nsp = '/'): Socket {
    return this.io.of(nsp).sockets.get(client.id!)!;
  }

  /** Breaks a client's connection, and waits until the server has noticed. */
  async drop(client: SocketIOTestClient, nsp?: string): Promise<Ticket> {
    const ticket = ticketOf(client);
    const gone = once(this.socketOf(client, nsp), 'disconnect');
    client.socket.io.engine.close();
    await gone;
    return ticket;
  }

  async close(): Promise<void> {
    await Promise.all(this.clients.map(client => client.close()));
    await this.io.close();
  }
}

/** A worker of a {@link MemoryCluster}. */
export class MemoryWorker extends TestServer {
  /** What the app's own listeners have thrown. */
  readonly errors: unknown[];
  /** Lines for the log. */
  readonly warnings: string[];
  readonly Adapter: EmbeddedAdapterClass;

  /** The sessions of workers that are gone, which were kept here. */
  readonly promoted: Promoted[];

  /** @param folder - for the marks of replicas that are not complete. Default: no replicas */
  constructor(readonly port: MemoryPort, options: Partial<ServerOptions>, folder?: string) {
    const errors: unknown[] = [];
    const warnings: string[] = [];
    const promoted: Promoted[] = [];
    const replicas = folder === undefined ? undefined
      : { isOrdered: true, marks: new MarksInFolder(folder, port.tag), onPromoted: (each: Promoted) => promoted.push(each) };
    const Adapter = createEmbeddedAdapter(port, error => errors.push(error), line => warnings.push(line), undefined, replicas);
    super({ ...options, adapter: Adapter }, Adapter.order);
    this.promoted = promoted;
    this.warnings = warnings;
    this.errors = errors;
    this.Adapter = Adapter;
  }

  get tag(): string { return this.port.tag; }
}

/** Waits until everything that one worker has sent so far has reached another. */
export async function arrived(from: MemoryWorker, to: MemoryWorker): Promise<void> {
  const came = new Promise<void>(resolve => { to.io.once('came', resolve); });
  from.io.serverSideEmit('came');
  await came;
}

/** Connects a client that wants its session back. */
export function comeBack(worker: MemoryWorker, { pid, offset }: Ticket, namespace = '/'): Promise<SocketIOTestClient> {
  return worker.connect({ namespace, auth: { pid, offset } });
}

/** Workers in one process, linked by a {@link MemoryNetwork}. */
export class MemoryCluster {
  readonly network = new MemoryNetwork();
  readonly workers: MemoryWorker[] = [];

  /** @param folder - for the marks of replicas that are not complete. Default: no replicas */
  constructor(private readonly folder?: string) {}

  /** Starts workers whose tags are their names, filled up to eight characters. */
  async start<Names extends string[]>(options: Partial<ServerOptions>, ...names: Names): Promise<{ [K in keyof Names]: MemoryWorker }> {
    const started = names.map(name => new MemoryWorker(this.network.join(name.padEnd(8, '-')), options, this.folder));
    this.workers.push(...started);
    await Promise.all(started.map(worker => worker.listen()));
    return started as { [K in keyof Names]: MemoryWorker };
  }

  /** What was sent between the workers since the last call. */
  takeSent(): { from: string; to: string; message: unknown }[] {
    // What workers tell each other when one has joined comes with every start.
    return this.network.sent.splice(0).filter(({ message }) => (message as { type?: unknown }).type !== 'joined');
  }

  async close(): Promise<void> {
    await Promise.all(this.workers.splice(0).map(worker => worker.close()));
  }
}
