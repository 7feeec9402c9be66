import { type BroadcastFlags, type BroadcastOptions, type ClusterMessage, type ClusterResponse, MessageType } from 'socket.io-adapter';
import type { Asked, Chunk } from '../../internals/packet';
import type { Held, Seen } from '../recovery/packet_log';
import type { OwnSession, SessionStart } from '../recovery/client_path';
import type { HandoverPart } from '../recovery/handover';
import type { Row } from '../recovery/rows';
import { type HeldByNamespace, lengthenUpdate, type ReplicaRequest, type ReplicaUpdate, shortenUpdate, type ShortUpdate } from './replica_messages';

interface Envelope {
  /** The tag of the sender. */
  uid: string;
  nsp: string;
}

/** The recipients of a message, as they are sent. */
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
    /** The sender's number for it; set if it is kept for reconnecting clients. */
    seq?: number;
    /** Whether each ack has to name its socket. */
    isNamed?: true;
  };
};

/** The messages and requests between workers: those of socket.io-adapter, and our own. */
export type Message = BroadcastMessage
| (Envelope & Exclude<ClusterMessage, { type: MessageType.BROADCAST }>)
/** The sender begins to stop: it still answers, but must not get anything to keep. */
| (Envelope & { type: 'closing' })
/** The sender closes its server: it answers no more requests. `saved` is set if it has left a file for the next start. */
| (Envelope & { type: 'leave'; data?: { saved: boolean } })
/** A worker that restores sessions from files wants the packets that the receiver has logged since then. */
| (Envelope & { type: 'log'; data: { requestId: string; since: number } })
/** The sender has sockets in rooms that look like another socket's own room. */
| (Envelope & { type: 'guests'; data: { rooms: string[] } })
/** Which worker has the session of this client? One that has handed it over to its heir does not answer, but leaves soon. */
| (Envelope & { type: 'find-session'; data: { requestId: string; pid: string; offset?: string; at: number; held: Held } })
/** The sender closes its server, and hands the sessions of its clients over to the receiver: what need not be sent? */
| (Envelope & { type: 'heir'; data: { requestId: string } })
/** A part of the hand-over; without one, it is complete. */
| (Envelope & { type: 'bequeath'; data: { requestId: string; part?: HandoverPart } })
/** Everything that the sender sends after this also reaches the workers with these tags. */
| (Envelope & { type: 'joined'; data: { tags: readonly string[] } })
/** The sender asks the receiver to keep replicas of its sessions. */
| (Envelope & { type: 'replica-begin'; data: ReplicaRequest })
/** Changes of these sessions. */
| (Envelope & { type: 'replica'; data: ReplicaUpdate })
/** They are no longer needed. */
| (Envelope & { type: 'replica-end'; data: { epoch: number } })
/** A worker is gone, of which the sender has got no more than these numbers, by namespace: who has the rest? */
| (Envelope & { type: 'last-of'; data: { readonly origin: string; readonly seen: Seen } })
/** A packet of that worker which has not reached the receiver. */
| (Envelope & { type: 'rest-of'; data: { readonly origin: string; readonly row: Row } })
/** A client has come back to the sender: other copies of its session are out of date. */
| (Envelope & { type: 'forget-session'; data: { pid: string } });

/** A session on its way to the worker that its client has reached. */
export interface FoundSession {
  readonly session: Omit<OwnSession, 'data'>;
  readonly data: Buffer;
  readonly disconnectedAt: number;
  /** The packets that the client has missed. */
  readonly rows: readonly Row[];
  readonly seen: Seen;
  readonly start: SessionStart;
}

/** The responses. */
export type Answer = Exclude<ClusterResponse, { type: MessageType.FETCH_SOCKETS_RESPONSE | MessageType.BROADCAST_CLIENT_COUNT }>
/** The clients that a worker has asked for an ack. */
| (Envelope & { type: MessageType.BROADCAST_CLIENT_COUNT; data: { requestId: string; clientCount: Asked } })
/** A part of a worker's sockets, each encoded separately; the last one says so. */
| (Envelope & { type: MessageType.FETCH_SOCKETS_RESPONSE; data: { requestId: string; sockets: readonly Buffer[]; isLast: boolean } })
/** `again` if another worker may have it by now. */
| (Envelope & { type: 'session'; data: { requestId: string; found?: FoundSession; again?: true } })
| (Envelope & { type: 'logged'; data: { requestId: string; logs: readonly [nsp: string, rows: readonly Row[]][] } })
| (Envelope & { type: 'held'; data: { requestId: string; held: Held } })
| (Envelope & { type: 'inherited'; data: { requestId: string } })
/** The worker keeps the replicas; what need not be sent? */
| (Envelope & { type: 'replica-accepted'; data: { requestId: string; held: HeldByNamespace } })
/** The worker has nothing to answer, because the namespace does not exist there. */
| (Envelope & { type: 'nothing'; data: { requestId: string } })
| (Envelope & { type: 'failed'; data: { requestId: string; reason: string } });

const ANSWERS: ReadonlySet<unknown> = new Set([
  MessageType.FETCH_SOCKETS_RESPONSE, MessageType.SERVER_SIDE_EMIT_RESPONSE, MessageType.BROADCAST_CLIENT_COUNT,
  MessageType.BROADCAST_ACK, 'session', 'logged', 'held', 'inherited', 'replica-accepted', 'nothing', 'failed',
]);

/** Whether it is a response; everything else is a message. */
export function isAnswer(message: Message | Answer): message is Answer {
  return ANSWERS.has(message.type);
}

/** Whether a received value has the parts that all messages and responses have. */
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

/** A broadcast without the names of its parts, which would be most of it. Unset parts at the end are left out. */
type ShortBroadcast = [
  uid: string, nsp: string, chunks: readonly Chunk[], rooms: string[], except: string[], flags: BroadcastFlags,
  seq?: number, requestId?: string, isNamed?: true,
];

/** The short form of a message. */
export function shorten(message: Message): Message | ShortBroadcast | ShortUpdate {
  if (message.type === 'replica') return shortenUpdate(message.uid, message.data);
  if (message.type !== MessageType.BROADCAST) return message;
  const { uid, nsp, data: { packet, opts: { rooms, except, flags }, seq, requestId, isNamed } } = message;
  const short: ShortBroadcast = [ uid, nsp, packet, rooms, except, flags ];
  if (seq !== undefined || requestId !== undefined) short.push(seq);
  if (requestId !== undefined) short.push(requestId);
  if (isNamed) short.push(isNamed);
  return short;
}

/** Restores the message for {@link shorten}; others are returned unchanged. */
export function lengthen(received: unknown): Message | Answer {
  if (!Array.isArray(received)) return received as Message | Answer;
  if (typeof received[1] === 'number') return { uid: received[0] as string, nsp: '/', type: 'replica', data: lengthenUpdate(received as ShortUpdate) };
  const [ uid, nsp, packet, rooms, except, flags, seq, requestId, isNamed ] = received as ShortBroadcast;
  return {
    uid, nsp, type: MessageType.BROADCAST, data: { opts: { rooms, except, flags }, packet, seq, requestId, isNamed },
  };
}
