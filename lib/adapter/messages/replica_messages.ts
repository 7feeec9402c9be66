import type { Held, Seen } from '../recovery/packet_log';
import type { Entry, KnownPackets, OwnSession, SessionStart } from '../recovery/client_path';
import type { Row } from '../recovery/rows';

/**
 * The version of these messages: increase it with each change that a worker with other code would misunderstand. During a rolling deploy,
 * workers of two versions are siblings.
 */
export const REPLICA_VERSION = 2;

/** Packets that are in the logs of all workers, in the order of the owner's log. */
type SharedEntries = readonly [origin: string, at: number, ...seqs: number[]];

/** Entries of a log: those that all workers have by their numbers, and others whole. */
export type LogEntries = readonly (SharedEntries | readonly [Row])[];

/** A stretch of the path of a client that was with other workers before; the numbers are those of rows, of this or earlier parts. */
export interface ReplicaStretch {
  readonly first: number;
  readonly rows: readonly number[];
}

/** The whole state of a session. */
export interface ReplicaSession {
  readonly session: Omit<OwnSession, 'data'>;
  readonly data: Buffer;
  readonly connectedAt: number;
  readonly start: SessionStart;
  /** Unset while the client is connected. */
  readonly disconnectedAt?: number;
  readonly earlier: readonly { readonly stretch: number; readonly entry: Entry }[];
  readonly entry: Entry;
  readonly known?: KnownPackets;
}

/** Changes of one namespace since the part before. Everything in it is optional, but for the name. */
export interface ReplicaPart {
  readonly nsp: string;
  /**
   * With the first part: the position of the first entry, what the owner had got before, and when the newest of the dropped entries had
   * arrived.
   */
  readonly start?: { readonly first: number; readonly seen: Seen; readonly lostAt: number };
  readonly log?: LogEntries;
  readonly rows?: readonly Row[];
  readonly stretches?: readonly ReplicaStretch[];
  /** Sessions by `pid`; `null` for one that is gone. */
  readonly sessions?: readonly (readonly [pid: string, session: ReplicaSession | null])[];
  /** More sessions follow, which may refer to the rows and stretches until here. */
  readonly isMore?: true;
  /** Rooms that connected clients have joined or left, in this order. */
  readonly rooms?: readonly (readonly [pid: string, room: string, isJoined: boolean])[];
  /** The changed data of connected clients, encoded. */
  readonly data?: readonly (readonly [pid: string, data: Buffer])[];
  /** The namespace is closed, and has no session any more. */
  readonly isClosed?: true;
}

/** Asks a worker to keep the replicas of the sender. */
export interface ReplicaRequest {
  readonly requestId: string;
  readonly version: number;
  /** Distinguishes the replicas of one owner. */
  readonly epoch: number;
  /** Whether the sender writes to its clients after it has written what they are told to the receiver. */
  readonly isOrdered: boolean;
}

/** Changes for a replica. */
export interface ReplicaUpdate {
  readonly epoch: number;
  readonly parts: readonly ReplicaPart[];
  /** From here on, the replica is complete. */
  readonly isLive?: boolean;
}

/** The packets that a worker with replicas has itself, by namespace. */
export type HeldByNamespace = Readonly<Record<string, Held>>;

/** A part without the names of its keys, which would be most of it. Unset values at the end are left out. */
type ShortPart = [
  nsp: string, log?: ReplicaPart['log'], rooms?: ReplicaPart['rooms'], data?: ReplicaPart['data'], sessions?: ReplicaPart['sessions'], rows?: ReplicaPart['rows'],
  stretches?: ReplicaPart['stretches'], isMore?: true, start?: ReplicaPart['start'], isClosed?: true,
];

/** Changes in a short form. */
export type ShortUpdate = [uid: string, epoch: number, isLive: boolean, ...parts: ShortPart[]];

/** The short form of changes. */
export function shortenUpdate(uid: string, { epoch, parts, isLive }: ReplicaUpdate): ShortUpdate {
  const short = parts.map(({ nsp, log, rooms, data, sessions, rows, stretches, isMore, start, isClosed }) => {
    const part: ShortPart = [ nsp, log, rooms, data, sessions, rows, stretches, isMore, start, isClosed ];
    while (part.at(-1) === undefined) part.pop();
    return part;
  });
  return [ uid, epoch, isLive === true, ...short ];
}

/** Restores the changes for {@link shortenUpdate}. */
export function lengthenUpdate([ , epoch, isLive, ...parts ]: ShortUpdate): ReplicaUpdate {
  return {
    epoch, isLive: isLive || undefined,
    // Unset values in the middle have come as null.
    parts: parts.map(([ nsp, log, rooms, data, sessions, rows, stretches, isMore, start, isClosed ]) => ({
      nsp, log: log ?? undefined, rooms: rooms ?? undefined, data: data ?? undefined, sessions: sessions ?? undefined,
      rows: rows ?? undefined,
      stretches: stretches ?? undefined, isMore: isMore ?? undefined, start: start ?? undefined, isClosed,
    })),
  };
}
