import { EventEmitter, once } from 'node:events';
import { Agent, type AgentOptions } from 'node:http';
import { Manager as Manager4 } from 'socket.io-client';
import * as msgpackParser from 'socket.io-msgpack-parser';
import { atMost } from '../../../lib/base/at_most';
import type { Call, ClientSpec } from './story';

// It has no types; the few members that are used are those of version 4, but for what Player says.
const { Manager: Manager2 } = require('socket.io-client-v2') as { Manager: new (url: string, options: object) => ManagerLike };

interface EngineLike {
  readonly transport: { readonly name: string; ws?: { terminate(): void; _socket?: { pause(): void } }; doClose(): void };
  readonly upgrading?: boolean;
  readonly readyState: string;
  once(event: string, listener: (error?: unknown) => void): void;
  on(event: string, listener: () => void): void;
}

interface SocketLike {
  readonly connected: boolean;
  readonly id?: string;
  readonly recovered?: boolean;
  on(event: string, listener: (...args: unknown[]) => void): void;
  emit(event: string, ...args: unknown[]): void;
  open(): void;
  close(): void;
}

interface ManagerLike {
  readonly engine: EngineLike & { onClose(reason: string): void; _onClose?(reason: string): void };
  socket(path: string, options?: object): SocketLike;
  on(event: string, listener: () => void): void;
}

/** Milliseconds after which something that has not come counts as lost. It is then in the history, and the run has failed. */
const LOST = 15_000;

/** The events of the app's that a client hears, and their arguments. One more is an offset, with which a client may be recovered. */
const HEARD: Readonly<Record<string, number>> = { said: 2, all: 2, item: 2, welcome: 1, last: 1, bytes: 1, exception: 1 };

function withoutOffset(event: string, args: readonly unknown[]): readonly unknown[] {
  return args.length === HEARD[event] + 1 && typeof args.at(-1) === 'string' ? args.slice(0, -1) : args;
}

/** Milliseconds between the attempts of a client to connect. */
const RETRY = 200;

function isOfTransport(error: unknown): boolean {
  return (error as { type?: string } | undefined)?.type === 'TransportError' || error === 'timeout';
}

function shown(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) => {
    const buffer = item as { type?: string; data?: number[] } | null;
    if (buffer?.type !== 'Buffer' || !buffer.data) return item;
    const all = Buffer.from(buffer.data);
    return `<${all.length} bytes ${all.subarray(0, 4).toString('hex')}>`;
  }) ?? 'undefined';
}

export interface PlayerOptions {
  readonly url: string;
  readonly name: string;
  /** The address that it comes from. */
  readonly address: string;
  readonly spec: ClientSpec;
  /** The namespaces that it connects to. */
  readonly paths: readonly string[];
  readonly parser: 'default' | 'msgpack';
}

/** A client that does what it is told, and writes down all that it sees. */
export class Player {
  /** What it has seen since it was last asked. */
  private view: string[] = [];
  /** Whether something that was sent to all has not come within its time. */
  isDeaf = false;
  private readonly sockets = new Map<string, SocketLike>();
  private readonly changes = new EventEmitter().setMaxListeners(0);
  private manager: ManagerLike | undefined;
  private readonly ids = new Map<string, string | undefined>();
  private readonly marks = new Map<string, number>();
  private isLeaving = false;
  private upgradeFailure: string | undefined;
  private readonly dead: { terminate(): void }[] = [];

  private readonly agent: Agent;

  constructor(private readonly options: PlayerOptions) {
    // Egg's --sticky sends all clients of one address to one worker.
    this.agent = new Agent({ keepAlive: true, localAddress: options.address } as AgentOptions);
  }

  get name(): string { return this.options.name; }

  /** The namespaces that it is connected to. */
  get connectedTo(): readonly string[] {
    return [ ...this.sockets ].filter(([ , { connected }]) => connected).map(([ path ]) => path);
  }

  /** Whether it has a connection, be it that no namespace lets it in. */
  get isOpen(): boolean { return this.manager?.engine?.readyState === 'open'; }

  get isConnected(): boolean { return this.connectedTo.length > 0; }

  takeView(): readonly string[] {
    return this.view.splice(0);
  }

  /** Connects to all its namespaces, and upgrades if that is its way. */
  async connect(): Promise<void> {
    this.isLeaving = false;
    const { url, paths, parser, spec: { transport, protocol, header, hasToken } } = this.options;
    const extraHeaders = { 'x-token': `${this.name}'s`, 'accept-language': 'en', 'x-forwarded-for': '203.0.113.7', cookie: `who=${this.name}` };
    const options = {
      forceNew: true, reconnection: false, autoConnect: false, agent: this.agent,
      transports: transport === 'upgrade' ? [ 'polling', 'websocket' ] : [ transport ],
      query: { name: this.name, visit: '7', ...hasToken && { token: 'good' } },
      // As a browser: its WebSocket has no headers of the page's.
      transportOptions: header ? { polling: { extraHeaders } } : {},
      ...parser === 'msgpack' && { parser: msgpackParser },
    };
    const manager = protocol === 4 ? new Manager4(url, options as object) as unknown as ManagerLike : new Manager2(url, options);
    this.manager = manager;
    // An upgrade may fail before the namespaces are connected.
    manager.on('open', () => {
      this.upgradeFailure = undefined;
      manager.engine.once('upgradeError', error => { this.upgradeFailure = `: ${String(error)}`; });
    });
    for (const path of paths) this.sockets.set(path, this.listen(manager.socket(path, { auth: { name: this.name } }), path));
    await this.open();
  }

  /** Opens the sockets that are there, which lets a client of version 4 come back to its session. */
  async open(): Promise<void> {
    this.isLeaving = false;
    await Promise.all([ ...this.sockets ].map(([ path, socket ]) => this.settle(path, socket)));
    if (this.options.spec.transport === 'upgrade' && this.isConnected) await this.upgraded();
  }

  async emit(path: string, calls: readonly Call[]): Promise<void> {
    const socket = this.sockets.get(path)!;
    await Promise.all(calls.map(({ event, args, wantsAck }) => {
      if (!wantsAck) {
        socket.emit(event, ...args);
        return undefined;
      }
      return this.ask(socket, path, event, args);
    }));
  }

  /** Asks for what only the test wants to know. */
  async query(path: string, event: string, ...args: unknown[]): Promise<unknown> {
    const socket = this.sockets.get(path)!;
    return this.untilDown(resolve => socket.emit(event, ...args, resolve));
  }

  /** Waits for a mark, which comes after all that was sent before it. */
  async awaitMark(path: string, number: number): Promise<void> {
    const socket = this.sockets.get(path);
    const arrived = (async () => {
      while (socket?.connected && (this.marks.get(path) ?? -1) < number) await once(this.changes, 'change');
    })();
    if (await atMost(LOST, arrived, () => 'lost') === 'lost') this.isDeaf = true;
  }

  /** Loses its connection, which the server sees at once. */
  async breakOff(): Promise<void> {
    const { engine } = this.manager!;
    if (engine.transport.ws) engine.transport.ws.terminate();
    else this.drop();
    await this.awaitDown();
  }

  /** Loses its connection, as on a line that is dead: nothing tells the server. */
  async vanish(): Promise<void> {
    const { transport } = this.manager!.engine;
    if (transport.ws) {
      this.dead.push(transport.ws);
      transport.ws._socket?.pause();
      transport.doClose = () => undefined;
    }
    this.drop();
    await this.awaitDown();
  }

  /** Waits until all sockets know that their connection is gone. */
  async awaitDown(): Promise<void> {
    const down = (async () => { while (this.isConnected) await once(this.changes, 'change'); })();
    if (await atMost(LOST, down, () => 'lost') === 'lost') this.view.push('does not hear that its connection is gone');
  }

  leave(): void {
    this.isLeaving = true;
    for (const socket of this.sockets.values()) socket.close();
  }

  /** Leaves, and lets go of the connections that it has only pretended to lose. */
  end(): void {
    this.leave();
    for (const socket of this.dead) socket.terminate();
  }

  private drop(): void {
    const { engine } = this.manager!;
    if (engine._onClose) engine._onClose('transport error');
    else engine.onClose('transport error');
  }

  private listen(socket: SocketLike, path: string): SocketLike {
    const change = () => this.changes.emit('change');
    for (const event of Object.keys(HEARD)) {
      socket.on(event, (...args) => { this.view.push(`${path} ${event} ${shown(withoutOffset(event, args))}`); });
    }
    socket.on('question', (...args) => {
      const ack = args.pop() as (answer: string) => void;
      ack(`${this.name}: ${String(args[0])}`);
    });
    socket.on('mark', (number, ack) => {
      this.marks.set(path, number as number);
      (ack as () => void)();
      change();
    });
    const settled = (outcome: string) => {
      this.view.push(`${path} ${outcome}`);
      this.changes.emit(`settled ${path}`);
    };
    socket.on('connect', () => {
      const before = this.ids.get(path);
      this.ids.set(path, socket.id);
      settled(`connected${socket.recovered ? ', recovered' : ''}${before !== undefined && before === socket.id ? ', same id' : ''}`);
    });
    const refused = (error: unknown) => {
      // No answer of the server's: while a worker ends, a client tries again until it reaches another one.
      if (isOfTransport(error)) {
        setTimeout(() => socket.open(), RETRY);
        return;
      }
      const { message, data } = (typeof error === 'string' ? { message: error } : error ?? {}) as { message?: string; data?: unknown };
      settled(`refused: ${message} ${shown(data)}`);
    };
    // The first is of clients of version 4, the second of those of version 2.
    for (const event of [ 'connect_error', 'error' ]) socket.on(event, refused);
    socket.on('disconnect', reason => {
      if (reason === 'io server disconnect') this.view.push(`${path} was disconnected by the server`);
      else if (!this.isLeaving) this.view.push(`${path} has lost its connection`);
      this.changes.emit('down');
      change();
    });
    return socket;
  }

  /** Opens a socket, and waits until it is connected or refused. */
  private async settle(path: string, socket: SocketLike): Promise<void> {
    const settled = once(this.changes, `settled ${path}`);
    socket.open();
    if (await atMost(LOST, settled, () => 'lost') === 'lost') this.view.push(`${path} is neither connected nor refused`);
  }

  private async upgraded(): Promise<void> {
    const { engine } = this.manager!;
    if (engine.transport.name === 'websocket') return;
    const settled = this.upgradeFailure !== undefined ? Promise.resolve(this.upgradeFailure) : new Promise<string>(resolve => {
      engine.once('upgrade', () => resolve(''));
      engine.once('upgradeError', () => resolve(this.upgradeFailure!));
    });
    const failure = await atMost(LOST, settled, () => ', and no error tells why');
    if (failure !== '') this.view.push(`is not upgraded${failure}`);
  }

  private async ask(socket: SocketLike, path: string, event: string, args: readonly unknown[]): Promise<void> {
    const answered = this.untilDown(resolve => socket.emit(event, ...args, (...answer: unknown[]) => {
      this.view.push(`${path} ack of ${event}: ${shown(answer)}`);
      resolve('');
    }));
    if (await answered === 'lost') this.view.push(`${path} no ack of ${event}`);
  }

  /** What is asked for, or nothing if the connection is gone before; `lost` if neither comes. */
  private async untilDown(ask: (resolve: (value: unknown) => void) => void): Promise<unknown> {
    let onDown: (() => void) | undefined;
    const answered = new Promise<unknown>(resolve => {
      this.changes.once('down', onDown = () => resolve(undefined));
      ask(resolve);
    });
    return atMost(LOST, answered, () => 'lost').finally(() => this.changes.off('down', onDown!));
  }
}
