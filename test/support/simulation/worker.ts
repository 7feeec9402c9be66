import { type Socket, Server } from 'socket.io';
import { createEmbeddedAdapter, type EmbeddedAdapterClass } from '../../../lib/adapter/adapter';
import type { BehindMarks } from '../../../lib/adapter/replicas/behind_marks';
import type { Promoted } from '../../../lib/adapter/replicas/replicas';
import { SimulatedConnection } from './connection';
import type { SimulatedNetwork, SimulatedPort } from './network';

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

/** A worker with the plugin's real adapter, on a simulated network. */
export class SimulatedWorker {
  readonly port: SimulatedPort;
  readonly io: Server;
  readonly Adapter: EmbeddedAdapterClass;
  readonly promoted: Promoted[] = [];
  readonly errors: unknown[] = [];
  /** The number of the last message that it has sent. */
  sent = 0;
  private connections = 0;

  constructor(readonly tag: string, private readonly network: SimulatedNetwork, marks: SimulatedMarks) {
    const port = this.port = network.join(tag);
    this.Adapter = createEmbeddedAdapter(port, error => this.errors.push(error), () => undefined, undefined, {
      isOrdered: true, marks: marks.of(tag, () => port.isAlive), onPromoted: promoted => this.promoted.push(promoted),
    });
    this.io = new Server({ adapter: this.Adapter, connectionStateRecovery: {} });
    this.io.on('connection', socket => {
      void socket.join('room');
      socket.on('count', (value: number, ack: () => void) => {
        (socket.data as { count?: number }).count = value;
        ack();
      });
    });
    network.announce(port);
  }

  get isAlive(): boolean { return this.port.isAlive; }

  accept(): SimulatedConnection {
    const connection = new SimulatedConnection(`${this.tag}-${++this.connections}`, this.Adapter.order!, () => this.isAlive);
    (this.io as unknown as { onconnection(connection: SimulatedConnection): void }).onconnection(connection);
    return connection;
  }

  /** The socket of a session, if it is here. */
  socketOf(id: string | undefined): Socket | undefined {
    return id === undefined ? undefined : this.io.of('/').sockets.get(id);
  }

  /** Ends its timers. */
  close(): void {
    this.port.isAlive = false;
    void this.io.of('/').adapter.close();
  }

  kill(): void {
    this.network.kill(this.port);
  }
}
