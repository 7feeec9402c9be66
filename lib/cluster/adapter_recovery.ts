// Connection state recovery. The offset that stands last in each event is `<tag of the sender>:<its number>`, the same
// on all workers. Each worker logs what goes to its clients, in its own order, also if nobody is there to get it.
//
// What a client has missed is known to the worker that it was connected to: all that stands behind its offset in that
// worker's log. So the session stays there, and the worker to which the client comes asks its siblings for it. The
// owner hands it out once, with the missed packets and with `seen`, its highest number of each sender. As the order of
// each sender is kept, `seen` tells the new worker exactly which packets of its own log the owner had not got yet
// (missed as well, they follow) and which of those still to come the client has had already (left out for this client).
// A client may leave again before it has got anything new, with an offset that only the old worker's log has: what it
// was sent when it came is remembered as its trail, to which the rest of the new worker's log is the continuation.
//
// A worker that closes leaves its sessions and its log to one sibling, the heir, which then owns them: the log is the
// trail of each. Rooms are matched as they were at the disconnect; private packets are logged by the owner alone.
import { type Kept, type Logged, mergeSeen, PacketLog, type Seen } from './adapter_log';
import { continuation, type Estate, type GivenSession, isFor, type KeptSession, missedBehind, type OwnSession, type Trail } from './adapter_trail';

interface Claim {
  readonly kept: KeptSession;
  /** The client's trail from now on. */
  readonly trail?: Trail;
  /** Up to which position of the log the client gets the packets with its session. */
  readonly upTo: number;
}

/** A session that is restored, with what its client has missed, oldest first. */
export interface Restored {
  readonly session: OwnSession;
  readonly missed: readonly Kept[];
}

/** Milliseconds. */
const SWEEP_INTERVAL = 60_000;

function strip({ offset, rooms, except, chunks }: Kept): Kept {
  return { offset, rooms, except, chunks };
}

/** The log and the sessions of one namespace of one worker. */
export class Recovery {
  private readonly log = new PacketLog();
  /** By `pid`. */
  private readonly sessions = new Map<string, KeptSession>();
  /** By socket id: of clients that are about to connect. */
  private readonly claims = new Map<string, Claim>();
  /** By socket id: of clients that are here, and have come from another worker. */
  private readonly trails = new Map<string, Trail>();
  /** By sender: who must not get its packets up to which number, because they have come to that client elsewhere. */
  private readonly had = new Map<string, { sid: string; upTo: number }[]>();
  private nextSweep = 0;

  /** @param duration - milliseconds for which a session can be restored */
  constructor(readonly duration: number) {}

  /** Whether there is a client that may come back. */
  get isAwaiting(): boolean {
    this.sweep(Date.now());
    return this.sessions.size > 0;
  }

  /**
   * Logs a packet.
   *
   * @return the ids of sockets that have had it already, on another worker
   */
  record(packet: Omit<Logged, 'at'>): readonly string[] {
    const at = Date.now();
    if (at >= this.nextSweep) this.sweep(at);
    // The sender may change its Buffer later on, and one that came over a link is a part of a larger one.
    const chunks = packet.chunks.map(chunk => (typeof chunk === 'string' ? chunk : Buffer.from(chunk)));
    this.log.add({ ...packet, chunks, at });
    const had = this.had.get(packet.origin);
    if (!had) return [];
    const rest = had.filter(({ upTo }) => upTo > packet.seq);
    if (rest.length > 0) this.had.set(packet.origin, rest);
    else this.had.delete(packet.origin);
    return had.filter(({ upTo }) => upTo >= packet.seq).map(({ sid }) => sid);
  }

  /** Keeps the session of a client that has lost its connection. */
  keep(session: OwnSession): void {
    this.sessions.set(session.pid, { session, disconnectedAt: Date.now(), trail: this.trails.get(session.sid) });
  }

  /** Restores a session for a client that is about to connect here; {@link connected} or {@link gone} must follow. */
  claim(pid: string, offset: string): Restored | undefined {
    const kept = this.find(pid);
    const missed = kept && missedBehind(offset, kept, this.log);
    if (!missed) return undefined;
    kept.claimed = true;
    const { session, trail } = kept;
    const upTo = this.log.end;
    if (trail) this.leaveOut(session.sid, trail.seen);
    this.claims.set(session.sid, {
      kept, upTo,
      trail: trail && { start: offset, packets: missed, seen: this.seenWith(trail), since: trail.since, joined: upTo },
    });
    return { session, missed };
  }

  /**
   * The client of a {@link claim} is connected.
   *
   * @return what has come for it meanwhile
   */
  connected(sid: string, rooms: ReadonlySet<string>): readonly Kept[] {
    const claim = this.claims.get(sid);
    if (!claim) return [];
    this.claims.delete(sid);
    this.sessions.delete(claim.kept.session.pid);
    if (claim.trail) this.trails.set(sid, claim.trail);
    return continuation(this.log, claim.upTo, claim.trail).filter(packet => isFor(packet, rooms));
  }

  /** Whether a client is about to connect with this id. */
  isClaimed(sid: string): boolean {
    return this.claims.has(sid);
  }

  /** A socket has left, or did not come after all: then its session can be restored once more. */
  gone(sid: string): void {
    const claim = this.claims.get(sid);
    if (claim) claim.kept.claimed = false;
    this.claims.delete(sid);
    this.trails.delete(sid);
  }

  /** Gives a session to the worker to which its client has come; {@link drop} must follow once it is sent. */
  give(pid: string, offset: string): GivenSession | undefined {
    const kept = this.find(pid);
    const packets = kept && missedBehind(offset, kept, this.log);
    if (!packets) return undefined;
    return { session: kept.session, disconnectedAt: kept.disconnectedAt, packets: packets.map(strip), seen: this.seenWith(kept.trail) };
  }

  /** Forgets a session that was given away. */
  drop(pid: string): void {
    this.sessions.delete(pid);
  }

  /** Takes a session that another worker has given, and restores it. */
  adopt({ session, disconnectedAt, packets, seen }: GivenSession, offset: string): Restored | undefined {
    const trail = { start: offset, packets, seen, since: disconnectedAt, joined: Infinity };
    this.sessions.set(session.pid, { session, disconnectedAt, trail });
    return this.claim(session.pid, offset);
  }

  /** What this worker leaves behind when it closes; `undefined` if nobody may come back. */
  bequeath(): Estate | undefined {
    this.sweep(Date.now());
    const kept = [ ...this.sessions.values() ].filter(({ claimed }) => !claimed);
    this.sessions.clear();
    if (kept.length === 0) return undefined;
    const wanted = new Set(kept.flatMap(({ session }) => session.rooms));
    const isWanted = ({ rooms }: Kept) => rooms.length === 0 || rooms.some(room => wanted.has(room));
    return {
      // A packet for nobody among them is a place in the log all the same, which an offset may name.
      packets: this.log.from(0, () => true).map(packet => ({ ...strip(packet), ...isWanted(packet) ? {} : { chunks: [] } })),
      seen: this.log.seen,
      sessions: kept.map(({ session, disconnectedAt, trail }) => ({
        session, disconnectedAt,
        trail: trail && {
          ...trail,
          packets: [ ...trail.packets, ...continuation(this.log, 0, trail) ].map(strip),
          seen: this.seenWith(trail),
        },
      })),
    };
  }

  /** Takes what a worker that closes has left behind. */
  inherit({ packets, seen, sessions }: Estate): void {
    for (const { session, disconnectedAt, trail = { packets, seen } } of sessions) {
      this.sessions.set(session.pid, { session, disconnectedAt, trail: { ...trail, since: disconnectedAt, joined: Infinity } });
    }
  }

  private find(pid: string): KeptSession | undefined {
    const kept = this.sessions.get(pid);
    return kept && !kept.claimed && kept.disconnectedAt + this.duration >= Date.now() ? kept : undefined;
  }

  private seenWith(trail: Trail | undefined): Seen {
    return mergeSeen(trail?.seen ?? {}, this.log.seen);
  }

  private leaveOut(sid: string, seen: Seen): void {
    for (const [ origin, upTo ] of Object.entries(seen)) {
      if (upTo <= (this.log.seen[origin] ?? -1)) continue;
      this.had.set(origin, [ ...this.had.get(origin) ?? [], { sid, upTo }]);
    }
  }

  private sweep(now: number): void {
    this.nextSweep = now + SWEEP_INTERVAL;
    const oldest = now - this.duration;
    this.log.forget(oldest);
    for (const [ pid, { disconnectedAt }] of this.sessions) {
      if (disconnectedAt < oldest) this.sessions.delete(pid);
    }
    // No packet of these can be asked for any more.
    for (const [ sid, { since }] of this.trails) {
      if (since < oldest - this.duration) this.trails.delete(sid);
    }
    for (const [ origin, had ] of this.had) {
      const here = had.filter(({ sid }) => this.trails.has(sid) || this.claims.has(sid));
      if (here.length > 0) this.had.set(origin, here);
      else this.had.delete(origin);
    }
  }
}
