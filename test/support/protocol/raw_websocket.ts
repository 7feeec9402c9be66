import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';

const LIMIT = 5000;

interface Waiter {
  take(frame: string | Buffer): void;
  fail(error: Error): void;
}

/** A WebSocket that knows nothing of Socket.IO but, if wanted, its heartbeats; frames wait until a test takes them. */
export class RawWebSocket {
  /** Resolves with the close code. */
  readonly closed: Promise<number>;
  private readonly arrived: (string | Buffer)[] = [];
  private readonly waiters: Waiter[] = [];

  private constructor(private readonly socket: WebSocket, private readonly answersPings: boolean) {
    socket.on('message', (data: Buffer, isBinary) => this.receive(isBinary ? data : data.toString()));
    // What follows an error is always a close.
    socket.on('error', () => undefined);
    this.closed = new Promise(resolve => {
      socket.on('close', code => {
        for (const waiter of this.waiters.splice(0)) waiter.fail(new Error(`closed with ${code} while a frame was waited for`));
        resolve(code);
      });
    });
  }

  /**
   * Opens a WebSocket.
   *
   * @param url - with its query
   * @param answersPings - whether heartbeats are answered, and kept from the test
   */
  static async open(url: string, answersPings = true): Promise<RawWebSocket> {
    const raw = new RawWebSocket(new WebSocket(url.replace(/^http/, 'ws')), answersPings);
    await once(raw.socket, 'open');
    return raw;
  }

  /** Tries to open a WebSocket, and gives the HTTP answer that refuses it. */
  static async refusal(url: string): Promise<{ status: number; body: string }> {
    const socket = new WebSocket(url.replace(/^http/, 'ws'));
    const [ , response ] = await once(socket, 'unexpected-response') as [ unknown, IncomingMessage ];
    const chunks: Buffer[] = await response.toArray();
    return { status: response.statusCode!, body: Buffer.concat(chunks).toString() };
  }

  send(...frames: (string | Buffer)[]): this {
    for (const frame of frames) this.socket.send(frame);
    return this;
  }

  /** Takes the next frame; rejects if the connection is closed before. */
  async next(): Promise<string | Buffer> {
    if (this.arrived.length > 0) return this.arrived.shift()!;
    if (this.socket.readyState === WebSocket.CLOSED) throw new Error('closed before a frame was waited for');
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no frame within ${LIMIT} ms`)), LIMIT);
      this.waiters.push({
        take(frame) { clearTimeout(timer); resolve(frame); },
        fail(error) { clearTimeout(timer); reject(error); },
      });
    });
  }

  /** Takes the next frames. */
  async take(count: number): Promise<(string | Buffer)[]> {
    const frames: (string | Buffer)[] = [];
    while (frames.length < count) frames.push(await this.next());
    return frames;
  }

  /** Closes the connection as a browser does. */
  async close(): Promise<void> {
    this.socket.close();
    await this.closed;
  }

  /** Breaks the connection. */
  terminate(): void {
    this.socket.terminate();
  }

  private receive(frame: string | Buffer): void {
    if (this.answersPings && frame === '2') {
      this.socket.send('3');
      return;
    }
    const waiter = this.waiters.shift();
    if (waiter) waiter.take(frame);
    else this.arrived.push(frame);
  }
}
