import { createServer as createHttpServer } from 'node:http';
import { PassThrough } from 'node:stream';
import type { EggLogger } from 'egg';
import { Socket as EngineSocket } from 'engine.io';
import type { Server } from 'socket.io';
import { createServer, type Engine } from '../../../lib/boot/engine';
import { channelOf } from '../../../lib/cluster/channel';
import { ClusterWorker } from '../../../lib/cluster/cluster_worker';
import { isOfPollingClient } from '../../../lib/internals/polling_pids';
import { PendingSessions } from '../../../lib/routing/pending_sessions';
import { tagOf, withTag } from '../../../lib/routing/session_id';
import { TakeOver } from '../../../lib/routing/take_over';
import type { SimulatedMachine } from './machine';
import { SimulatedProcess } from './socket';
import { requestFor, type SimulatedTransport } from './transport';

const NO_LOGGER = { error: () => undefined, warn: () => undefined } as unknown as EggLogger;
/** Milliseconds for which a session waits for its client's WebSocket. */
const WINDOW = 400;

type Maps = Readonly<Record<string, ReadonlyMap<string, unknown>>>;

/** A worker with the plugin's real engine, pending sessions and take-over. */
export class StickyWorker {
  readonly process: SimulatedProcess;
  readonly cluster: ClusterWorker;
  readonly io: Server & { readonly engine: Engine };
  /** The sessions that Socket.IO has here. */
  readonly handedOver = new Set<string>();
  isOpen = false;
  /** How many sessions it has taken over. */
  taken = 0;
  private readonly pending: PendingSessions;
  private readonly takeOver: TakeOver;
  /** The WebSockets of clients, by their connections. */
  private readonly arrived = new WeakMap<object, { readonly sid: string; readonly webSocket: SimulatedTransport }>();
  private sessions = 0;

  /** @param onMessage - gets what a client has sent, once Socket.IO has it */
  constructor(readonly tag: string, private readonly machine: SimulatedMachine, onMessage: (sid: string, number: number) => void) {
    this.process = new SimulatedProcess(tag);
    this.cluster = new ClusterWorker(machine.rendezvousOf(this.process), NO_LOGGER, () => undefined, {}, tag);
    this.io = createServer(createHttpServer(), { serveClient: false });
    const { engine } = this.io;
    const peers = channelOf(this.cluster.peers, 'sticky');
    this.pending = engine.pending = new PendingSessions(engine, WINDOW, () => peers.peers().length > 0, isOfPollingClient);
    this.takeOver = new TakeOver(engine, this.pending, peers, { taken: { isHeard: true, tell: () => { this.taken += 1; } } });
    const { handOver } = engine;
    engine.handOver = session => {
      const { id } = session as unknown as { id: string };
      this.handedOver.add(id);
      session.once('close', () => this.handedOver.delete(id));
      handOver.call(engine, session);
    };
    // What `ws` does with a connection.
    engine.handleUpgrade = (_req, stream) => {
      const { sid, webSocket } = this.arrived.get(stream)!;
      webSocket.upgrade(this.sessionOf(sid));
    };
    this.io.on('connection', socket => {
      socket.on('say', (number: number) => onMessage((socket.conn as unknown as { id: string }).id, number));
    });
    void this.cluster.open().then(() => { this.isOpen = true; });
  }

  get isAlive(): boolean { return this.process.isAlive; }

  sessionOf(sid: string): EngineSocket | undefined {
    return this.io.engine.sessionOf(sid);
  }

  /**
   * A client begins a session with polling.
   *
   * @return its id
   */
  handshake(transport: SimulatedTransport): string {
    const { engine } = this.io;
    const table = engine as unknown as { clients: Record<string, EngineSocket>; clientsCount: number };
    const sid = withTag(`session${++this.sessions}`, this.tag);
    const request = requestFor(sid);
    const session = new EngineSocket(sid, engine as never, transport as never, request as never, 4 as never);
    table.clients[sid] = session;
    table.clientsCount += 1;
    session.once('close', () => {
      delete table.clients[sid];
      table.clientsCount -= 1;
    });
    engine.emit('connection', session);
    return sid;
  }

  /**
   * A WebSocket of a client arrives here: as the router does it.
   *
   * @param ownerOf - the worker with a tag, if it lives
   */
  async upgrade(sid: string, webSocket: SimulatedTransport, ownerOf: (tag: string) => StickyWorker | undefined): Promise<void> {
    const owner = tagOf(sid)!;
    if (owner === this.tag) {
      webSocket.upgrade(this.sessionOf(sid));
      return;
    }
    const stream = new PassThrough();
    this.arrived.set(stream, { sid, webSocket });
    webSocket.once('close', () => { stream.destroy(); });
    const isTaken = await this.takeOver.upgrade(requestFor(sid) as never, stream, Buffer.alloc(0), sid, owner);
    if (isTaken || webSocket.isClosed) return;
    // It is relayed.
    const relayedTo = ownerOf(owner);
    if (relayedTo) webSocket.through.add(relayedTo.process);
    webSocket.upgrade(relayedTo?.sessionOf(sid));
  }

  /** What it keeps of sessions. */
  get figures() {
    const { owner, taker } = this.takeOver as unknown as { owner: Maps; taker: Maps };
    const { held } = this.pending as unknown as Maps;
    return {
      moved: owner.moved.size, reserved: owner.reservedBy.size, attempts: taker.attempts.size, held: held.size,
      sessions: this.io.engine.clientsCount,
    };
  }

  kill(): void {
    this.machine.kill(this.process);
  }

  /** Ends its timers. */
  close(): void {
    this.process.isAlive = false;
    this.takeOver.close();
    const { clients } = this.io.engine as unknown as { clients: Record<string, EngineSocket> };
    for (const session of Object.values(clients)) session.close(true);
  }
}
