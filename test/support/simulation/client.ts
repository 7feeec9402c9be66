import type { SimulatedConnection } from './connection';
import type { SimulatedWorker } from './worker';

/** A numbered message. */
export interface Received {
  readonly sender: string;
  readonly number: number;
}

/** A client of Socket.IO, with what it knows of its session. */
export class SimulatedClient {
  pid: string | undefined;
  id: string | undefined;
  offset: string | undefined;
  connection: SimulatedConnection | undefined;
  worker: SimulatedWorker | undefined;
  isConnected = false;
  /** What it has got in its session. */
  received: Received[] = [];
  /** How often it was recovered, and how often it got another session in place of its own. */
  recovered = 0;
  renewed = 0;
  /** The last value of its data of which it has got an ack, and the one it has sent. */
  acked = 0;
  sent = 0;

  constructor(readonly name: string, private readonly onSession: (client: SimulatedClient, isRecovered: boolean) => void) {}

  /** Opens a connection to a worker. */
  connect(worker: SimulatedWorker): void {
    this.worker = worker;
    const connection = this.connection = worker.accept();
    const auth = this.pid === undefined ? {} : { pid: this.pid, ...(this.offset !== undefined && { offset: this.offset }) };
    connection.receive(`0${JSON.stringify(auth)}`);
  }

  /** Whether something is on its way to it. */
  get hasMail(): boolean {
    return (this.connection?.toClient.length ?? 0) > 0;
  }

  /** Reads the next packet. */
  read(): void {
    const { chunk, onRead } = this.connection!.toClient.shift()!;
    this.take(chunk);
    onRead?.();
  }

  /** Changes its data, and wants an ack. */
  count(): void {
    this.sent += 1;
    this.connection!.receive(`2${this.sent}["count",${this.sent}]`);
  }

  /** Whether its worker has closed the connection, and everything has arrived. */
  get isCut(): boolean {
    return this.connection?.readyState === 'closed' && !this.hasMail;
  }

  /** Its connection breaks; the server learns of it now or, if it is alive, never. */
  break(isNoticed: boolean): void {
    const { connection } = this;
    this.connection = undefined;
    this.isConnected = false;
    if (!connection) return;
    connection.toClient.length = 0;
    if (isNoticed) connection.end('transport close');
  }

  /** Leaves its session for good. */
  leave(): void {
    this.connection!.receive('1');
    this.break(true);
  }

  private take(chunk: string): void {
    const type = chunk[0];
    if (type === '0') {
      const { sid, pid } = JSON.parse(chunk.slice(1)) as { sid: string; pid: string };
      const isRecovered = this.pid === pid;
      if (isRecovered) this.recovered += 1;
      else if (this.pid !== undefined) this.renewed += 1;
      if (isRecovered && this.id !== sid) throw new Error(`${this.name}: recovered with another id`);
      if (!isRecovered) {
        this.received = [];
        this.acked = this.sent = 0;
      }
      [ this.pid, this.id, this.isConnected ] = [ pid, sid, true ];
      this.onSession(this, isRecovered);
    } else if (type === '2') {
      const [ , sender, number, offset ] = JSON.parse(chunk.slice(1)) as [ string, string, number, string ];
      this.offset = offset;
      this.received.push({ sender, number });
    } else if (type === '3') {
      this.acked = Math.max(this.acked, Number(/^3(\d+)/.exec(chunk)![1]));
    } else if (type === '1') {
      this.connection = undefined;
      this.isConnected = false;
      this.pid = this.offset = undefined;
    } else {
      throw new Error(`${this.name}: got ${chunk}`);
    }
  }
}
