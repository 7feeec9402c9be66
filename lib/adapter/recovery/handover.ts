// The state that a closing worker hands over: its log once, and sessions that refer to it. It is sent in parts, so that no message is
// large.
import { type Held, type Logged, mergeSeen, offsetOf, type PacketLog, parseOffset, type Seen } from './packet_log';
import type { Recovery } from './recovery';
import type { Entry, KeptSession, KnownPackets, OwnSession, SessionStart, Stretch } from './client_path';
import { carried } from './packed_data';
import { sessionBytes } from './kept_sessions';
import { type Row, RowReader, toRow } from './rows';

/** Bytes of a part; a packet or a session may be larger. */
const PART = 1024 * 1024;
/** Bytes that a row or a session takes besides the counted ones. */
const RECORD = 200;

/** Packets by their row numbers, in the order of a log. */
interface WireStretch {
  readonly first: number;
  /** 32-bit numbers. */
  readonly rows: Buffer;
}

/** A session that is handed over to another worker. */
interface WireSession {
  readonly session: Omit<OwnSession, 'data'>;
  readonly data: Buffer;
  readonly disconnectedAt: number;
  readonly connectedAt: number;
  readonly start: SessionStart;
  readonly way: readonly { readonly stretch: number; readonly entry: Entry }[];
  readonly seen: Seen;
  readonly known?: KnownPackets;
}

/** A part of the hand-over. Its numbers refer to this or earlier parts. */
export interface HandoverPart {
  readonly rows: readonly Row[];
  readonly stretches: readonly WireStretch[];
  readonly sessions: readonly WireSession[];
}

const EMPTY: HandoverPart = { rows: [], stretches: [], sessions: [] };

/** @return the bytes, or `undefined` if the session's data cannot be sent; that is said by then */
export type CarryData = (session: OwnSession) => Buffer | undefined;

/** The contents of a hand-over, by the needs of its receiver. */
export interface Needs {
  /** The packets that it has itself. Default: none */
  readonly held?: Held;
  /**
   * Set if sessions of other workers are joined with these: all packets that were sent to all workers are handed over that have arrived
   * since then, even if no session here needs them.
   */
  readonly sharedSince?: number;
}

/** Places in a log for packets that it has lost: a session that has missed one of them cannot be restored. */
function gapsIn({ lost, lostAt }: PacketLog, since: number): Logged[] {
  if (lostAt < since) return [];
  return Object.entries(lost).map(([ origin, seq ]) => {
    const offset = offsetOf(origin, seq);
    return { offset, ...parseOffset(offset), shared: true, at: lostAt, rooms: [], except: [], chunks: [] };
  });
}

/**
 * Splits the state that a worker hands over. Sessions come last, and each is `left` when its part is requested: until then it can go to
 * another worker, and from then on the heir has it.
 */
export function* splitHandover(
  recovery: Recovery, { held = {}, sharedSince = Infinity }: Needs, carryData: CarryData,
): Generator<HandoverPart, undefined> {
  const all = [ ...recovery.sessions.values() ].filter(({ claimed, left }) => !claimed && !left);
  if (all.length === 0 && sharedSince === Infinity) return undefined;
  // During the hand-over, packets of other workers still arrive, but at the heir as well.
  const { log } = recovery;
  const seen: Seen = { ...log.seen };
  const since = all.reduce((oldest, kept) => Math.min(oldest, recovery.confirmed(kept)), sharedSince);
  const gaps = gapsIn(log, since);
  const from = log.packets.findIndex(({ at }) => at >= since);
  const first = (from < 0 ? log.end : log.first + from) - gaps.length;
  const own = { packets: [ ...gaps, ...from < 0 ? [] : log.packets.slice(from) ], first };
  const wanted = new Set(all.flatMap(({ session }) => session.rooms));
  const isWanted = ({ rooms, shared, chunks }: Logged) => chunks.length > 0 && (
    rooms.length === 0 || (shared && sharedSince < Infinity) || rooms.some(room => wanted.has(room))
  );

  const numbers = new Map<readonly Logged[], number>();
  const rowNumbers = new Map<string, number>();
  const stretches: WireStretch[] = [];
  let rows: Row[] = [];
  let size = 0;
  for (const { packets, first } of [ own, ...all.flatMap(({ earlier }) => earlier) ]) {
    if (numbers.has(packets)) continue;
    numbers.set(packets, stretches.length);
    const own32 = new Uint32Array(packets.length);
    for (const [ i, packet ] of packets.entries()) {
      // A gap has the offset of the packet that was lost last.
      const key = packet.chunks.length > 0 ? packet.offset : `${packet.offset} without content`;
      let number = rowNumbers.get(key);
      if (number === undefined) {
        rowNumbers.set(key, number = rowNumbers.size);
        const row = toRow(packet, held, isWanted(packet));
        rows.push(row);
        size += RECORD + (row[5] ?? []).reduce((sum, chunk) => sum + chunk.length, 0);
      }
      own32[i] = number;
      if (size < PART) continue;
      yield { ...EMPTY, rows };
      [ rows, size ] = [[], 0 ];
    }
    stretches.push({ first, rows: Buffer.from(own32.buffer) });
  }
  yield { ...EMPTY, rows };
  for (const stretch of stretches) yield { ...EMPTY, stretches: [ stretch ] };

  let sessions: WireSession[] = [];
  size = 0;
  for (const kept of all) {
    const { session: { data: value, ...session }, disconnectedAt, connectedAt, start, earlier, entry, known } = kept;
    // It may have gone to another worker in the meantime.
    if (recovery.sessions.get(session.pid) !== kept) continue;
    kept.left = 'sent';
    const data = carryData({ data: value, ...session });
    if (!data) continue;
    const way = [ ...earlier.map(stretch => ({ stretch: numbers.get(stretch.packets)!, entry: stretch.entry })), { stretch: 0, entry }];
    const seenByIt = mergeSeen(entry.before?.seen ?? {}, seen);
    sessions.push({ session, data, disconnectedAt, connectedAt, start, way, seen: seenByIt, known });
    size += RECORD + data.length;
    if (size < PART) continue;
    yield { ...EMPTY, sessions };
    [ sessions, size ] = [[], 0 ];
  }
  yield { ...EMPTY, sessions };
  return undefined;
}

/** Packets that were sent to all workers, of which the owner of a session may have got some too late. */
export interface Union {
  /** In the order of each sender. */
  readonly packets: readonly Logged[];
  readonly seen: Seen;
}

/** Joins the parts in the worker that gets them. */
export class Inheritance {
  private readonly packets: Logged[] = [];
  private readonly stretches: Omit<Stretch, 'entry'>[] = [];
  private reader: RowReader | undefined;

  constructor(private readonly recovery: Recovery) {}

  /** The log of the worker that handed it over, which is the first to arrive. */
  get log(): readonly Logged[] {
    return this.stretches[0]?.packets ?? [];
  }

  /** @param union - what other workers have logged. Default: this worker has all of it */
  take({ rows, stretches, sessions }: HandoverPart, union: Union = { packets: [], seen: {} }): void {
    for (const row of rows) {
      this.reader ??= new RowReader(this.recovery);
      this.packets.push(this.reader.read(row));
    }
    for (const { first, rows: bytes } of stretches) {
      const packets: Logged[] = [];
      for (let i = 0; i < bytes.length; i += 4) packets.push(this.packets[bytes.readUInt32LE(i)]);
      this.stretches.push({ first, packets });
    }
    for (const { session, data, disconnectedAt, connectedAt, start, way, seen, known } of sessions) {
      const before = { seen, since: start.at };
      const earlier = way.map(({ stretch, entry }): Stretch => ({ ...this.stretches[stretch], entry }));
      if (union.packets.length > 0) earlier.push({ packets: union.packets, first: 0, entry: { joined: Infinity, before } });
      const kept: KeptSession = {
        session: { ...session, data: carried(data) }, disconnectedAt, connectedAt, start, earlier, known,
        bytes: sessionBytes(session, data.length),
        entry: { joined: Infinity, kept: this.recovery.log.end, before: { ...before, seen: mergeSeen(seen, union.seen) } },
      };
      this.recovery.sessions.set(session.pid, kept);
    }
  }
}
