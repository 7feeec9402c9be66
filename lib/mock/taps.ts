import { AsyncLocalStorage } from 'node:async_hooks';
import type { Application as EggApplication } from 'egg';
import type { Namespace, Socket } from 'socket.io';
import type { SocketContext } from '../context/socket_context';
import type { Application } from '../types/application';

/** Rooms and exclusions of a broadcast, as adapters get them. */
export interface BroadcastOptions {
  readonly rooms: ReadonlySet<string>;
  readonly except?: ReadonlySet<string>;
}

/** A listener that is notified of everything that happens during a call. */
export interface Listener {
  /** Whether a socket is the listener's. */
  owns(socket: Socket): boolean;
  /** A socket is connected; the app has not been notified yet. */
  onSocket(socket: Socket): void;
  /** Whether a namespace's middleware is skipped for the listener's socket. */
  readonly skipsMiddleware: boolean;
  /** The plugin runs code with a context of the listener's socket. */
  onRun<T>(ctx: SocketContext, run: () => T): T | Promise<void>;
  /** The listener has caused a broadcast; `data` is `[event, ...args]`. */
  onBroadcast(namespace: string, data: readonly unknown[], options: BroadcastOptions): void;
  /** Whether a broadcast excludes the listener's socket, or is for it alone. */
  isAbout(options: BroadcastOptions): boolean;
}

interface Adapter {
  broadcast(packet: { data: unknown[] }, options: BroadcastOptions): unknown;
  broadcastWithAck(packet: { data: unknown[] }, options: BroadcastOptions, ...callbacks: unknown[]): unknown;
}
interface Middleware { run(socket: Socket, done: (error?: Error) => void): void }
type Run = (store: unknown, callback: (...args: unknown[]) => unknown, ...args: unknown[]) => unknown;

/** Replaces a method of one object; returns a function that restores it. */
function replaceMethod<T extends object, K extends keyof T>(target: T, name: K, make: (original: T[K]) => T[K]): () => void {
  const own = Object.getOwnPropertyDescriptor(target, name);
  const replacement = make(target[name]);
  Object.defineProperty(target, name, { value: replacement, configurable: true, writable: true });
  return () => {
    // Other code may have replaced it since.
    if (target[name] !== replacement) return;
    if (own) Object.defineProperty(target, name, own);
    else delete target[name];
  };
}

/**
 * Observes one app while there are listeners: code that runs with a context, connects, and broadcasts through adapters. Several listeners
 * may be active at once; each is notified about its own socket, and the broadcasts that it has caused. After the last one, everything is
 * restored.
 */
export class Taps {
  private readonly causes = new AsyncLocalStorage<Listener>();
  private readonly listeners = new Set<Listener>();
  private undo: (() => void)[] = [];
  private readonly io: Application;
  private readonly tapNewNamespace = (namespace: Namespace) => this.tapNamespace(namespace);

  constructor(private readonly app: EggApplication) {
    this.io = app.io;
  }

  /** Runs `task`, and attributes all broadcasts that it causes to the listener. */
  async listen<T>(listener: Listener, task: () => Promise<T>): Promise<T> {
    if (this.listeners.size === 0) this.open();
    this.listeners.add(listener);
    try {
      // The context of the test, or of another caller, is not that of the socket.
      return await this.causes.run(listener, () => this.app.ctxStorage.exit(task));
    } finally {
      this.listeners.delete(listener);
      if (this.listeners.size === 0) this.close();
    }
  }

  private open(): void {
    this.tapContexts();
    for (const namespace of this.io._nsps.values()) this.tapNamespace(namespace);
    this.io.on('new_namespace', this.tapNewNamespace);
  }

  private close(): void {
    this.io.off('new_namespace', this.tapNewNamespace);
    for (const undo of this.undo.splice(0).reverse()) undo();
  }

  private ownerOf(socket: Socket): Listener | undefined {
    for (const listener of this.listeners) {
      if (listener.owns(socket)) return listener;
    }
    return undefined;
  }

  /** The cause of a broadcast. If the app used a queue of its own, the cause may be lost; then the socket identifies it. */
  private causeOf(options: BroadcastOptions): Listener | undefined {
    const cause = this.causes.getStore();
    if (cause) return this.listeners.has(cause) ? cause : undefined;
    for (const listener of this.listeners) {
      if (listener.isAbout(options)) return listener;
    }
    return undefined;
  }

  private tapContexts(): void {
    const storage = this.app.ctxStorage as unknown as { run: Run };
    const ownerOf = (store: unknown): Listener | undefined => {
      const { socket } = (store ?? {}) as { socket?: Socket };
      return socket && 'conn' in socket ? this.ownerOf(socket) : undefined;
    };
    this.undo.push(replaceMethod(storage, 'run', original => function(this: unknown, store, callback, ...args) {
      const run = () => original.call(this, store, callback, ...args);
      const owner = ownerOf(store);
      return owner ? owner.onRun(store as SocketContext, run) : run();
    }));
  }

  private tapNamespace(namespace: Namespace): void {
    const onConnect = (socket: Socket) => this.ownerOf(socket)?.onSocket(socket);
    namespace.prependListener('connect', onConnect);
    this.undo.push(() => namespace.off('connect', onConnect));
    const ownerOf = (socket: Socket) => this.ownerOf(socket);
    this.undo.push(replaceMethod(namespace as unknown as Middleware, 'run', original => function(this: Middleware, socket, done) {
      if (ownerOf(socket)?.skipsMiddleware) done();
      else original.call(this, socket, done);
    }));
    for (const method of [ 'broadcast', 'broadcastWithAck' ] as const) this.tapBroadcasts(namespace, method);
  }

  private tapBroadcasts({ name, adapter }: Namespace, method: 'broadcast' | 'broadcastWithAck'): void {
    const target = adapter as unknown as Adapter;
    if (typeof target[method] !== 'function') return;
    const causeOf = (options: BroadcastOptions) => this.causeOf(options);
    this.undo.push(replaceMethod(target, method, original => function(
      this: Adapter, packet: { data: unknown[] }, options: BroadcastOptions, ...callbacks: unknown[]
    ) {
      // Some adapters add to it.
      const data = [ ...packet.data ];
      const result = (original as Adapter['broadcastWithAck']).call(this, packet, options, ...callbacks);
      causeOf(options)?.onBroadcast(name, data, options);
      return result;
    }));
  }
}

const TAPS = Symbol('Application#socketioTaps');

/** Returns the taps of an app, and creates them at the first call. */
export function tapsOf(app: EggApplication): Taps {
  const holder = app as { [TAPS]?: Taps };
  return holder[TAPS] ??= new Taps(app);
}
