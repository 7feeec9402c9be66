import type { EggLogger } from 'egg';
import { type Socket, Server } from 'socket.io';
import { createEmbeddedAdapter, type EmbeddedAdapterClass } from '../../../lib/adapter/adapter';
import type { BehindMarks } from '../../../lib/adapter/replicas/behind_marks';
import type { Recovery } from '../../../lib/adapter/recovery/recovery';
import type { Promoted } from '../../../lib/adapter/replicas/replicas';
import { channelOf } from '../../../lib/cluster/channel';
import { ClusterWorker } from '../../../lib/cluster/cluster_worker';
import { SimulatedConnection } from './connection';
import type { SimulatedMachine } from './machine';
import { SimulatedProcess } from './socket';

/** The marks of all workers, as files that survive their processes. */
export class SimulatedMarks {
  private readonly marks = new Set<string>();

  /** @param isAlive - whether the worker still runs: one that was killed writes nothing */
  of(own: string, isAlive: () => boolean): BehindMarks {
    const { marks } = this;
    const key = (owner: string, standby: string, epoch: number) => `${owner} ${standby} ${epoch}`;
    return {
      add: (standby, epoch) => { if (isAlive()) marks.add(key(own, standby, epoch)); },
      remove: (standby, epoch) => { if (isAlive()) marks.delete(key(own, standby, epoch)); },
      isMarked: (owner, standby, epoch) => marks.has(key(owner, standby, epoch)),
      forget: owner => { for (const mark of marks) if (mark.startsWith(`${owner} `)) marks.delete(mark); },
    };
  }
}

const NO_LOGGER = { error: () => undefined, warn: () => undefined } as unknown as EggLogger;

/** A worker with the plugin's real adapter, links and membership, on a simulated machine. */
export class SimulatedWorker {
  readonly process: SimulatedProcess;
  readonly cluster: ClusterWorker;
  /** Whether it has joined the others, and takes clients. */
  isOpen = false;
  readonly io: Server;
  readonly Adapter: EmbeddedAdapterClass;
  readonly promoted: Promoted[] = [];
  readonly errors: unknown[] = [];
  /** The number of the last message that it has sent. */
  sent = 0;
  private readonly connections: SimulatedConnection[] = [];

  constructor(readonly tag: string, private readonly machine: SimulatedMachine, marks: SimulatedMarks) {
    const process = this.process = new SimulatedProcess(tag);
    this.cluster = new ClusterWorker(machine.rendezvousOf(process), NO_LOGGER, () => undefined, {}, tag);
    this.Adapter = createEmbeddedAdapter(channelOf(this.cluster.peers, 'adapter'), error => this.errors.push(error), () => undefined, undefined, {
      isOrdered: true, marks: marks.of(tag, () => process.isAlive), onPromoted: promoted => this.promoted.push(promoted),
    });
    this.io = new Server({ adapter: this.Adapter, connectionStateRecovery: {} });
    this.io.on('connection', socket => {
      void socket.join('room');
      socket.on('count', (value: number, ack: () => void) => {
        (socket.data as { count?: number }).count = value;
        ack();
      });
    });
    void this.cluster.open().then(() => { this.isOpen = true; });
  }

  get isAlive(): boolean { return this.process.isAlive; }

  accept(): SimulatedConnection {
    const connection = new SimulatedConnection(`${this.tag}-${this.connections.length}`, this.Adapter.order!, () => this.isAlive);
    this.connections.push(connection);
    (this.io as unknown as { onconnection(connection: SimulatedConnection): void }).onconnection(connection);
    return connection;
  }

  /** What it keeps. */
  get figures() {
    const { Adapter: { recovery, copies }, cluster } = this;
    const { incoming } = cluster.peers as unknown as { incoming: { size: number } };
    return {
      sessions: recovery.sessions, packets: recovery.packets, copies: copies!.sessions,
      siblings: [ ...cluster.siblings() ].length, links: cluster.peers.queues().length, incoming: incoming.size,
    };
  }

  /** The sessions that it has: of clients that are connected, and of those that may come back. */
  get pids(): Iterable<string> {
    const { recovery } = this.io.of('/').adapter as unknown as { recovery: Recovery };
    return new Set([ ...recovery.connectedPids, ...recovery.sessions.keys() ]);
  }

  /** The socket of a session, if it is here. */
  socketOf(id: string | undefined): Socket | undefined {
    return id === undefined ? undefined : this.io.of('/').sockets.get(id);
  }

  /** Notices which connections are broken: those that do not answer a ping. */
  ping(): void {
    for (const connection of this.connections) connection.end('ping timeout');
  }

  /** Ends its timers. */
  close(): void {
    this.process.isAlive = false;
    void this.io.of('/').adapter.close();
  }

  kill(): void {
    this.machine.kill(this.process);
  }
}
