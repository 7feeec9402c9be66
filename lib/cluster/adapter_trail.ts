import type { Session } from 'socket.io-adapter';
import type { Kept, Logged, PacketLog, Seen } from './adapter_log';

/** A client's session, as Socket.IO gives it to its adapter. */
export type OwnSession = Omit<Session, 'missedPackets'>;

/** What a client was sent, or should have been, before it came to this worker. */
export interface Trail {
  /** The offset before the first of `packets`; unknown if they are the whole log of a closed worker. */
  readonly start?: string;
  readonly packets: readonly Kept[];
  /** What the trail covers: packets of this worker's log up to these numbers do not continue it. */
  readonly seen: Seen;
  /** When the client lost the connection: a sender that is not in `seen` had sent nothing until then. */
  readonly since: number;
  /** From which position of this worker's log on the client was connected to this worker. */
  readonly joined: number;
}

/** A session that waits for its client. */
export interface KeptSession {
  readonly session: OwnSession;
  readonly disconnectedAt: number;
  /** Unless the client has been connected to this worker all the time. */
  readonly trail?: Trail;
  /** The client is about to connect. */
  claimed?: boolean;
}

/** A session on its way to another worker. */
export interface GivenSession {
  readonly session: OwnSession;
  readonly disconnectedAt: number;
  readonly packets: readonly Kept[];
  readonly seen: Seen;
}

/** What a worker that closes leaves behind. */
export interface Estate {
  readonly packets: readonly Kept[];
  readonly seen: Seen;
  /** A session with a trail of its own has come from yet another worker. */
  readonly sessions: readonly Pick<KeptSession, 'session' | 'disconnectedAt' | 'trail'>[];
}

/** Whether a socket that is in these rooms gets the packet. */
export function isFor({ rooms, except }: Kept, socketRooms: ReadonlySet<string>): boolean {
  if (rooms.length > 0 && !rooms.some(room => socketRooms.has(room))) return false;
  return !except.some(room => socketRooms.has(room));
}

/** The packets of the log from a position on, without those that a trail covers or that were never meant for its client. */
export function continuation(log: PacketLog, position: number, trail: Trail | undefined): readonly Logged[] {
  return log.from(position, ({ origin, seq, at, shared }, i) => {
    if (!trail) return true;
    if (!shared && i < trail.joined) return false;
    return origin in trail.seen ? seq > trail.seen[origin] : at >= trail.since;
  });
}

/** What a client has missed, given the last offset that it has got; `undefined` if nobody knows that (any more). */
export function missedBehind(offset: string, { session, trail }: KeptSession, log: PacketLog): readonly Kept[] | undefined {
  const rooms = new Set(session.rooms);
  const select = (packets: readonly Kept[]) => packets.filter(packet => isFor(packet, rooms));
  if (trail) {
    const index = trail.packets.findLastIndex(packet => packet.offset === offset);
    if (index >= 0 || offset === trail.start) return select([ ...trail.packets.slice(index + 1), ...continuation(log, 0, trail) ]);
  }
  const position = log.find(offset);
  return position < 0 ? undefined : select(continuation(log, position + 1, trail));
}
