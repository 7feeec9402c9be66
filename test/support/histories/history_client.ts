import { once } from 'node:events';
import { io, type Socket } from 'socket.io-client';
import { History } from './history';

/** Milliseconds after which a client gives up on an ack. */
export const ACK_LIMIT = 15_000;
/** Milliseconds after which it gives up on a connection; the default of socket.io-client is 20 seconds. */
const CONNECT_LIMIT = 8000;

/** A client that says numbered messages to its room, and writes its history. */
export class HistoryClient {
  readonly socket: Socket;
  readonly history: History;
  /** The worker that it is connected to, or was connected to last. */
  home = 0;
  recovered = 0;
  anew = 0;
  /** Why it was disconnected each time. */
  readonly losses: string[] = [];
  /** Acks that came, that failed with the connection, and by the client's own limit. */
  readonly acks = { came: 0, disconnected: 0, timeout: 0 };
  /** Connections that neither opened nor failed: they were with a worker that was killed. */
  hung = 0;
  /** Milliseconds without connection, less those that the client waited itself. */
  readonly outages: number[] = [];
  /** The processes that have sent for the last time. */
  readonly finished = new Map<number, number>();
  private said = 0;
  private readonly waiting = new Set<Promise<void>>();
  private timer: NodeJS.Timeout | undefined;

  /** @param pace - milliseconds between two of its messages */
  constructor(
    url: string, readonly name: string, readonly nsp: string, readonly room: string, transports: string[], private readonly pace: number,
  ) {
    this.history = new History(name);
    this.socket = io(url + nsp, {
      transports, forceNew: true, reconnectionDelay: 200, reconnectionDelayMax: 1000, timeout: CONNECT_LIMIT, auth: { room },
    });
    this.listen();
    this.measure();
  }

  async connected(): Promise<this> {
    while (!this.socket.connected) await once(this.socket as never, 'connect');
    return this;
  }

  /** Says something at intervals, until {@link quiet}. */
  talk(): void {
    this.timer = setInterval(() => { void this.say(); }, this.pace);
  }

  /** Says nothing more, and waits for all acks. */
  async quiet(): Promise<void> {
    clearInterval(this.timer);
    await Promise.all(this.waiting);
  }

  /** Says the next message. */
  say(): Promise<void> {
    const saying = this.exchange();
    this.waiting.add(saying);
    void saying.finally(() => { this.waiting.delete(saying); });
    return saying;
  }

  /** Says something until it is acked. */
  async sayAtLast(): Promise<void> {
    for (const { came } = this.acks; this.acks.came === came;) {
      await this.connected();
      await this.say();
    }
  }

  async hasGotAll(pids: readonly number[]): Promise<void> {
    while (!pids.every(pid => this.finished.has(pid))) await once(this.socket as never, 'last');
  }

  close(): void {
    clearInterval(this.timer);
    this.socket.disconnect();
  }

  private async exchange(): Promise<void> {
    const { socket, history, acks, name, room } = this;
    const number = this.said += 1;
    const { length } = this.losses;
    const wasConnected = socket.connected;
    history.note(`say ${number}`);
    try {
      history.gotAck(number, await socket.timeout(ACK_LIMIT).emitWithAck('say', name, room, number) as never);
      acks.came += 1;
    } catch (error) {
      const { message } = error as Error;
      const kind = message === 'socket has been disconnected' ? 'disconnected' : 'timeout';
      history.note(`no ack ${number}: ${message}`);
      acks[kind] += 1;
      // Nothing has told the client why.
      if (kind === 'timeout' && wasConnected && length === this.losses.length) history.fault(`no ack for message ${number}, and no disconnect`);
    }
  }

  private listen(): void {
    const { socket, history } = this;
    let isFirst = true;
    socket.on('connect', () => {
      history.connected(socket.recovered);
      if (isFirst) isFirst = false;
      else if (socket.recovered) this.recovered += 1;
      else this.anew += 1;
    });
    socket.on('disconnect', reason => {
      this.losses.push(reason);
      history.note(`disconnect: ${reason}`);
    });
    socket.on('connect_error', error => { history.note(`connect_error: ${error.message}`); });
    socket.on('home', (pid: number) => {
      this.home = pid;
      history.joined(pid);
    });
    socket.on('own', (number: number) => { history.gotOwn(number); });
    socket.on('tick', (pid: number, number: number, at: number) => { history.gotTick(pid, number, at); });
    socket.on('told', (from: string, number: number, pid: number) => { history.gotTold(from, number, pid); });
    socket.on('last', (pid: number, number: number) => {
      history.note(`last ${pid} ${number}`);
      this.finished.set(pid, number);
    });
  }

  private measure(): void {
    const { socket, outages } = this;
    let lostAt: number | undefined;
    let waitingSince = 0;
    let waited = 0;
    socket.on('disconnect', () => {
      lostAt = waitingSince = performance.now();
      waited = 0;
    });
    socket.io.on('reconnect_attempt', () => { waited += performance.now() - waitingSince; });
    socket.io.on('reconnect_error', error => {
      waitingSince = performance.now();
      if (error.message === 'timeout') this.hung += 1;
    });
    socket.on('connect', () => {
      if (lostAt !== undefined) outages.push(performance.now() - lostAt - waited);
      lostAt = undefined;
    });
  }
}
