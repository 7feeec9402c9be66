// Connection state recovery. The offset that stands last in each event is `<tag of the sender>:<its number>`, the same
// on all workers. Each worker logs what goes to its clients, in its own order, also if nobody is there to get it.
//
// What a client has missed is known to the worker that it was connected to: all that stands behind its offset in that
// worker's log. So the session stays there, and the worker to which the client comes asks its siblings for it. The
// owner hands it out once, with the missed packets and with `seen`, its highest number of each sender. As the order of
// each sender is kept, `seen` tells the new worker exactly which packets of its own log the owner had not got yet
// (missed as well, they follow) and which of those still to come the client has had already (left out for this client).
// A client may leave again before it has got anything new, with an offset that only the old worker's log has: so a
// session has a way, of which the new worker's log is the last stretch.
//
// A worker that closes leaves its sessions to one sibling, the heir, and its log, which is a stretch of the way of each.
// Rooms are matched as they were at the disconnect; private packets are logged by the owner alone.
import { type Logged, mergeSeen, PacketLog, type Seen } from './packet_log';
import { type Entry, type KeptSession, lastStretch, missedOn, newOf, type OwnSession, type ClientPath } from './client_path';
import { KeptSessions, sessionBytes } from './kept_sessions';
import { InheritedPackets } from './inherited_packets';
import type { Budget } from './recovery_budget';

/** How long what is kept, the same in all namespaces. */
export interface Lifetimes {
  /** Milliseconds for which a session can be restored. */
  readonly duration: number;
  /** Milliseconds within which a live connection has answered a ping. */
  readonly heartbeat: () => number;
}

/** A session on its way to the worker to which its client has come. */
export interface GivenSession {
  readonly session: OwnSession;
  readonly disconnectedAt: number;
  readonly packets: readonly Logged[];
  readonly seen: Seen;
}

interface Claim {
  readonly kept: KeptSession;
  /** What the client has missed until it was claimed, and the way into the log from there. */
  readonly missed: readonly Logged[];
  readonly entry: Entry;
}

interface LiveWay extends ClientPath { readonly pid: string }

/** The log and the sessions of one namespace of one worker. */
export class Recovery {
  readonly log: PacketLog;
  /** Packets that only a worker that has closed had. */
  readonly heirlooms: InheritedPackets;
  /** By `pid`. */
  readonly sessions: KeptSessions;
  /** By socket id: of clients that are about to connect. */
  private readonly claims = new Map<string, Claim>();
  /** By socket id: of clients that are connected. */
  private readonly ways = new Map<string, LiveWay>();
  /** By `pid`: the socket ids of clients that are connected. */
  private readonly holders = new Map<string, string>();
  /** By sender: who must not get its packets up to which number, because they have come to that client elsewhere. */
  private readonly had = new Map<string, { sid: string; upTo: number }[]>();

  constructor(private readonly lifetimes: Lifetimes, budget: Budget) {
    this.log = new PacketLog(budget);
    this.heirlooms = new InheritedPackets(budget);
    this.sessions = new KeptSessions(budget);
  }

  /** Whether there is a client that may come back. */
  get isAwaiting(): boolean {
    this.sweep();
    return this.sessions.size > 0;
  }

  /**
   * Logs a packet.
   *
   * @return the ids of sockets that have had it already, on another worker
   */
  record(packet: Omit<Logged, 'at'>): readonly string[] {
    // The sender may change its Buffer later on, and one that came over a link is a part of a larger one.
    const chunks = packet.chunks.map(chunk => (typeof chunk === 'string' ? chunk : Buffer.from(chunk)));
    this.log.add({ ...packet, chunks, at: Date.now() });
    const had = this.had.get(packet.origin);
    if (!had) return [];
    const rest = had.filter(({ upTo }) => upTo > packet.seq);
    if (rest.length > 0) this.had.set(packet.origin, rest);
    else this.had.delete(packet.origin);
    return had.filter(({ upTo }) => upTo >= packet.seq).map(({ sid }) => sid);
  }

  /** The id of the socket that has this session, if its client is still thought to be connected. */
  holderOf(pid: string): string | undefined {
    return this.holders.get(pid);
  }

  /**
   * Keeps the session of a client that has lost its connection.
   *
   * @param dataBytes - about how many bytes its data has
   */
  keep(session: OwnSession, dataBytes: number): void {
    const way = this.ways.get(session.sid);
    if (!way) return;
    const { earlier, entry, connectedAt } = way;
    const bytes = sessionBytes(session, dataBytes);
    this.sessions.set(session.pid, { session, disconnectedAt: Date.now(), bytes, earlier, entry, connectedAt });
  }

  /** Restores a session for a client that is about to connect here; {@link connected} or {@link gone} must follow. */
  claim(pid: string, offset: string | undefined): OwnSession | undefined {
    const kept = this.find(pid);
    const missed = kept && this.missed(kept, offset);
    if (!missed) return undefined;
    kept.claimed = true;
    const { session, entry: { before } } = kept;
    if (before) this.leaveOut(session.sid, before.seen);
    const entry = { joined: this.log.end, before: before && { ...before, seen: this.seenOn(kept) } };
    this.claims.set(session.sid, { kept, missed, entry });
    return session;
  }

  /**
   * A client is connected.
   *
   * @return what it has missed until now, if it has come back
   */
  connected(sid: string, pid: string, rooms: ReadonlySet<string>): readonly Logged[] {
    const claim = this.claims.get(sid);
    const { end: joined } = this.log;
    this.holders.set(pid, sid);
    if (!claim) {
      this.ways.set(sid, { pid, earlier: [], entry: { joined }, connectedAt: Date.now() });
      return [];
    }
    const { entry } = claim;
    this.claims.delete(sid);
    this.sessions.delete(pid);
    const last = lastStretch(this.log, entry);
    const missed = [ ...claim.missed, ...newOf(last, Math.max(0, entry.joined - last.first), rooms) ];
    const before = entry.before && { ...entry.before, seen: this.seenOn({ entry }) };
    // In the order in which it is sent now, which is that of nobody's log.
    const earlier = missed.length > 0 ? [{ packets: missed, first: 0, entry: { joined: 0 } }] : [];
    this.ways.set(sid, { pid, earlier, entry: { joined, before }, connectedAt: Date.now() });
    return missed;
  }

  /** Whether a client is about to come back with this id. */
  isClaimed(sid: string): boolean {
    return this.claims.has(sid);
  }

  /** Whether a client is connected with this id. */
  isConnected(sid: string): boolean {
    return this.ways.has(sid);
  }

  /** A socket has left, or did not come after all: then its session can be restored once more. */
  gone(sid: string): void {
    const claim = this.claims.get(sid);
    if (claim) claim.kept.claimed = false;
    this.claims.delete(sid);
    const way = this.ways.get(sid);
    this.ways.delete(sid);
    if (way && this.holders.get(way.pid) === sid) this.holders.delete(way.pid);
  }

  /** Gives a session to the worker to which its client has come; {@link drop} must follow once it is sent. */
  give(pid: string, offset: string | undefined): GivenSession | undefined {
    const kept = this.find(pid);
    const packets = kept && this.missed(kept, offset);
    return packets && { session: kept.session, disconnectedAt: kept.disconnectedAt, packets, seen: this.seenOn(kept) };
  }

  /** Forgets a session that was given away. */
  drop(pid: string): void {
    this.sessions.delete(pid);
  }

  /** Takes a session that another worker has given, and restores it. */
  adopt({ session, disconnectedAt, packets, seen }: GivenSession, dataBytes: number): OwnSession | undefined {
    this.sessions.set(session.pid, {
      session, disconnectedAt, bytes: sessionBytes(session, dataBytes),
      earlier: [{ packets, first: 0, entry: { joined: 0 } }],
      entry: { joined: Infinity, before: { seen, since: disconnectedAt } },
      connectedAt: Infinity,
    });
    return this.claim(session.pid, undefined);
  }

  /** What was sent to a client until now, here and where it was before: the highest number of each sender. */
  seenOn({ entry }: Pick<ClientPath, 'entry'>): Seen {
    return mergeSeen(entry.before?.seen ?? {}, this.log.seen);
  }

  /** When what is older than that has arrived, or need not arrive any more. */
  confirmed({ disconnectedAt }: KeptSession): number {
    return disconnectedAt - this.lifetimes.heartbeat();
  }

  /** Lets go of what nobody can ask for any more. */
  sweep(): void {
    const oldest = Date.now() - this.lifetimes.duration;
    const heartbeat = this.lifetimes.heartbeat();
    this.log.forget(oldest - heartbeat);
    this.heirlooms.forget(oldest - heartbeat);
    for (const [ pid, { disconnectedAt, claimed }] of this.sessions) {
      if (disconnectedAt < oldest && !claimed) this.sessions.delete(pid);
    }
    for (const [ sid, way ] of this.ways) {
      // All of it has arrived.
      if (way.earlier.length > 0 && way.connectedAt < Date.now() - heartbeat) this.ways.set(sid, { ...way, earlier: [] });
    }
    for (const [ origin, had ] of this.had) {
      const here = had.filter(({ sid }) => this.ways.has(sid) || this.claims.has(sid));
      if (here.length > 0) this.had.set(origin, here);
      else this.had.delete(origin);
    }
  }

  private missed(kept: KeptSession, offset: string | undefined): readonly Logged[] | undefined {
    return missedOn(kept, offset, this.log, this.lifetimes.heartbeat());
  }

  private find(pid: string): KeptSession | undefined {
    const kept = this.sessions.get(pid);
    return kept && !kept.claimed && !kept.left && kept.disconnectedAt + this.lifetimes.duration >= Date.now() ? kept : undefined;
  }

  private leaveOut(sid: string, seen: Seen): void {
    for (const [ origin, upTo ] of Object.entries(seen)) {
      if (upTo <= (this.log.seen[origin] ?? -1)) continue;
      this.had.set(origin, [ ...this.had.get(origin) ?? [], { sid, upTo }]);
    }
  }
}
