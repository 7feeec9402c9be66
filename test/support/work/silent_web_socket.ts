import { EventEmitter } from 'node:events';
import { IncomingMessage, type Server as HttpServer } from 'node:http';
import { Socket as NetSocket } from 'node:net';

type Sent = (error?: Error) => void;

/** Turns of the event loop in which a connection must be made. */
const PATIENCE = 1000;

/**
 * The server's side of a WebSocket without a network: what is written is counted and thrown away. It has the parts of `ws`
 * that Engine.IO and the plugin use.
 */
export class SilentWebSocket extends EventEmitter {
  readonly OPEN = 1;
  readyState = 1;
  readonly extensions = '';
  /** Messages that were written. */
  written = 0;
  /** The last of them. */
  last: Buffer | string = '';
  private sent: Sent | undefined;

  readonly _sender = {
    sendFrame: (list: readonly Buffer[], sent: Sent): void => this.write(list[list.length - 1], sent),
  };

  /** The connection below; the system takes all that is written at once. */
  readonly _socket = {
    writableLength: 0,
    write: (data: Buffer, sent?: Sent): void => this.write(data, sent),
  };

  send(data: Buffer | string, sent: Sent): void {
    this.write(data, sent);
  }

  close(): void {
    this.readyState = 3;
    this.emit('close');
  }

  /** Has the server get a message. */
  receive(message: Buffer): void {
    this.emit('message', message, false);
  }

  /** Tells the server that what it has written is gone, as the system does some time later. */
  settle(): void {
    const { sent } = this;
    this.sent = undefined;
    sent?.();
  }

  private write(data: Buffer | string, sent?: Sent): void {
    this.written++;
    this.last = data;
    this.sent = sent;
  }
}

/** To be Engine.IO's `wsEngine`. */
export class SilentWebSocketServer {
  handleUpgrade(_req: IncomingMessage, _socket: unknown, _head: Buffer, take: (socket: SilentWebSocket) => void): void {
    take(new SilentWebSocket());
  }

  close(): void { /* It listens to nothing. */ }
}

async function until(isSo: () => unknown, what: string): Promise<void> {
  for (let turns = 0; !isSo(); turns++) {
    if (turns > PATIENCE) throw new Error(`a client without a network waits in vain for ${what}`);
    await new Promise(resolve => { setImmediate(resolve); });
  }
}

/** Connects to the Socket.IO that is attached to a server, and there to the namespace `/`. */
export async function connect(server: HttpServer): Promise<SilentWebSocket> {
  const req: IncomingMessage & { websocket?: SilentWebSocket } = Object.assign(new IncomingMessage(new NetSocket()), {
    method: 'GET', url: '/socket.io/?EIO=4&transport=websocket', headers: { host: 'localhost', upgrade: 'websocket' },
  });
  server.emit('upgrade', req, req.socket, Buffer.alloc(0));
  // That is where Engine.IO puts it.
  await until(() => req.websocket?.written, 'a session');
  const socket = req.websocket!;
  socket.settle();
  socket.receive(Buffer.from('40'));
  await until(() => String(socket.last).includes('40{"sid"'), 'its CONNECT to be answered');
  socket.settle();
  return socket;
}
