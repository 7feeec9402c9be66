import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { io, type Socket } from 'socket.io-client';

/** How many questions wait for their answers at a time. */
const IN_FLIGHT = 3;

/** A client that keeps to the protocol, asks all the time, and checks that each answer comes once and in order. */
export class GoodClient {
  /** What went wrong. */
  readonly complaints: string[] = [];
  private readonly socket: Socket;
  private readonly progress = new EventEmitter().setMaxListeners(0);
  private asked = 0;
  private answered = 0;
  private stopped = false;
  /** How often the ball came. */
  private caught = 0;

  private constructor(url: string, private readonly transport: 'polling' | 'websocket') {
    this.socket = io(url, { forceNew: true, reconnection: false, transports: [ transport ] });
    this.socket.on('counted', (value: unknown) => this.take(value));
    this.socket.on('disconnect', reason => {
      if (!this.stopped) this.complain(`was disconnected: ${reason}`);
    });
  }

  static async connect(url: string, transport: 'polling' | 'websocket'): Promise<GoodClient> {
    const client = new GoodClient(url, transport);
    await once(client.socket as unknown as EventEmitter, 'connect');
    for (let i = 0; i < IN_FLIGHT; i++) client.ask();
    return client;
  }

  /** Passes a ball to and fro with another one, through a room that nobody else knows: on its way it may pass between workers. */
  async playWith(other: GoodClient): Promise<void> {
    const room = `court of ${this.socket.id}`;
    await Promise.all([ this.enter(room, 1), other.enter(room, 0) ]);
    this.socket.emit('tell', room, room, 0);
  }

  /** Resolves once what it asks from now on has been answered too. */
  async isServed(): Promise<void> {
    const { asked, caught } = this;
    const isServed = () => this.answered > asked && this.caught > caught + 1;
    while (!isServed() && this.complaints.length === 0) await once(this.progress, 'change');
    assert.deepEqual(this.complaints, [], `the good client by ${this.transport}`);
  }

  /** Asks no more, and disconnects once all is answered. */
  async finish(): Promise<void> {
    this.stopped = true;
    while (this.answered < this.asked && this.complaints.length === 0) await once(this.progress, 'change');
    assert.deepEqual(this.complaints, [], `the good client by ${this.transport}`);
    this.close();
  }

  close(): void {
    this.stopped = true;
    this.socket.disconnect();
  }

  /** @param first - what the ball says when it comes for the first time; each pass adds one */
  private async enter(room: string, first: number): Promise<void> {
    await this.socket.emitWithAck('join', room);
    this.socket.on('told', (where: unknown, passes: unknown) => {
      if (where !== room) return;
      const expected = first + 2 * this.caught;
      if (passes !== expected) this.complain(`caught a ball after ${JSON.stringify(passes)} passes in place of ${expected}`);
      this.caught += 1;
      if (!this.stopped) this.socket.emit('tell', room, room, expected + 1);
      this.progress.emit('change');
    });
  }

  /** Half of the answers are acks, and half are events. */
  private ask(): void {
    const seq = this.asked++;
    if (seq % 2 === 0) this.socket.emit('count', seq, (value: unknown) => this.take(value));
    else this.socket.emit('count', seq);
  }

  private take(value: unknown): void {
    if (value !== this.answered) this.complain(`got ${JSON.stringify(value)} in place of ${this.answered}`);
    this.answered += 1;
    if (!this.stopped) this.ask();
    this.progress.emit('change');
  }

  private complain(complaint: string): void {
    this.complaints.push(complaint);
    this.progress.emit('change');
  }
}
