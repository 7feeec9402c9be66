import type { Session } from 'socket.io-adapter';
import { type PacketList, placeOfPacket, placesOfPackets } from './packet_index';
import { isOffset, type Kept, type Logged, mergeSeen, type PacketLog, parseOffset, type Seen } from './packet_log';

/** A client's session, as Socket.IO passes it to its adapter. */
export type OwnSession = Omit<Session, 'missedPackets'> & {
  /** Why its client has left, if that is of interest; `undefined` if its worker was killed. */
  readonly reason?: string;
};

/** How a client got the packets that one worker logs. */
export interface Entry {
  /** The position of the log from which on it was connected to that worker; `Infinity` if it was not. */
  readonly joined: number;
  /** The position from which on that worker kept its session, without the client being connected. Default: it did not. */
  readonly kept?: number;
  /**
   * Unless it has always been here: what it was sent elsewhere, and when its session began. It has got nothing of a sender that is not in
   * `seen`; everything since then is new to it.
   */
  readonly before?: { readonly seen: Seen; readonly since: number };
}

/** The packets of which a worker knows that another one, which was killed, has sent them to its clients. */
export interface KnownPackets {
  /** The highest number for each sender. */
  readonly seen: Seen;
  /**
   * Whether newer packets can only be those of a single sender, because everything else was made known before it was sent. Otherwise, a
   * client with a newer packet was told something that is lost.
   */
  readonly isOrdered: boolean;
  /** The number of stretches of the client's path until then. */
  readonly stretches: number;
}

/** A part of a client's path: the packets that one worker had for it, which are shared by all clients with the same path. */
export interface Stretch extends PacketList { readonly entry: Entry }

/** The beginning of a session. */
export interface SessionStart {
  /** When its client first connected. */
  readonly at: number;
  /** The offset that the client showed then: of a packet of an earlier session. It shows it again until it has got another one. */
  readonly offset?: string;
}

/** The places of a client while packets were sent to it: other workers, and finally this one. */
export interface ClientPath {
  readonly earlier: readonly Stretch[];
  /** Into the log of this worker. */
  readonly entry: Entry;
  /** When its last connection was made. The packets in `earlier` were not sent to it before that. */
  readonly connectedAt: number;
  readonly start: SessionStart;
  /** Set if its worker was killed. */
  readonly known?: KnownPackets;
}

/** A session that waits for its client. */
export interface KeptSession extends ClientPath {
  readonly session: OwnSession;
  readonly disconnectedAt: number;
  /** Its approximate size, see {@link sessionBytes}. */
  readonly bytes: number;
  /** The client is about to connect. */
  claimed?: boolean;
  /** It was sent to the heir of this worker, which is closing; `confirmed`: the heir has it. */
  left?: 'sent' | 'confirmed';
}

/** Whether a socket in these rooms gets the packet. */
function isFor({ rooms, except }: Kept, socketRooms: ReadonlySet<string>): boolean {
  if (rooms.length > 0 && !rooms.some(room => socketRooms.has(room))) return false;
  return !except.some(room => socketRooms.has(room));
}

/** Whether a packet of a stretch was, or would have been, new to the client with this path. */
function isNew({ packets, first, entry: { joined, kept = Infinity, before } }: Stretch, index: number): boolean {
  const { origin, seq, at, shared } = packets[index];
  if (first + index < Math.min(joined, kept) && !(shared && before)) return false;
  if (!before) return true;
  return origin in before.seen ? seq > before.seen[origin] : at >= before.since;
}

/** The packets of a stretch from an index on that are new to the client, and for a socket in its rooms. */
export function newOf(stretch: Stretch, from: number, rooms: ReadonlySet<string>): Logged[] {
  const { packets } = stretch;
  return placesOfPackets(stretch, from, rooms).filter(i => isNew(stretch, i) && isFor(packets[i], rooms)).map(i => packets[i]);
}

/** The part of a path that this worker has logged itself. */
export function lastStretch(log: PacketLog, entry: Entry): Stretch {
  return { packets: log.packets, first: log.first, entry };
}

/** The place of the packet with this offset on a path: the number of the stretch, and its index there. */
function placeOf(offset: string, stretches: readonly Stretch[]): { stretch: number; index: number } | undefined {
  for (let stretch = stretches.length - 1; stretch >= 0; stretch--) {
    const index = placeOfPacket(stretches[stretch], offset);
    if (index >= 0 && isNew(stretches[stretch], index)) return { stretch, index };
  }
  return undefined;
}

/** Whether everything that this worker has, or had, for a client still exists. */
function isWhole(log: PacketLog, { joined, before }: Entry, confirmed: number): boolean {
  if (log.lostAt < confirmed || (Number.isFinite(joined) && log.first <= joined)) return true;
  if (!before) return false;
  const { seen, since } = before;
  return Object.entries(log.lost).every(([ origin, seq ]) => (origin in seen ? seq <= seen[origin] : log.lostAt < since));
}

/** The sender and the number of a client's last packet, if the killed worker had not made known that it had sent it. */
function newerThan({ seen, isOrdered }: KnownPackets, offset: string | undefined): Pick<Logged, 'origin' | 'seq'> | undefined {
  if (offset === undefined || !isOffset(offset)) return undefined;
  const packet = parseOffset(offset);
  const { origin, seq } = packet;
  // Without an order, another sender than these may be new; with it, it is one of an earlier session.
  return (Object.hasOwn(seen, origin) ? seq > seen[origin] : !isOrdered) ? packet : undefined;
}

/** A part of a client's path after it has got a packet elsewhere. */
function withSeen({ before, ...entry }: Entry, { origin, seq }: Pick<Logged, 'origin' | 'seq'>): Entry {
  return { ...entry, before: { ...before!, seen: mergeSeen(before!.seen, { [origin]: seq }) } };
}

/**
 * Returns a session with what its client shows to have got, if that is more than was known when its worker was killed.
 *
 * @param offset - of the last packet that the client has got, if it has sent one
 * @return `undefined` if the client was told something that is lost
 */
export function withOffset(kept: KeptSession, offset: string | undefined): KeptSession | undefined {
  const { known, earlier, entry, start } = kept;
  if (!known || offset === start.offset) return kept;
  const newer = newerThan(known, offset);
  if (!newer) return kept;
  if (!known.isOrdered) return undefined;
  // It has everything that is known, and of one sender more.
  const since = earlier.slice(known.stretches).map(stretch => ({ ...stretch, entry: withSeen(stretch.entry, newer) }));
  return { ...kept, earlier: since, entry: withSeen(entry, newer), known: undefined };
}

/**
 * Returns the packets that a client has missed.
 *
 * An offset that is nowhere on its path is older: from an earlier session, or of a packet that is no longer kept. Then the client has got
 * nothing since, or it would send a newer one; the same holds if it sends none.
 *
 * @param offset - of the last packet that the client has got, if it has sent one
 * @param heartbeat - milliseconds within which a live connection has answered: packets sent earlier before its loss have arrived
 * @return `undefined` if a part of it is no longer kept
 */
export function missedOn(
  { session, earlier, entry, connectedAt, disconnectedAt, start }: KeptSession,
  offset: string | undefined, log: PacketLog, heartbeat: number,
): readonly Logged[] | undefined {
  const confirmed = disconnectedAt - heartbeat;
  const stretches = [ ...earlier, lastStretch(log, entry) ];
  const place = offset === undefined ? undefined : placeOf(offset, stretches);
  // It had this packet before this session began, and the packet has come here afterwards: nobody knows whether it got it again.
  if (place && offset === start.offset) return undefined;
  const here = stretches.length - 1;
  if (place?.stretch !== here && !isWhole(log, entry, confirmed)) return undefined;
  const rooms = new Set(session.rooms);
  const after = stretches.slice(place?.stretch ?? 0)
    .flatMap((stretch, i) => newOf(stretch, i === 0 && place ? place.index + 1 : 0, rooms));
  const missed = connectedAt < confirmed ? after.filter(({ at }) => at >= confirmed) : after;
  return missed.every(({ chunks }) => chunks.length > 0) ? missed : undefined;
}
