// Connection state recovery. The offset at the end of each event is `<tag of the sender>:<its number>`, the same on all workers. Each
// worker logs the packets for its clients, in its own order, even if no client is there to get them.
//
// The worker that a client was connected to knows what it has missed: everything after its offset in that worker's log. So the session
// stays there, and the worker that the client reaches asks its siblings for it. The owner hands it over once, with the missed packets and
// with `seen`, its highest number for each sender. As the order of each sender is kept, `seen` tells the new worker exactly which packets
// of its own log the owner had not got yet (they were missed as well, and follow) and which of those still to come the client already has
// (they are left out for this client). A client may leave again before it has got anything new, with an offset that only the old worker's
// log has: so a session has a path, whose last stretch is the new worker's log.
//
// A worker that closes hands its sessions over to one sibling, the heir, with its log, which is a stretch of the path of each. Rooms are
// matched as they were at the disconnect; only the owner logs private packets.
import { machineClock } from '../../base/machine_clock';
import { type Logged, mergeSeen, PacketLog, type Seen } from './packet_log';
import { type Entry, type KeptSession, lastStretch, missedOn, newOf, type OwnSession, type ClientPath, type SessionStart, withOffset } from './client_path';
import { KeptSessions, sessionBytes } from './kept_sessions';
import { InheritedPackets } from './inherited_packets';
import { ExpectedPackets } from './expected_packets';
import { PacketsHad } from './packets_had';
import type { Budget } from './budget';

/** How long state is kept, the same in all namespaces. */
export interface Lifetimes {
  /** Milliseconds for which a session can be restored. */
  readonly duration: number;
  /** Milliseconds within which a live connection has answered a ping. */
  readonly heartbeat: () => number;
}

/** A session on its way to the worker that its client has reached. */
export interface GivenSession {
  readonly session: OwnSession;
  readonly disconnectedAt: number;
  readonly packets: readonly Logged[];
  readonly seen: Seen;
  readonly start: SessionStart;
}

/** Is notified about sessions that no client can come back to any more. */
export interface ExpiryListener {
  /** Whether sessions stay although they have expired: this worker stops, and its heir is to notice it. */
  readonly isPaused: boolean;
  onExpired(session: OwnSession): void;
}

interface Claim {
  readonly kept: KeptSession;
  /** The packets that the client has missed until it was claimed, and the path into the log from there. */
  readonly missed: readonly Logged[];
  readonly entry: Entry;
}

/** The path of a client that is connected. */
export interface LiveWay extends ClientPath { readonly pid: string }

/** Is notified about what replicas copy. */
export interface RecoveryObserver {
  /** A packet was logged. */
  onLogged(packet: Logged): void;
  /** A session has come or gone, or its client has connected or left. */
  onSession(pid: string): void;
}

/** The log and the sessions of one namespace of one worker. */
export class Recovery {
  readonly log: PacketLog;
  /** Packets that only a closed worker had. */
  readonly heirlooms: InheritedPackets;
  /** By `pid`. */
  readonly sessions: KeptSessions;
  /** By socket id: of clients that are about to connect. */
  private readonly claims = new Map<string, Claim>();
  /** By socket id: of clients that are connected. */
  private readonly ways = new Map<string, LiveWay>();
  /** By `pid`: the socket ids of clients that are connected. */
  private readonly holders = new Map<string, string>();
  private readonly had = new PacketsHad();
  /** Packets of which a killed worker had told its clients, and which have not arrived here yet. */
  readonly expected = new ExpectedPackets();
  /** Set while there are replicas. */
  observer: RecoveryObserver | undefined;

  constructor(private readonly lifetimes: Lifetimes, readonly budget: Budget, private readonly expiry?: ExpiryListener) {
    this.log = new PacketLog(budget);
    this.heirlooms = new InheritedPackets(budget);
    this.sessions = new KeptSessions(budget, pid => this.observer?.onSession(pid), kept => this.lost(kept));
  }

  /** Whether there is a client that may reconnect. */
  get isAwaiting(): boolean {
    this.sweep();
    return this.sessions.size > 0;
  }

  /**
   * Logs a packet.
   *
   * @return the ids of sockets that already have it, from another worker
   */
  record(packet: Omit<Logged, 'at'>): readonly string[] {
    // The sender may change its Buffer later, and one from a link is a part of a larger one.
    const chunks = packet.chunks.map(chunk => (typeof chunk === 'string' ? chunk : Buffer.from(chunk)));
    const logged = { ...packet, chunks, at: machineClock.now() };
    this.log.add(logged);
    this.observer?.onLogged(logged);
    this.expected.arrived(logged);
    return this.had.take(packet);
  }

  /** The id of the socket with this session, if its client still seems connected. */
  holderOf(pid: string): string | undefined {
    return this.holders.get(pid);
  }

  /**
   * Keeps the session of a client that has lost its connection.
   *
   * @param dataBytes - the approximate size of its data
   */
  keep(session: OwnSession, dataBytes: number): void {
    const way = this.ways.get(session.sid);
    if (!way) return;
    const { earlier, entry, connectedAt, start } = way;
    const bytes = sessionBytes(session, dataBytes);
    this.sessions.set(session.pid, { session, disconnectedAt: machineClock.now(), bytes, earlier, entry, connectedAt, start });
  }

  /** Restores a session for a client that is about to connect here; {@link connected} or {@link gone} must follow. */
  claim(pid: string, offset: string | undefined): OwnSession | undefined {
    const kept = this.find(pid);
    const shown = kept && withOffset(kept, offset);
    const missed = shown && this.missed(shown, offset);
    if (!missed) return undefined;
    kept.claimed = true;
    const { session, entry: { before } } = shown;
    if (before) this.had.add(session.sid, before.seen, this.log.seen);
    const entry = { joined: this.log.end, before: before && { ...before, seen: this.seenOn(shown) } };
    this.claims.set(session.sid, { kept, missed, entry });
    return session;
  }

  /**
   * A client is connected.
   *
   * @param shown - the offset that it has shown
   * @return the packets that it has missed until now, if it was recovered
   */
  connected(sid: string, pid: string, rooms: ReadonlySet<string>, shown?: string): readonly Logged[] {
    const claim = this.claims.get(sid);
    const { end: joined } = this.log;
    this.holders.set(pid, sid);
    this.observer?.onSession(pid);
    if (!claim) {
      const now = machineClock.now();
      this.ways.set(sid, { pid, earlier: [], entry: { joined }, connectedAt: now, start: { at: now, offset: shown } });
      return [];
    }
    const { entry } = claim;
    this.claims.delete(sid);
    this.sessions.delete(pid);
    const last = lastStretch(this.log, entry);
    const missed = [ ...claim.missed, ...newOf(last, Math.max(0, entry.joined - last.first), rooms) ];
    const before = entry.before && { ...entry.before, seen: this.seenOn({ entry }) };
    // In the order of sending, which is that of no single log.
    const earlier = missed.length > 0 ? [{ packets: missed, first: 0, entry: { joined: 0 } }] : [];
    this.ways.set(sid, { pid, earlier, entry: { joined, before }, connectedAt: machineClock.now(), start: claim.kept.start });
    return missed;
  }

  /** Whether a client with this id is about to reconnect. */
  isClaimed(sid: string): boolean {
    return this.claims.has(sid);
  }

  /** Whether a client is connected with this id. */
  isConnected(sid: string): boolean {
    return this.ways.has(sid);
  }

  /** The path of a client that is connected. */
  wayOf(sid: string): LiveWay | undefined {
    return this.ways.get(sid);
  }

  /** The clients that are connected, by `pid`. */
  get connectedPids(): Iterable<string> {
    return this.holders.keys();
  }

  /** A socket has left, or did not connect after all: its session can then be restored again. */
  gone(sid: string): void {
    const claim = this.claims.get(sid);
    if (claim) claim.kept.claimed = false;
    this.claims.delete(sid);
    const way = this.ways.get(sid);
    this.ways.delete(sid);
    if (way && this.holders.get(way.pid) === sid) {
      this.holders.delete(way.pid);
      this.observer?.onSession(way.pid);
    }
  }

  /** Returns a session for the worker that its client has reached; {@link giveAway} must follow. */
  give(pid: string, offset: string | undefined): GivenSession | undefined {
    const kept = this.find(pid);
    const shown = kept && withOffset(kept, offset);
    const packets = shown && this.missed(shown, offset);
    if (!packets) return undefined;
    const { session, disconnectedAt, start } = shown;
    return { session, disconnectedAt, packets, seen: this.seenOn(shown), start };
  }

  /**
   * Forgets a session that is handed over.
   *
   * @param send - sends it; if that is not possible, the session stays
   */
  giveAway(pid: string, send: () => boolean): void {
    const kept = this.sessions.get(pid)!;
    this.sessions.delete(pid);
    if (!send()) this.sessions.set(pid, kept);
  }

  /** Whether the client of a session has connected to this worker after a time. */
  isNewerThan(pid: string, time: number): boolean {
    const { connectedAt } = this.sessions.get(pid) ?? this.ways.get(this.holders.get(pid) ?? '') ?? { connectedAt: -Infinity };
    return Number.isFinite(connectedAt) && connectedAt > time;
  }

  /** Accepts a session from another worker, and restores it. */
  adopt({ session, disconnectedAt, packets, seen, start }: GivenSession, dataBytes: number): OwnSession | undefined {
    this.sessions.set(session.pid, {
      session, disconnectedAt, bytes: sessionBytes(session, dataBytes),
      earlier: [{ packets, first: 0, entry: { joined: 0 } }],
      entry: { joined: Infinity, kept: this.log.end, before: { seen, since: start.at } },
      connectedAt: Infinity,
      start,
    });
    return this.claim(session.pid, undefined);
  }

  /** Everything sent to a client until now, here and where it was before: the highest number for each sender. */
  seenOn({ entry }: Pick<ClientPath, 'entry'>): Seen {
    return mergeSeen(entry.before?.seen ?? {}, this.log.seen);
  }

  /** The time before which everything has arrived, or need not arrive any more. */
  confirmed({ disconnectedAt }: KeptSession): number {
    return disconnectedAt - this.lifetimes.heartbeat();
  }

  /** The time before which no packet is of use any more. */
  get oldestWanted(): number {
    return machineClock.now() - this.lifetimes.duration - this.lifetimes.heartbeat();
  }

  /** Drops state that nobody can ask for any more. */
  sweep(): void {
    const oldest = machineClock.now() - this.lifetimes.duration;
    const heartbeat = this.lifetimes.heartbeat();
    this.log.forget(oldest - heartbeat);
    this.heirlooms.forget(oldest - heartbeat);
    this.expected.forget(oldest - heartbeat);
    for (const [ pid, kept ] of this.sessions) {
      if (kept.disconnectedAt >= oldest || kept.claimed || this.expiry?.isPaused) continue;
      this.sessions.delete(pid);
      this.lost(kept);
    }
    for (const [ sid, way ] of this.ways) {
      // All of it has arrived.
      if (way.earlier.length > 0 && way.connectedAt < machineClock.now() - heartbeat) this.ways.set(sid, { ...way, earlier: [] });
    }
    this.had.sweep(sid => this.ways.has(sid) || this.claims.has(sid));
  }

  /** A session was dropped. One that another worker has, or whose client is connecting, lives on. */
  private lost({ session, claimed, left }: KeptSession): void {
    if (!claimed && !left) this.expiry?.onExpired(session);
  }

  private missed(kept: KeptSession, offset: string | undefined): readonly Logged[] | undefined {
    return missedOn(kept, offset, this.log, this.lifetimes.heartbeat());
  }

  private find(pid: string): KeptSession | undefined {
    const kept = this.sessions.get(pid);
    return kept && !kept.claimed && !kept.left && kept.disconnectedAt + this.lifetimes.duration >= machineClock.now() ? kept : undefined;
  }
}
