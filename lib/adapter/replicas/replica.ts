import { machineClock } from '../../base/machine_clock';
import type { Chunk } from '../../internals/packet';
import type { KeptSession, Stretch } from '../recovery/client_path';
import { KeptSessions, sessionBytes } from '../recovery/kept_sessions';
import { carried } from '../recovery/packed_data';
import { findPacket, type PacketList } from '../recovery/packet_index';
import { ELSEWHERE, GAP, type Logged, mergeSeen, offsetOf, PacketLog, parseOffset, type Seen } from '../recovery/packet_log';
import type { Recovery } from '../recovery/recovery';
import { type Row, RowReader } from '../recovery/rows';
import type { LogEntries, ReplicaPart, ReplicaSession } from '../messages/replica_messages';

/** Set while the client of a session is connected to its owner. */
const CONNECTED = Infinity;

function toPacket([ offset, at, shared, rooms, except, chunks ]: Row): Logged {
  // A Buffer from a link is a part of a larger one.
  const own: readonly Chunk[] = (chunks ?? []).map(chunk => (typeof chunk === 'string' ? chunk : Buffer.from(chunk)));
  return { offset, ...parseOffset(offset), at, shared, rooms, except, chunks: own };
}

function emptyTable(): { readonly packets: Logged[]; readonly stretches: PacketList[] } {
  return { packets: [], stretches: [] };
}

/** Whether an entry of a log is a whole packet. */
function isWhole(entry: LogEntries[number]): entry is readonly [Row] {
  return typeof entry[0] !== 'string';
}

/** The state of one namespace of another worker, which is kept for the case that this worker is killed. */
export class NamespaceReplica {
  private readonly log: PacketLog;
  private readonly sessions: KeptSessions;
  private seen: Seen;
  /** The rows and stretches that were received, while sessions that refer to them follow. */
  private table = emptyTable();

  constructor(private readonly recovery: Recovery, { first, seen, lostAt }: NonNullable<ReplicaPart['start']>) {
    this.log = new PacketLog(recovery.budget, first);
    this.log.lostAt = lostAt;
    this.sessions = new KeptSessions(recovery.budget);
    this.seen = seen;
  }

  /** The number of sessions, and the bytes that they and their packets take. */
  get size(): { readonly sessions: number; readonly bytes: number } {
    return { sessions: this.sessions.size, bytes: this.sessions.bytes + this.log.bytes };
  }

  has(pid: string): boolean {
    return this.sessions.has(pid);
  }

  delete(pid: string): void {
    this.sessions.delete(pid);
  }

  apply({ log, rooms, data, ...part }: ReplicaPart): void {
    if (log) this.addEntries(log);
    for (const [ pid, room, isJoined ] of rooms ?? []) this.changeRoom(pid, room, isJoined);
    for (const [ pid, bytes ] of data ?? []) this.changeData(pid, bytes);
    if (part.sessions || part.rows) this.setSessions(part);
  }

  /** Drops packets that nobody can have missed any more. */
  forget(time: number): void {
    this.log.forget(time);
  }

  /** Frees its memory. */
  end(): void {
    this.recovery.budget.remove(this.log);
    this.recovery.budget.remove(this.sessions);
  }

  /**
   * Its owner is gone: this worker keeps the sessions for their clients from now on. {@link end} must follow.
   *
   * @param isOrdered - whether the owner wrote to this worker first, and then to its clients
   */
  promote(isOrdered: boolean): void {
    const { recovery, log, sessions } = this;
    const now = machineClock.now();
    const stretch = { packets: this.packets(), first: log.first };
    if (log.lostAt > -Infinity) {
      // A client that has missed something before the first packet cannot be recovered.
      stretch.packets.unshift({ offset: GAP, ...parseOffset(GAP), at: log.lostAt, shared: false, rooms: [], except: [], chunks: [] });
      stretch.first -= 1;
    }
    for (const [ pid, kept ] of sessions) {
      const { entry, earlier } = kept;
      const known = mergeSeen(entry.before?.seen ?? {}, this.seen);
      recovery.sessions.set(pid, {
        ...kept,
        // If its client was away already, what was said to it is known from before.
        known: kept.known ?? { seen: known, isOrdered, stretches: earlier.length + 1 },
        disconnectedAt: Math.min(now, kept.disconnectedAt),
        earlier: [ ...earlier, { ...stretch, entry }],
        entry: { joined: Infinity, kept: recovery.log.end, before: { seen: known, since: kept.start.at } },
      });
    }
  }

  private addEntries(entries: LogEntries): void {
    const seen: Record<string, number> = { ...this.seen };
    for (const entry of entries) {
      if (isWhole(entry)) {
        const packet = toPacket(entry[0]);
        this.log.add(packet);
        seen[packet.origin] = packet.seq;
        continue;
      }
      const [ origin, at, ...seqs ] = entry;
      for (const seq of seqs) {
        this.log.add({ offset: offsetOf(origin, seq), origin, seq, at, shared: true, rooms: [], except: [], chunks: ELSEWHERE });
      }
      seen[origin] = seqs.at(-1)!;
    }
    this.seen = seen;
  }

  private changeRoom(pid: string, room: string, isJoined: boolean): void {
    const kept = this.sessions.get(pid);
    if (!kept) return;
    const { rooms } = kept.session;
    if (isJoined) rooms.push(room);
    else rooms.splice(rooms.indexOf(room), 1);
  }

  private changeData(pid: string, data: Buffer): void {
    const kept = this.sessions.get(pid);
    if (!kept) return;
    const session = { ...kept.session, data: carried(data) };
    this.sessions.set(pid, { ...kept, session, bytes: sessionBytes(session, data.length) });
  }

  private setSessions({ rows = [], stretches = [], sessions = [], isMore }: ReplicaPart): void {
    const { table } = this;
    const reader = new RowReader(this.recovery);
    for (const row of rows) table.packets.push(reader.read(row));
    for (const { first, rows: numbers } of stretches) {
      table.stretches.push({ first, packets: numbers.map(number => table.packets[number]) });
    }
    for (const [ pid, session ] of sessions) {
      if (session) this.sessions.set(pid, toKept(session, table.stretches));
      else this.sessions.delete(pid);
    }
    if (!isMore) this.table = emptyTable();
  }

  /** The packets of the log, with the content of those that this worker has itself. */
  private packets(): Logged[] {
    const { recovery } = this;
    return this.log.packets.map(packet => {
      if (packet.chunks !== ELSEWHERE) return packet;
      // Its sender may be slower in reaching this worker than the one that is gone.
      return findPacket(recovery.log, packet.offset) ?? recovery.heirlooms.find(packet.offset)
        ?? recovery.expected.add({ ...packet, chunks: [] });
    });
  }
}

function toKept(
  { session, data, disconnectedAt = CONNECTED, earlier, ...path }: ReplicaSession, stretches: readonly PacketList[],
): KeptSession {
  return {
    ...path,
    session: { ...session, data: carried(data) }, bytes: sessionBytes(session, data.length), disconnectedAt,
    earlier: earlier.map(({ stretch, entry }): Stretch => ({ ...stretches[stretch], entry })),
  };
}
