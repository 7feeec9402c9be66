import { once } from 'node:events';
import { io, type Socket } from 'socket.io-client';
import type { ClusterProcess } from './cluster_process';

export const TRANSPORTS = [[ 'polling' ], [ 'polling', 'websocket' ], [ 'websocket' ]];

/** The history of the clients of the fixture `deploys`. */
export interface Tally {
  disconnected: number;
  recovered: number;
  anew: number;
  missed: number;
  doubled: number;
}

/** A client that counts what it gets. */
export class DeployClient {
  readonly socket: Socket;
  readonly tally: Tally = { disconnected: 0, recovered: 0, anew: 0, missed: 0, doubled: 0 };
  /** By the process that sends: the highest number that was got. */
  readonly got = new Map<number, number>();
  /** The processes that have sent for the last time. */
  readonly finished = new Set<number>();
  /** The worker that it is connected to, as far as that is known. */
  home = 0;
  private own = 0;

  constructor(url: string, readonly transports: string[]) {
    this.socket = io(url, { transports, forceNew: true, reconnectionDelay: 200, reconnectionDelayMax: 500 });
    const { socket, tally } = this;
    let isFirst = true;
    socket.on('connect', () => {
      if (isFirst) isFirst = false;
      else if (socket.recovered) tally.recovered += 1;
      else this.begin();
    });
    socket.on('disconnect', () => { tally.disconnected += 1; });
    socket.on('home', (pid: number) => { this.home = pid; });
    socket.on('own', (number: number) => { this.own = this.count(this.own, number); });
    socket.on('tick', (pid: number, number: number) => {
      const last = this.got.get(pid);
      // The first of a worker that was there before the client may have any number.
      this.got.set(pid, last === undefined ? number : this.count(last, number));
    });
    socket.on('last', (pid: number, number: number) => {
      tally.missed += number - (this.got.get(pid) ?? number);
      this.finished.add(pid);
    });
  }

  async connected(): Promise<this> {
    if (!this.socket.connected) await once(this.socket as never, 'connect');
    return this;
  }

  /** Gets an ack, also if the connection is lost in the meantime. */
  async ask(event: string, ...args: unknown[]): Promise<unknown> {
    for (;;) {
      await this.connected();
      try {
        return await (this.socket.emitWithAck(event, ...args) as Promise<unknown>);
      } catch { /* It was lost. */ }
    }
  }

  /** Resolves when all of these workers have sent for the last time. */
  async hasGotAll(pids: readonly number[]): Promise<void> {
    while (!pids.every(pid => this.finished.has(pid))) await once(this.socket as never, 'last');
  }

  close(): void {
    this.socket.disconnect();
  }

  /** A new session: what was sent in between is lost. */
  private begin(): void {
    this.tally.anew += 1;
    this.own = 0;
  }

  private count(last: number, number: number): number {
    if (number <= last) this.tally.doubled += 1;
    else this.tally.missed += number - last - 1;
    return Math.max(last, number);
  }
}

/** Connects clients of all transports, in two namespaces; all of them have got a first broadcast of each worker. */
export async function connectAll(cluster: ClusterProcess, count: number, workers: readonly number[]): Promise<DeployClient[]> {
  const clients = Array.from({ length: count }, (_, i) => (
    new DeployClient(cluster.url + (i % 2 ? '/news/1' : ''), TRANSPORTS[i % TRANSPORTS.length])
  ));
  // A test before may have ended the sending.
  await clients[0].ask('begin');
  await Promise.all(clients.map(async client => {
    await client.connected();
    await client.ask('note', `of ${client.socket.id}`);
    while (!workers.every(pid => client.got.has(pid))) await once(client.socket as never, 'tick');
  }));
  return clients;
}

/**
 * Ends the sending, and waits until all clients have got everything.
 *
 * @param living - the processes of the workers
 */
export async function finish(clients: readonly DeployClient[], living: readonly number[]): Promise<Tally> {
  await clients[0].ask('finish');
  await Promise.all(clients.map(client => client.hasGotAll(living)));
  // The last number of a worker that is gone is what some client has got of it; the others must have that as well.
  const last = new Map<number, number>();
  for (const { got } of clients) for (const [ pid, number ] of got) last.set(pid, Math.max(number, last.get(pid) ?? 0));
  const sum: Tally = { disconnected: 0, recovered: 0, anew: 0, missed: 0, doubled: 0 };
  for (const { tally, got } of clients) {
    for (const key of Object.keys(sum) as (keyof Tally)[]) sum[key] += tally[key];
    for (const [ pid, number ] of last) sum.missed += number - (got.get(pid) ?? 0);
  }
  return sum;
}
