import { EventEmitter } from 'node:events';
import type { WriteOrder } from '../../../lib/internals/write_order';

/** What a server has written to a client, and what to call when the client has read it. */
export interface Written {
  readonly chunk: string;
  readonly onRead: (() => void) | undefined;
}

/** Engine.IO's session, as Socket.IO sees it, without a transport. */
export class SimulatedConnection extends EventEmitter {
  readonly protocol = 4;
  readonly request = { headers: {}, connection: { remoteAddress: '127.0.0.1' }, url: '/socket.io/', _query: {} };
  readonly transport = { name: 'websocket', writable: true, on: () => undefined };
  readyState = 'open';
  /** On its way to the client. */
  readonly toClient: Written[] = [];
  private readonly waiting: Written[] = [];

  /** @param isAlive - whether the worker still runs */
  constructor(readonly id: string, private readonly order: WriteOrder, private readonly isAlive: () => boolean) {
    super();
  }

  write(chunk: unknown, _options: object, onRead?: () => void): void {
    if (!this.isAlive() || this.readyState !== 'open') return;
    const written = { chunk: String(chunk), onRead };
    if (this.waiting.length === 0 && this.order.mayWrite()) {
      this.toClient.push(written);
      return;
    }
    this.waiting.push(written);
    if (this.waiting.length === 1) {
      this.order.later(() => {
        if (this.isAlive()) this.toClient.push(...this.waiting);
        this.waiting.length = 0;
      });
    }
  }

  /** The client's side sends something. */
  receive(chunk: string): void {
    this.emit('data', chunk);
  }

  close(): void {
    this.end('forced close');
  }

  /** The connection is gone, and the server knows. */
  end(reason: string): void {
    if (this.readyState === 'closed') return;
    this.readyState = 'closed';
    this.emit('close', reason);
  }
}
