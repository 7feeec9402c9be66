import { EventEmitter } from 'node:events';
import type { ManagerOptions, Socket, SocketOptions } from 'socket.io-client';
import { SocketIOError } from '../base/errors';
import { type ArrivedEvent, EventQueue } from './event_queue';

/**
 * Options of a test client: the address, and all options of socket.io-client.
 *
 * @see docs/testing.md
 */
export interface ClientOptions extends Partial<ManagerOptions & SocketOptions> {
  /** A whole address instead of protocol, host and port, such as `'http://127.0.0.1:7001'`. Default: made of those */
  url?: string;
  /** @default 'http' */
  protocol?: 'http' | 'https' | 'ws' | 'wss';
  /** @default '127.0.0.1' */
  host?: string;
  /** @default 80, or 443 for https and wss */
  port?: number | string;
  /** `'chat'` and `'/chat'` are the same. @default '/' */
  namespace?: string;
  /** The path of the server, `config.socketio.path`. @default '/socket.io' */
  path?: string;
  /** How long `connect`, `sendWithAck` and `next` wait, in milliseconds. @default 5000 */
  waitTimeout?: number;
  /** As in socket.io-client; tests rarely need it. @default false */
  reconnection?: boolean;
  /** As in socket.io-client; false shares one connection between clients of several namespaces. @default true */
  forceNew?: boolean;
}

type IO = (url: string, options: object) => Socket;

function loadSocketIOClient(): IO {
  try {
    return (require('socket.io-client') as { io: IO }).io;
  } catch (cause) {
    throw new SocketIOError('PACKAGE_MISSING', "egg-socketio/mock needs socket.io-client: run 'npm install --save-dev socket.io-client'.", { cause });
  }
}

function addressOf({ url, protocol = 'http', host = '127.0.0.1', port }: ClientOptions): string {
  return url?.replace(/\/$/, '') ?? `${protocol}://${host}${port === undefined ? '' : `:${port}`}`;
}

/**
 * A socket.io-client with promises, for tests. It is an event emitter for the server's events and for `connect`, `disconnect` and
 * `connect_error`, so Node's `events.once(client, 'event')` works. It keeps every event from the server until {@link next} takes it, so
 * none is lost between two lines of a test.
 */
export class TestClient extends EventEmitter {
  /** The underlying socket.io-client socket. */
  readonly socket: Socket;
  private readonly waitTimeout: number;
  private readonly queue = new EventQueue();

  /** Creates a client that is not connected yet; see {@link connect}. `options` are not changed. */
  constructor(options: ClientOptions = {}) {
    super();
    const { url, protocol, host, port, namespace = '/', waitTimeout = 5000, ...rest } = options;
    this.waitTimeout = waitTimeout;
    const address = addressOf({ url, protocol, host, port });
    this.socket = loadSocketIOClient()(`${address}/${namespace.replace(/^\//, '')}`, {
      reconnection: false, forceNew: true, ...rest, autoConnect: false,
    });
    this.socket.onAny((event: string, ...args: unknown[]) => this.receive(event, args));
    this.socket.on('connect', () => this.queue.resume());
    this.socket.on('disconnect', reason => this.end(`the client was disconnected (${reason})`));
    this.socket.on('connect_error', ({ message }) => this.end(`the client could not connect (${message})`));
    for (const event of [ 'connect', 'disconnect', 'connect_error' ]) {
      this.socket.on(event as 'connect', (...args: unknown[]) => super.emit(event, ...args));
    }
  }

  /** The socket's id; `undefined` while not connected. */
  get id(): string | undefined { return this.socket.id; }
  /** Whether the client is connected to its namespace. */
  get connected(): boolean { return this.socket.connected; }

  /**
   * Connects.
   *
   * @return the client, once the namespace has accepted it
   * @throws the error of `connect_error`: a rejection with its `message` and `data`, or a server that cannot be reached
   */
  async connect(): Promise<this> {
    if (this.socket.connected) return this;
    this.queue.resume();
    await new Promise<void>((resolve, reject) => {
      const settle = (error?: Error) => {
        clearTimeout(timer);
        this.socket.off('connect', settle).off('connect_error', settle);
        if (!error) return resolve();
        this.socket.disconnect();
        reject(error);
      };
      const timer = setTimeout(() => settle(new Error(`not connected to ${this.address} within ${this.waitTimeout} ms`)), this.waitTimeout);
      this.socket.on('connect', settle).on('connect_error', settle);
      this.socket.connect();
    });
    return this;
  }

  /** Sends an event to the server; an ack function may come last. */
  send(event: string, ...args: unknown[]): this {
    this.socket.emit(event, ...args);
    return this;
  }

  /** The same as {@link send}. */
  override emit(event: string, ...args: unknown[]): boolean {
    this.send(event, ...args);
    return true;
  }

  /**
   * Sends an event and waits for the ack.
   *
   * @return the first argument of the ack
   * @throws if the server does not ack within `waitTimeout`
   */
  async sendWithAck<T = unknown>(event: string, ...args: unknown[]): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.socket.timeout(this.waitTimeout).emit(event, ...args, (error: Error | null, value: T) => {
        if (!error) resolve(value);
        else if (this.socket.connected) reject(new Error(`no ack for '${event}' within ${this.waitTimeout} ms`));
        else reject(new Error(`no ack for '${event}': ${error.message}`, { cause: error }));
      });
    });
  }

  /**
   * Takes the next event of a name, whether it has arrived already or is still to come. Each event is taken once.
   *
   * @param event - the event's name
   * @param timeout - milliseconds; default: the client's `waitTimeout`
   * @return the event's arguments
   * @throws if none arrives in time, or the client is disconnected and does not reconnect by itself; the message lists
   * the events that did arrive, with their arguments
   */
  async next<T extends unknown[] = unknown[]>(event: string, timeout = this.waitTimeout): Promise<T> {
    return this.queue.next(event, timeout) as Promise<T>;
  }

  /** The events from the server that have arrived and that {@link next} has not taken, oldest first. */
  get pending(): readonly ArrivedEvent[] {
    return this.queue.arrived;
  }

  /** Disconnects, and resolves when the connection is closed. */
  async close(): Promise<void> {
    this.socket.disconnect();
    const { engine } = this.socket.io;
    // A connection that is shared with another namespace stays open.
    if (engine?.readyState === 'closing') await new Promise<void>(resolve => { engine.once('close', () => resolve()); });
  }

  private get address(): string {
    const { opts } = this.socket.io as unknown as { opts: { hostname?: string; port?: string } };
    return `${opts.hostname}:${opts.port}`;
  }

  private end(reason: string): void {
    // With the option `reconnection` it reconnects by itself, unless one side has disconnected on purpose.
    if (!this.socket.active || !this.socket.io.reconnection()) this.queue.end(reason);
  }

  private receive(event: string, args: unknown[]): void {
    this.queue.add(event, args);
    // An emitter throws at an 'error' without listeners; here it is an ordinary event.
    if (event !== 'error' || this.listenerCount(event) > 0) super.emit(event, ...args);
  }
}
