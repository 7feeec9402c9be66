import { once } from 'node:events';
import type { Socket } from 'node:net';
import WebSocket from 'ws';
import { ackOf, type Frame, prefixOf } from './frames';
import type { Playground } from './playground';

/** A WebSocket to the server under test, which may be closed at any time. */
export class FuzzWebSocket {
  private received = 0;

  private constructor(private readonly ws: WebSocket, private readonly ground: Playground, answer: string) {
    ws.on('message', (data, isBinary) => {
      this.received += 1;
      const ack = isBinary ? undefined : ackOf(String(data as Buffer), answer);
      if (ack) this.send(ack);
    });
    // What is wrong shows as its end.
    ws.on('error', () => undefined);
    ground.atTheEnd(() => ws.terminate());
  }

  /** Opens it, on a session or as a session; resolves also if it is refused. */
  static async open(ground: Playground, query = '', answer = '[]', origin?: string): Promise<FuzzWebSocket> {
    const socket = new FuzzWebSocket(new WebSocket(`ws://127.0.0.1:${ground.port}/socket.io/?EIO=4&transport=websocket${query}`, {
      perMessageDeflate: false, handshakeTimeout: 20_000, origin,
    }), ground, answer);
    await new Promise<void>(resolve => { socket.ws.once('open', resolve).once('close', () => resolve()); });
    return socket;
  }

  /** Opens a session that is connected to the main namespace and another one, or was refused there. */
  static async join(ground: Playground, namespace: string, answer: string): Promise<FuzzWebSocket> {
    const socket = await FuzzWebSocket.open(ground, '', answer);
    socket.send('40');
    socket.send(`40${prefixOf(namespace)}{"token":"let me in"}`);
    await socket.receives(3);
    return socket;
  }

  get isOpen(): boolean { return this.ws.readyState === WebSocket.OPEN; }

  /** Resolves once this number of messages has arrived, or no more can arrive. */
  async receives(count: number): Promise<void> {
    while (this.received < count && this.ws.readyState !== WebSocket.CLOSED) await this.either('message', 'close');
  }

  send(frame: Frame): void {
    if (!this.isOpen) return;
    this.ground.sent += 1;
    this.ws.send(frame);
  }

  /** Sends frames that belong together; they are hardly counted, however many there are. */
  sendAll(frames: readonly Frame[]): void {
    if (!this.isOpen) return;
    this.ground.count(frames.length);
    for (const frame of frames) this.ws.send(frame);
  }

  /** Resolves once the server has read all of it, or has closed. */
  async settle(): Promise<void> {
    if (this.isOpen) this.ws.ping();
    if (this.ws.readyState !== WebSocket.CLOSED) await this.either('pong', 'close');
  }

  /** Sends what is no WebSocket frame, and no more. */
  async spoil(bytes: Uint8Array): Promise<void> {
    if (!this.isOpen) return;
    this.ground.sent += 1;
    (this.ws as unknown as { _socket: Socket })._socket.end(bytes);
    await this.closed();
  }

  async close(): Promise<void> {
    this.ws.close();
    await this.closed();
  }

  abort(): void {
    this.ws.terminate();
  }

  private async closed(): Promise<void> {
    if (this.ws.readyState !== WebSocket.CLOSED) await once(this.ws, 'close');
  }

  private either(...events: string[]): Promise<void> {
    return new Promise(resolve => {
      const finish = () => {
        for (const event of events) this.ws.off(event, finish);
        resolve();
      };
      for (const event of events) this.ws.on(event, finish);
    });
  }
}
