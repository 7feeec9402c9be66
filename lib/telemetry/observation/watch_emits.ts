import type { Socket } from 'socket.io';
import type { AdapterFactory } from '../../types/application';
import type { EmitMessage } from '../../types/observation';
import type { Teller } from './signal';

interface Packet { readonly data: readonly unknown[] }
interface Options { readonly rooms: ReadonlySet<string>; readonly except?: ReadonlySet<string> }
interface Adapter {
  readonly nsp: { readonly name: string };
  broadcast(packet: Packet, options: Options): unknown;
  broadcastWithAck?(packet: Packet, options: Options, ...callbacks: unknown[]): unknown;
}

const NOBODY: readonly string[] = Object.freeze([]);

/**
 * Publishes emitted events. Sockets get an `emit()`, and adapters a `broadcast()`, of their own, which check for subscribers; other
 * servers in the process are left alone.
 */
export class EmitWatch {
  /** With connection state recovery, a socket's `emit()` is a broadcast to its own room. */
  private isInSocket = false;
  private readonly emit: Socket['emit'];

  constructor(private readonly signal: Teller<EmitMessage>) {
    const tell = (socket: Socket, data: readonly unknown[]) => this.tellSocket(socket, data);
    this.emit = function(this: Socket) {
      const own = Object.getPrototypeOf(this) as { emit(...data: unknown[]): boolean };
      // eslint-disable-next-line prefer-rest-params
      return signal.isHeard ? tell(this, [ ...arguments ]) : own.emit.apply(this, arguments as unknown as unknown[]);
    };
  }

  /** Watches a socket. An `emit()` that other code has put on it before is kept. */
  readonly watchSocket = (socket: Socket): void => {
    if (!Object.hasOwn(socket, 'emit')) socket.emit = this.emit;
  };

  /** Watches all adapters of a factory. */
  watchAdapters(factory: AdapterFactory): AdapterFactory {
    const Original = factory as new (namespace: unknown) => Adapter;
    const { watchAdapter } = this;
    return function(namespace: unknown) { return watchAdapter(new Original(namespace)); } as unknown as AdapterFactory;
  }

  private readonly watchAdapter = (adapter: Adapter): Adapter => {
    const { broadcast, broadcastWithAck } = adapter;
    const { signal, tellBroadcast } = this;
    adapter.broadcast = function(packet, options) {
      if (signal.isHeard) tellBroadcast(adapter.nsp.name, packet, options, false);
      return broadcast.call(adapter, packet, options);
    };
    if (broadcastWithAck) {
      adapter.broadcastWithAck = function(packet, options, ...callbacks) {
        if (signal.isHeard) tellBroadcast(adapter.nsp.name, packet, options, true);
        return broadcastWithAck.call(adapter, packet, options, ...callbacks);
      };
    }
    return adapter;
  };

  private readonly tellBroadcast = (nsp: string, { data }: Packet, { rooms, except }: Options, wantsAck: boolean): void => {
    if (this.isInSocket) return;
    const [ event, ...args ] = data;
    this.signal.tell({
      nsp, event: event as string, args, socket: undefined, rooms: [ ...rooms ], except: except ? [ ...except ] : NOBODY, wantsAck,
    });
  };

  private tellSocket(socket: Socket, data: readonly unknown[]): boolean {
    const own = Object.getPrototypeOf(socket) as { emit(...data: unknown[]): boolean };
    const wantsAck = typeof data.at(-1) === 'function';
    const [ event, ...args ] = wantsAck ? data.slice(0, -1) : data;
    this.isInSocket = true;
    try {
      own.emit.apply(socket, data as unknown[]);
    } finally {
      this.isInSocket = false;
    }
    this.signal.tell({ nsp: socket.nsp.name, event: event as string, args, socket, rooms: NOBODY, except: NOBODY, wantsAck });
    return true;
  }
}
