import type { Session } from 'socket.io-adapter';
import type { Kept, Logged, PacketLog, Seen } from './packet_log';

/** A client's session, as Socket.IO gives it to its adapter. */
export type OwnSession = Omit<Session, 'missedPackets'>;

/** How a client came to what one worker logs. */
export interface Entry {
  /** From which position of the log on it was connected to that worker; `Infinity` if it was not. */
  readonly joined: number;
  /**
   * Unless it has never been elsewhere: what it was sent there, and when it left. A sender that is not in `seen` had sent nothing
   * until then.
   */
  readonly before?: { readonly seen: Seen; readonly since: number };
}

/** A part of a client's way: what one worker had for it, in the order of that worker. */
export interface Stretch {
  /** Shared by all clients that came the same way. */
  readonly packets: readonly Logged[];
  /** The position of the first of them in the log from which they are. */
  readonly first: number;
  readonly entry: Entry;
}

/** Where a client was while it was sent something: other workers, and at last this one. */
export interface ClientPath {
  readonly earlier: readonly Stretch[];
  /** Into the log of this worker. */
  readonly entry: Entry;
  /** When its last connection was made. What is in `earlier` was sent to it not before that. */
  readonly connectedAt: number;
}

/** A session that waits for its client. */
export interface KeptSession extends ClientPath {
  readonly session: OwnSession;
  readonly disconnectedAt: number;
  /** About how many it takes, see {@link sessionBytes}. */
  readonly bytes: number;
  /** The client is about to connect. */
  claimed?: boolean;
  /** It was sent to the heir of this worker, which is closing. */
  left?: boolean;
}

/** Whether a socket that is in these rooms gets the packet. */
export function isFor({ rooms, except }: Kept, socketRooms: ReadonlySet<string>): boolean {
  if (rooms.length > 0 && !rooms.some(room => socketRooms.has(room))) return false;
  return !except.some(room => socketRooms.has(room));
}

/** Whether a packet of a stretch was, or would have been, new to the client that came this way. */
function isNew({ packets, first, entry: { joined, before } }: Stretch, index: number): boolean {
  const { origin, seq, at, shared } = packets[index];
  if (first + index < joined && !(shared && before)) return false;
  if (!before) return true;
  return origin in before.seen ? seq > before.seen[origin] : at >= before.since;
}

/** The packets of a stretch from an index on that are new to the client, and for a socket in its rooms. */
export function newOf(stretch: Stretch, from: number, rooms: ReadonlySet<string>): Logged[] {
  return stretch.packets.filter((packet, i) => i >= from && isNew(stretch, i) && isFor(packet, rooms));
}

/** The part of a way that this worker has logged itself. */
export function lastStretch(log: PacketLog, entry: Entry): Stretch {
  return { packets: log.packets, first: log.first, entry };
}

/** Where the packet with this offset is on a way: the number of the stretch, and its index there. */
function placeOf(offset: string, stretches: readonly Stretch[]): { stretch: number; index: number } | undefined {
  for (let stretch = stretches.length - 1; stretch >= 0; stretch--) {
    const { packets } = stretches[stretch];
    // Most clients are not away for long, so that theirs is among the newest.
    const index = packets.findLastIndex((packet, i) => packet.offset === offset && isNew(stretches[stretch], i));
    if (index >= 0) return { stretch, index };
  }
  return undefined;
}

/** Whether all is still there that this worker has, or had, for a client. */
function isWhole(log: PacketLog, { joined, before }: Entry, confirmed: number): boolean {
  if (log.lostAt < confirmed || (Number.isFinite(joined) && log.first <= joined)) return true;
  if (!before) return false;
  const { seen, since } = before;
  return Object.entries(log.lost).every(([ origin, seq ]) => (origin in seen ? seq <= seen[origin] : log.lostAt < since));
}

/**
 * What a client has missed.
 *
 * An offset that is nowhere on its way is from before it: of an earlier session, or of a packet so old that it is kept no
 * more. Then the client has got nothing since, or it would show a newer one; the same if it shows none at all.
 *
 * @param offset - of the last packet that the client has got, if it has told one
 * @param heartbeat - milliseconds within which a live connection has answered: what was sent earlier before its loss has arrived
 * @return `undefined` if a part of it is kept no more
 */
export function missedOn(
  { session, earlier, entry, connectedAt, disconnectedAt }: KeptSession, offset: string | undefined, log: PacketLog, heartbeat: number,
): readonly Logged[] | undefined {
  const confirmed = disconnectedAt - heartbeat;
  const stretches = [ ...earlier, lastStretch(log, entry) ];
  const place = offset === undefined ? undefined : placeOf(offset, stretches);
  const here = stretches.length - 1;
  if (place?.stretch !== here && !isWhole(log, entry, confirmed)) return undefined;
  const rooms = new Set(session.rooms);
  const after = stretches.slice(place?.stretch ?? 0)
    .flatMap((stretch, i) => newOf(stretch, i === 0 && place ? place.index + 1 : 0, rooms));
  const missed = connectedAt < confirmed ? after.filter(({ at }) => at >= confirmed) : after;
  return missed.every(({ chunks }) => chunks.length > 0) ? missed : undefined;
}
