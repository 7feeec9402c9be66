import type { Chunk, Packet, PacketEncoder, Parser } from './adapter_packet';

/** The parts of Socket.IO's socket that its adapters use and its types do not show. */
export interface Socket {
  readonly id: string;
  readonly acks: Map<number, unknown>;
  readonly client: { writeToEngine(chunks: readonly Chunk[], options: object): void };
  notifyOutgoingListeners?(packet: Packet): void;
}

/** The parts of Socket.IO's namespace that its adapters use; its types say `any`. */
export interface Namespace {
  readonly name: string;
  readonly sockets: Map<string, Socket>;
  readonly server: {
    readonly encoder: PacketEncoder;
    readonly _parser: Parser;
    readonly opts: { connectionStateRecovery?: { maxDisconnectionDuration: number } };
  };
}
