import { bytesOf, type Held, type Logged } from '../recovery/packet_log';
import type { KeptSession, OwnSession, Stretch } from '../recovery/client_path';
import type { LiveWay, Recovery, RecoveryObserver } from '../recovery/recovery';
import { toRow } from '../recovery/rows';
import { KnownData } from './known_data';
import { RowTable } from './row_table';
import type { LogEntries, ReplicaPart, ReplicaSession } from '../messages/replica_messages';

/** Milliseconds by which the times of entries that are sent together may differ. */
const SAME_TIME = 1000;
/** Bytes of a packet that is not copied: its clients are only recovered if they have got it. */
const LARGEST_PACKET = 16 * 1024 * 1024;
/**
 * Packets that a replica may lag behind. As long as all of them are of one sender, the last one that a client has got says exactly which of
 * them it has, and so an app that only broadcasts sends nothing to replicas.
 */
const MOST_LAG = 1000;
/** Bytes that a session or an entry takes besides its content. */
const RECORD = 100;

/** The sockets of a namespace, as replicas need them. */
export interface LiveSockets {
  roomsOf(sid: string): ReadonlySet<string> | undefined;
  dataOf(sid: string): unknown;
  /** Whether its connection handlers have finished. */
  isSettled(sid: string): boolean;
}

/** The parts that the changes of all namespaces of a worker share. */
export interface ReplicaSource {
  /** Whether clients are only told what is in the replica, but for a lag. */
  readonly isOrdered: boolean;
  /** Something is to be sent in this turn. */
  note(): void;
  /** The sockets of a namespace, while it is open. */
  socketsOf(nsp: string): LiveSockets | undefined;
  /** The data of a session, encoded; `undefined` if it cannot be copied or is too large. */
  carry(session: OwnSession): Buffer | undefined;
}

/** The changes in one namespace of this worker that are not in its replica yet. */
export class ReplicaChanges implements RecoveryObserver {
  private cursor: number;
  /** The end of the log when the standby accepted the replica. */
  private readonly begun: number;
  private isFirst = true;
  private isDue = true;
  /** The number of packets that are in the log, but not in the replica yet; all of them are of one sender, and all workers have them. */
  private lag = 0;
  private lagOrigin = '';
  /** The senders of which the replica has heard. */
  private readonly origins: Set<string>;
  private readonly sessions: Set<string>;
  /** Set while sessions are copied in several parts. */
  private table: RowTable | undefined;
  private rooms: [ pid: string, room: string, isJoined: boolean ][] = [];
  /** By `pid`: clients whose connection handlers have not finished. The replica keeps what it had of them. */
  private readonly unsettled = new Set<string>();
  /** By `pid`: clients whose data has changed. */
  private readonly changed = new Set<string>();
  /** By `pid`: the data of connected clients, as the replica has it. */
  private readonly data = new Map<string, KnownData>();

  /** @param held - what the worker with the replica has itself */
  constructor(
    private readonly nsp: string, private readonly recovery: Recovery, private readonly held: Held, private readonly source: ReplicaSource,
  ) {
    this.cursor = recovery.log.first;
    this.begun = recovery.log.end;
    this.origins = new Set(Object.keys(recovery.log.seen));
    this.sessions = new Set([ ...recovery.sessions.keys(), ...recovery.connectedPids ]);
    recovery.observer = this;
  }

  onLogged({ origin, shared }: Logged): void {
    // A sender of which the replica has never heard would be taken for one of an earlier session.
    const isKnown = this.origins.has(origin) && (this.lag === 0 || origin === this.lagOrigin);
    const mayLag = this.source.isOrdered && shared && isKnown && this.lag < MOST_LAG;
    if (!mayLag) {
      this.origins.add(origin);
      return this.due();
    }
    this.lagOrigin = origin;
    this.lag += 1;
  }

  onSession(pid: string): void {
    this.unsettled.delete(pid);
    this.sessions.add(pid);
    this.due();
  }

  /** The connection handlers of a client have finished. */
  onSettled(sid: string): void {
    const pid = this.recovery.wayOf(sid)?.pid;
    if (pid !== undefined && this.unsettled.has(pid)) this.onSession(pid);
  }

  /** A connected client has joined or left a room. */
  onRoom(sid: string, room: string, isJoined: boolean): void {
    const pid = this.recovery.wayOf(sid)?.pid;
    if (pid === undefined || this.sessions.has(pid) || this.unsettled.has(pid)) return;
    this.rooms.push([ pid, room, isJoined ]);
    this.due();
  }

  /** Looks whether the app has changed the data of a connected client. */
  check(sid: string, data: unknown): void {
    const pid = this.recovery.wayOf(sid)?.pid;
    if (pid === undefined || this.sessions.has(pid) || this.unsettled.has(pid) || this.changed.has(pid)) return;
    const known = this.data.get(pid);
    if (!known || known.isUnchanged(data)) return;
    this.changed.add(pid);
    this.due();
  }

  /** Looks at the data of all connected clients. */
  checkAll(): void {
    const sockets = this.source.socketsOf(this.nsp);
    for (const pid of sockets ? this.data.keys() : []) {
      const sid = this.recovery.holderOf(pid);
      if (sid !== undefined) this.check(sid, sockets!.dataOf(sid));
    }
  }

  /**
   * Takes what has changed, or the first of it.
   *
   * @param most - roughly the number of bytes
   */
  take(most: number): ReplicaPart | undefined {
    if (!this.isDue) return undefined;
    const { recovery: { log }, nsp } = this;
    const part: { -readonly [K in keyof ReplicaPart]: ReplicaPart[K] } = { nsp };
    if (this.isFirst) part.start = { first: this.cursor = Math.max(this.cursor, log.first), seen: { ...log.seen }, lostAt: log.lostAt };
    let bytes = 0;
    if (this.cursor < log.end) {
      const from = this.cursor = Math.max(this.cursor, log.first);
      while (this.cursor < log.end && bytes < most) bytes += bytesOf(log.packets[this.cursor++ - log.first]);
      part.log = this.entriesOf(log.packets.slice(from - log.first, this.cursor - log.first), from);
    }
    if (this.rooms.length > 0) {
      part.rooms = this.rooms.filter(([ pid ]) => !this.sessions.has(pid));
      this.rooms = [];
    }
    if (this.changed.size > 0) part.data = this.takeData();
    if (this.sessions.size > 0 && bytes < most) Object.assign(part, this.takeSessions(most - bytes));
    const isEmpty = !this.isFirst && !part.log && !part.rooms && !part.data && !part.sessions && !part.rows;
    this.isFirst = false;
    this.lag = log.end - this.cursor;
    this.isDue = this.lag > 0 || this.sessions.size > 0;
    return isEmpty ? undefined : part;
  }

  private takeSessions(most: number): Pick<ReplicaPart, 'rows' | 'stretches' | 'sessions' | 'isMore'> {
    const table = this.table ??= new RowTable(this.held);
    const sessions: [ string, ReplicaSession | null ][] = [];
    let bytes = 0;
    for (const pid of this.sessions) {
      for (const stretch of this.earlierOf(pid)) table.add(stretch);
      // Its rows come first.
      if (bytes + table.bytes >= most) break;
      this.sessions.delete(pid);
      if (this.isUnsettled(pid)) {
        this.unsettled.add(pid);
        continue;
      }
      const session = this.describe(pid, table);
      bytes += RECORD + (session?.data.length ?? 0);
      sessions.push([ pid, session ]);
    }
    const rows = table.take(most);
    const isMore = this.sessions.size > 0 || undefined;
    if (!isMore) this.table = undefined;
    return { ...rows, sessions: sessions.length > 0 ? sessions : undefined, isMore };
  }

  private takeData(): [ pid: string, data: Buffer ][] {
    const { recovery, source } = this;
    const sockets = source.socketsOf(this.nsp);
    const taken: [ string, Buffer ][] = [];
    for (const pid of this.changed) {
      const sid = recovery.holderOf(pid);
      if (sid === undefined || !sockets || this.sessions.has(pid)) continue;
      const data = sockets.dataOf(sid);
      const bytes = source.carry({ sid, pid, rooms: [], data });
      if (bytes) {
        this.data.set(pid, new KnownData(data));
        taken.push([ pid, bytes ]);
      } else {
        // The replica must not have the old data in its place.
        this.sessions.add(pid);
      }
    }
    this.changed.clear();
    return taken;
  }

  private due(): void {
    this.isDue = true;
    this.source.note();
  }

  private isUnsettled(pid: string): boolean {
    const { recovery } = this;
    const sid = recovery.sessions.has(pid) ? undefined : recovery.holderOf(pid);
    return sid !== undefined && !(this.source.socketsOf(this.nsp)?.isSettled(sid) ?? true);
  }

  private entriesOf(packets: readonly Logged[], first: number): LogEntries {
    const entries: (LogEntries[number])[] = [];
    let last: [ origin: string, at: number, ...seqs: number[] ] | undefined;
    packets.forEach((packet, i) => {
      const { origin, seq, at, shared } = packet;
      // Packets that were sent before the standby had joined did not reach it.
      const row = shared && first + i >= this.begun ? undefined : toRow(packet, this.held);
      if (row && row[5] !== null) {
        last = undefined;
        entries.push([ bytesOf(packet) > LARGEST_PACKET ? toRow({ ...packet, chunks: [] }, {}) : row ]);
      } else if (last?.[0] === origin && at - last[1] < SAME_TIME) {
        last.push(seq);
      } else {
        entries.push(last = [ origin, at, seq ]);
      }
    });
    return entries;
  }

  private earlierOf(pid: string): readonly Stretch[] {
    const { recovery } = this;
    const path = recovery.sessions.get(pid) ?? recovery.wayOf(recovery.holderOf(pid) ?? '');
    return path?.earlier ?? [];
  }

  private describe(pid: string, rows: RowTable): ReplicaSession | null {
    const { recovery, source } = this;
    this.data.delete(pid);
    const kept = recovery.sessions.get(pid);
    if (kept) return this.toSession(kept, kept.session, rows);
    const sid = recovery.holderOf(pid);
    const way = sid === undefined ? undefined : recovery.wayOf(sid);
    const sockets = source.socketsOf(this.nsp);
    const rooms = sid === undefined ? undefined : sockets?.roomsOf(sid);
    if (!way || !rooms) return null;
    const data = sockets!.dataOf(sid!);
    this.data.set(pid, new KnownData(data));
    return this.toSession(way, { sid: sid!, pid, rooms: [ ...rooms ], data }, rows);
  }

  private toSession(path: KeptSession | LiveWay, { data, ...session }: OwnSession, rows: RowTable): ReplicaSession | null {
    const bytes = this.source.carry({ ...session, data });
    if (!bytes) return null;
    const { earlier, entry, connectedAt, start, known } = path;
    return {
      session, data: bytes, connectedAt, start, entry, known,
      earlier: earlier.map(stretch => ({ stretch: rows.add(stretch), entry: stretch.entry })),
      disconnectedAt: 'disconnectedAt' in path ? path.disconnectedAt : undefined,
    };
  }
}
