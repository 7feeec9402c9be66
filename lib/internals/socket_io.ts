import type { Packet, PacketEncoder, Parser } from './packet';
import type { Client } from '../adapter/catch_up';

/** The parts of Socket.IO's socket that its adapters use and its types do not show. */
export interface Socket {
  readonly id: string;
  /** What its client shows to have its session recovered; `undefined` without recovery. */
  readonly pid?: string;
  readonly acks: Map<number, unknown>;
  readonly client: Client;
  readonly handshake: { readonly sessionStore?: unknown };
  readonly rooms: ReadonlySet<string>;
  readonly data: unknown;
  notifyOutgoingListeners?(packet: Packet): void;
}

/** The parts of Socket.IO's namespace that its adapters use; its types say `any`. */
export interface Namespace {
  readonly name: string;
  readonly sockets: Map<string, Socket>;
  readonly server: {
    readonly encoder: PacketEncoder;
    readonly _parser: Parser;
    readonly opts: { connectionStateRecovery?: { maxDisconnectionDuration: number; maxLogBytes?: number; maxDataBytes?: number } };
    /** Not there while the server is being made. */
    readonly engine?: { readonly opts: { readonly pingInterval: number; readonly pingTimeout: number } };
  };
}
