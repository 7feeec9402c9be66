import { type BroadcastFlags, type BroadcastOptions, type ClusterMessage, type ClusterResponse, MessageType } from 'socket.io-adapter';
import type { Chunk } from '../internals/packet';
import type { Held, Seen } from './packet_log';
import type { OwnSession } from './client_path';
import type { HandoverPart } from './recovery_handover';
import type { Row } from './recovery_rows';

interface Envelope {
  /** The tag of the sender. */
  uid: string;
  nsp: string;
}

/** Whom a message is for, as it travels. */
export interface WireOptions {
  rooms: string[];
  except: string[];
  flags: BroadcastFlags;
}

/** An event for clients, encoded by its sender. */
export type BroadcastMessage = Envelope & {
  type: MessageType.BROADCAST;
  data: {
    opts: WireOptions;
    packet: readonly Chunk[];
    /** Set when the clients are asked for an ack. */
    requestId?: string;
    /** The sender's number for it; set when it is kept for clients that come back. */
    seq?: number;
  };
};

/** What the workers tell and ask each other: the messages of socket.io-adapter, and our own. */
export type Message = BroadcastMessage
| (Envelope & Exclude<ClusterMessage, { type: MessageType.BROADCAST }>)
/** The sender closes its server: it answers nothing any more, and need not be asked. */
| (Envelope & { type: 'leave' })
/** The sender has sockets in rooms that look like the own room of another socket. */
| (Envelope & { type: 'guests'; data: { rooms: string[] } })
/** Who has the session of this client? `for` is set by a worker that passes the question on to its heir. */
| (Envelope & { type: 'find-session'; data: { requestId: string; pid: string; offset?: string; held: Held; for?: string } })
/** The sender closes its server, and leaves the sessions of its clients to the receiver: what need not be sent? */
| (Envelope & { type: 'heir'; data: { requestId: string } })
/** A part of what it leaves. */
| (Envelope & { type: 'bequeath'; data: { requestId: string; part: HandoverPart } });

/** A session on its way to the worker to which its client has come. */
export interface FoundSession {
  readonly session: Omit<OwnSession, 'data'>;
  readonly data: Buffer;
  readonly disconnectedAt: number;
  /** What the client has missed. */
  readonly rows: readonly Row[];
  readonly seen: Seen;
}

/** What they answer. */
export type Answer = Exclude<ClusterResponse, { type: MessageType.FETCH_SOCKETS_RESPONSE }>
/** A part of the sockets of a worker, each encoded by itself; the last one says so. */
| (Envelope & { type: MessageType.FETCH_SOCKETS_RESPONSE; data: { requestId: string; sockets: readonly Buffer[]; isLast: boolean } })
| (Envelope & { type: 'session'; data: { requestId: string; found?: FoundSession } })
| (Envelope & { type: 'held'; data: { requestId: string; held: Held } })
| (Envelope & { type: 'inherited'; data: { requestId: string } })
/** The worker has nothing to do with it, because the namespace does not exist there. */
| (Envelope & { type: 'nothing'; data: { requestId: string } })
| (Envelope & { type: 'failed'; data: { requestId: string; reason: string } });

const ANSWERS: ReadonlySet<unknown> = new Set([
  MessageType.FETCH_SOCKETS_RESPONSE, MessageType.SERVER_SIDE_EMIT_RESPONSE, MessageType.BROADCAST_CLIENT_COUNT,
  MessageType.BROADCAST_ACK, 'session', 'held', 'inherited', 'nothing', 'failed',
]);

/** Whether it is an answer; all else is a message. */
export function isAnswer(message: Message | Answer): message is Answer {
  return ANSWERS.has(message.type);
}

/** Whether something that was received has the parts that all messages and answers have. */
export function isMessage(received: unknown): boolean {
  const { uid, nsp, type, data } = (received ?? {}) as Partial<Record<'uid' | 'nsp' | 'type' | 'data', unknown>>;
  return typeof uid === 'string' && typeof nsp === 'string' && (typeof type === 'number' || typeof type === 'string')
    && (data === undefined || typeof data === 'object' && data !== null);
}

/** Distributes over a union, which Omit does not. */
export type WithoutSender<T> = T extends unknown ? Omit<T, 'uid' | 'nsp'> : never;

export function toWire({ rooms, except, flags }: BroadcastOptions): WireOptions {
  return { rooms: [ ...rooms ], except: [ ...except ?? [] ], flags: flags ?? {} };
}

export function fromWire({ rooms, except, flags }: WireOptions): BroadcastOptions & { except: Set<string>; flags: BroadcastFlags } {
  return { rooms: new Set(rooms), except: new Set(except), flags };
}

/** A broadcast without the names of its parts, which would be most of it. What is not set at the end is not there. */
type ShortBroadcast = [
  uid: string, nsp: string, chunks: readonly Chunk[], rooms: string[], except: string[], flags: BroadcastFlags,
  seq?: number, requestId?: string,
];

/** What travels in place of a message. */
export function shorten(message: Message): Message | ShortBroadcast {
  if (message.type !== MessageType.BROADCAST) return message;
  const { uid, nsp, data: { packet, opts: { rooms, except, flags }, seq, requestId } } = message;
  const short: ShortBroadcast = [ uid, nsp, packet, rooms, except, flags ];
  if (seq !== undefined || requestId !== undefined) short.push(seq);
  if (requestId !== undefined) short.push(requestId);
  return short;
}

/** The message that {@link shorten} was given; others are left as they are. */
export function lengthen(received: unknown): Message | Answer {
  if (!Array.isArray(received)) return received as Message | Answer;
  const [ uid, nsp, packet, rooms, except, flags, seq, requestId ] = received as ShortBroadcast;
  return {
    uid, nsp, type: MessageType.BROADCAST, data: { opts: { rooms, except, flags }, packet, seq, requestId },
  };
}
