import { bytesOf, type Held, type Logged } from '../recovery/packet_log';
import type { PacketList } from '../recovery/packet_index';
import { type Row, toRow } from '../recovery/rows';
import type { ReplicaPart, ReplicaStretch } from '../messages/replica_messages';

/**
 * Rows that are numbered as they are added, and stretches of them: each is sent once, also if it takes several parts. The sessions of a
 * worker that has stopped share its whole log.
 */
export class RowTable {
  private readonly rows: { readonly row: Row; readonly bytes: number }[] = [];
  private readonly stretches: { readonly stretch: ReplicaStretch; readonly end: number }[] = [];
  /** The number of rows that were taken. */
  private taken = 0;
  private waiting = 0;
  private readonly numbers = new Map<string, number>();
  private readonly known = new Map<readonly Logged[], number>();

  constructor(private readonly held: Held) {}

  /** Bytes of the rows that were not taken yet. */
  get bytes(): number { return this.waiting; }

  /** @return the number of the stretch */
  add({ packets, first }: PacketList): number {
    let number = this.known.get(packets);
    if (number === undefined) {
      this.known.set(packets, number = this.known.size);
      const rows = packets.map(packet => this.numberOf(packet));
      this.stretches.push({ stretch: { first, rows }, end: this.numbers.size });
    }
    return number;
  }

  /** Takes the next rows, of about that many bytes, and the stretches that are complete with them. */
  take(most: number): Pick<ReplicaPart, 'rows' | 'stretches'> {
    let [ count, bytes ] = [ 0, 0 ];
    while (count < this.rows.length && bytes < most) bytes += this.rows[count++].bytes;
    const rows = this.rows.splice(0, count).map(({ row }) => row);
    this.taken += count;
    this.waiting -= bytes;
    const rest = this.stretches.findIndex(({ end }) => end > this.taken);
    const stretches = this.stretches.splice(0, rest < 0 ? Infinity : rest).map(({ stretch }) => stretch);
    return { rows: rows.length > 0 ? rows : undefined, stretches: stretches.length > 0 ? stretches : undefined };
  }

  private numberOf(packet: Logged): number {
    const known = this.numbers.get(packet.offset);
    if (known !== undefined) return known;
    const number = this.numbers.size;
    const bytes = bytesOf(packet);
    this.numbers.set(packet.offset, number);
    this.rows.push({ row: toRow(packet, this.held), bytes });
    this.waiting += bytes;
    return number;
  }
}
