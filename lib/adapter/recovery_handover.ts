// The state that a closing worker hands over: its log once, and sessions that refer to it. It is sent in parts, so that no message is
// large.
import { type Held, type Logged, mergeSeen, type Seen } from './packet_log';
import type { Recovery } from './recovery';
import type { Entry, KeptSession, OwnSession, Stretch } from './client_path';
import { carried } from './packed_data';
import { sessionBytes } from './kept_sessions';
import { type Row, RowReader, toRow } from './recovery_rows';

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
  readonly way: readonly { readonly stretch: number; readonly entry: Entry }[];
  readonly seen: Seen;
  readonly known?: Seen;
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

/**
 * Splits the state that a worker hands over. Sessions come last, and each is `left` when its part is requested: until then it can go to
 * another worker, and from then on the heir has it.
 *
 * @param held - what the heir has itself
 */
export function* splitHandover(recovery: Recovery, held: Held, carryData: CarryData): Generator<HandoverPart> {
  const all = [ ...recovery.sessions.values() ].filter(({ claimed, left }) => !claimed && !left);
  if (all.length === 0) return;
  // During the hand-over, packets of other workers still arrive, but at the heir as well.
  const { log } = recovery;
  const seen: Seen = { ...log.seen };
  const confirmed = all.reduce((oldest, kept) => Math.min(oldest, recovery.confirmed(kept)), Infinity);
  const from = log.packets.findIndex(({ at }) => at >= confirmed);
  const own = { packets: from < 0 ? [] : log.packets.slice(from), first: from < 0 ? log.end : log.first + from };
  const wanted = new Set(all.flatMap(({ session }) => session.rooms));
  const isWanted = ({ rooms }: Logged) => rooms.length === 0 || rooms.some(room => wanted.has(room));

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
      let number = rowNumbers.get(packet.offset);
      if (number === undefined) {
        rowNumbers.set(packet.offset, number = rowNumbers.size);
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
    const { session: { sid, pid, rooms }, disconnectedAt, connectedAt, earlier, entry, known } = kept;
    // It may have gone to another worker in the meantime.
    if (recovery.sessions.get(pid) !== kept) continue;
    kept.left = 'sent';
    const data = carryData(kept.session);
    if (!data) continue;
    const way = [ ...earlier.map(stretch => ({ stretch: numbers.get(stretch.packets)!, entry: stretch.entry })), { stretch: 0, entry }];
    const seenByIt = mergeSeen(entry.before?.seen ?? {}, seen);
    sessions.push({ session: { sid, pid, rooms }, data, disconnectedAt, connectedAt, way, seen: seenByIt, known });
    size += RECORD + data.length;
    if (size < PART) continue;
    yield { ...EMPTY, sessions };
    [ sessions, size ] = [[], 0 ];
  }
  yield { ...EMPTY, sessions };
}

/** Joins the parts in the worker that gets them. */
export class Inheritance {
  private readonly packets: Logged[] = [];
  private readonly stretches: Omit<Stretch, 'entry'>[] = [];
  private reader: RowReader | undefined;

  constructor(private readonly recovery: Recovery) {}

  /** @return how many sessions were in it */
  take({ rows, stretches, sessions }: HandoverPart): number {
    for (const row of rows) {
      this.reader ??= new RowReader(this.recovery);
      this.packets.push(this.reader.read(row));
    }
    for (const { first, rows: bytes } of stretches) {
      const packets: Logged[] = [];
      for (let i = 0; i < bytes.length; i += 4) packets.push(this.packets[bytes.readUInt32LE(i)]);
      this.stretches.push({ first, packets });
    }
    for (const { session, data, disconnectedAt, connectedAt, way, seen, known } of sessions) {
      const earlier = way.map(({ stretch, entry }): Stretch => ({ ...this.stretches[stretch], entry }));
      const kept: KeptSession = {
        session: { ...session, data: carried(data) }, disconnectedAt, connectedAt, earlier, known,
        bytes: sessionBytes(session, data.length),
        entry: { joined: Infinity, kept: this.recovery.log.end, before: { seen, since: disconnectedAt } },
      };
      this.recovery.sessions.set(session.pid, kept);
    }
    return sessions.length;
  }
}
