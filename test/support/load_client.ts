import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { setTimeout as rest } from 'node:timers/promises';
import { io, type ManagerOptions, type Socket } from 'socket.io-client';

/** How a client is connected. */
export type Kind = 'polling' | 'upgrading' | 'websocket';
export const KINDS: readonly Kind[] = [ 'polling', 'upgrading', 'websocket' ];

const TRANSPORTS: Record<Kind, string[]> = {
  polling: [ 'polling' ], upgrading: [ 'polling', 'websocket' ], websocket: [ 'websocket' ],
};
/** How many messages of a client wait for their acks at a time. */
const IN_FLIGHT = 3;
const ACK_LIMIT = 30_000;
const CLOSE_LIMIT = 2_000;
/** Milliseconds between two messages of a client that talks on and on: a load, and not as much as the machine can bear. */
const PACE = 2000;

/** The reconnection delay of all load clients, and how long it may be drawn out. */
export const RECONNECTION: Partial<ManagerOptions> = { reconnectionDelay: 200, reconnectionDelayMax: 400, randomizationFactor: 0.5 };

/** A client that talks to its room, counts every answer, and remembers in which order it has heard what. */
export class LoadClient {
  readonly socket: Socket;
  /** The process that it is connected to. */
  pid = 0;
  sent = 0;
  acked = 0;
  /** Messages that were not acked, or with a wrong value. */
  readonly lost: string[] = [];
  /** Why it was disconnected, and when. */
  readonly disconnects: { reason: string; at: number }[] = [];
  /** When it was back. */
  readonly returns: number[] = [];
  private readonly heard = new Map<string, number[]>();
  private readonly changes = new EventEmitter().setMaxListeners(0);
  private talking: Promise<unknown> = Promise.resolve();
  private limit = 0;

  constructor(readonly name: string, readonly kind: Kind, readonly room: string, url: string) {
    this.socket = io(url, { forceNew: true, autoConnect: false, transports: TRANSPORTS[kind], ...RECONNECTION });
    this.socket.on('told', (from: string, seq: number) => {
      const heard = this.heard.get(from);
      if (heard) heard.push(seq);
      else this.heard.set(from, [ seq ]);
      this.changes.emit('change');
    });
    this.socket.on('disconnect', reason => {
      this.disconnects.push({ reason, at: Date.now() });
      this.pid = 0;
      this.changes.emit('change');
    });
    this.socket.on('worker', (pid: number) => {
      if (this.disconnects.length > this.returns.length) this.returns.push(Date.now());
      this.pid = pid;
      this.changes.emit('change');
    });
  }

  /** Connects, and joins its room. */
  async connect(): Promise<this> {
    this.socket.connect();
    await this.until(() => this.pid !== 0);
    await this.ask('join', this.room);
    return this;
  }

  /** Resolves once its connection has become the WebSocket that it is to become. */
  async upgraded(): Promise<void> {
    const { engine } = this.socket.io;
    if (this.kind === 'upgrading' && engine.transport.name !== 'websocket') await once(engine as unknown as EventEmitter, 'upgrade');
  }

  /** The first value of the ack. */
  async ask<T>(event: string, ...args: unknown[]): Promise<T> {
    return this.socket.timeout(ACK_LIMIT).emitWithAck(event, ...args) as Promise<T>;
  }

  /** Resolves once a condition on what it remembers is true. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await once(this.changes, 'change');
  }

  /** Starts to talk to its room. @param messages - how many; default: until {@link quiet} or the end of its connection */
  talk(messages = Infinity): this {
    this.limit = this.sent + messages;
    this.talking = Promise.all(Array.from({ length: IN_FLIGHT }, () => this.speak()));
    return this;
  }

  /** Resolves once all that it had to say is acked, or lost with the connection. */
  async finished(): Promise<void> {
    await this.talking;
  }

  /** Stops talking. */
  async quiet(): Promise<void> {
    this.limit = 0;
    await this.talking;
  }

  /** Resolves once it has heard the last word of another. */
  async hearsOut(other: LoadClient): Promise<void> {
    await this.until(() => other.sent === 0 || this.lastHeard(other) === other.sent - 1);
  }

  /** The number of what it has heard of another last. */
  lastHeard(other: LoadClient): number | undefined {
    return this.heard.get(other.name)?.at(-1);
  }

  /** Nothing of what the other has said is lost, came twice or out of order. */
  assertHeardAll(other: LoadClient): void {
    assert.deepEqual(this.heard.get(other.name) ?? [], Array.from({ length: other.sent }, (_, seq) => seq),
      `what ${this.name} (${this.kind}) has heard of ${other.name} (${other.kind})`);
  }

  /** Each message was acked. */
  assertAllAcked(): void {
    assert.deepEqual(this.lost, [], `${this.name} (${this.kind}): messages without their ack`);
    assert.equal(this.acked, this.sent, `${this.name} (${this.kind})`);
  }

  async close(): Promise<void> {
    const { engine } = this.socket.io;
    this.socket.disconnect();
    // It waits for its last post; if that hangs, nobody else has to wait for it.
    if (engine.readyState === 'closing') await atMost(CLOSE_LIMIT, once(engine as unknown as EventEmitter, 'close'));
  }

  private async speak(): Promise<void> {
    const { length } = this.disconnects;
    while (this.sent < this.limit && this.disconnects.length === length) {
      const seq = this.sent++;
      try {
        assert.equal(await this.ask('tell', this.room, this.name, seq), seq);
        this.acked += 1;
      } catch (error) {
        this.lost.push(`${seq}: ${(error as Error).message}`);
      }
      this.changes.emit('change');
      if (this.limit === Infinity) await rest(PACE);
    }
  }
}

/** Waits for a limited time: an assertion reports what has not come by then. */
async function atMost(limit: number, promise: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([ promise, new Promise(resolve => { timer = setTimeout(resolve, limit); }) ]);
  clearTimeout(timer);
}

/** Asserts that each has heard all others of its room exactly once and in order; returns how many messages that were. */
export async function assertAllHeard(clients: readonly LoadClient[]): Promise<number> {
  const pairs = clients.flatMap(client => clients.filter(other => other !== client && other.room === client.room)
    .map((other): [ LoadClient, LoadClient ] => [ client, other ]));
  await atMost(20_000, Promise.all(pairs.map(([ client, other ]) => client.hearsOut(other))));
  // What would come twice comes before the answer to this.
  await Promise.all(clients.map(client => client.ask('echo')));
  for (const [ client, other ] of pairs) client.assertHeardAll(other);
  return pairs.reduce((sum, [ , other ]) => sum + other.sent, 0);
}

/** Connects as many clients, of all kinds in turn, to as many rooms. @param from - the number in the name of the first */
export async function connectMany(url: string, count: number, rooms: number, from = 0): Promise<LoadClient[]> {
  return Promise.all(Array.from({ length: count }, (_, i) =>
    new LoadClient(`client ${from + i}`, KINDS[i % KINDS.length], `room ${Math.floor(i / KINDS.length) % rooms}`, url).connect()));
}
