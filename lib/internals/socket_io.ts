import type { Packet, PacketEncoder, Parser } from './packet';

/** The options with which Socket.IO's client writes to its connection. */
export interface WriteOptions {
  volatile?: boolean;
  wsPreEncodedFrame?: readonly Buffer[];
}

/** The parts of Engine.IO's session that are used here. */
interface Connection {
  readonly readyState: string;
  readonly transport: object;
  write(chunk: unknown, options: object, callback?: () => void): unknown;
  once(event: 'close', listener: () => void): unknown;
  close(discard?: boolean): void;
}

/** Socket.IO's client: all sockets of one connection write to it. */
export interface Client {
  readonly conn: Connection;
  writeToEngine(chunks: unknown, options: WriteOptions): void;
  close(): void;
}

/** The facts about a socket that is about to leave; only if the app wants to know when its session ends. */
export interface Leaving {
  readonly reason: string;
  readonly rooms: ReadonlySet<string>;
  /** Set by an adapter that keeps the session for its client. */
  isKept?: boolean;
}

/** Where a socket has the state of its connection handlers. */
export const CONNECTION = Symbol('Socket#connection');

/** The parts of Socket.IO's socket that its adapters use and that are not in its types. */
export interface Socket {
  /** Unset in a namespace without controllers. */
  readonly [CONNECTION]?: { readonly leaving?: Leaving; whenOpen(task: () => void): void };
  readonly id: string;
  /** The values with which its client asks for recovery; `undefined` without recovery. */
  readonly pid?: string;
  readonly acks: Map<number, unknown>;
  readonly client: Client;
  readonly handshake: { readonly auth: object; readonly sessionStore?: unknown };
  readonly rooms: ReadonlySet<string>;
  readonly data: unknown;
  notifyOutgoingListeners?(packet: Packet): void;
}

/** The parts of Socket.IO's namespace that its adapters use; its types say `any`. */
export interface Namespace {
  readonly name: string;
  readonly sockets: Map<string, Socket>;
  /** Calls the listeners of an event from another server. */
  _onServerSideEmit(packet: unknown[]): void;
  readonly server: {
    readonly encoder: PacketEncoder;
    readonly _parser: Parser;
    readonly opts: { connectionStateRecovery?: { maxDisconnectionDuration: number; maxLogBytes?: number; maxDataBytes?: number } };
    /** Missing while the server is being created. */
    readonly engine?: { readonly opts: { readonly pingInterval: number; readonly pingTimeout: number } };
  };
}
