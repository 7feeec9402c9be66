import { bytesOf, type Held, type Logged } from '../recovery/packet_log';
import type { Stretch } from '../recovery/client_path';
import { type Row, toRow } from '../recovery/rows';
import type { ReplicaStretch } from '../messages/replica_messages';

/** Rows that are numbered as they are added, and each only once. */
export class RowTable {
  readonly rows: Row[] = [];
  readonly stretches: ReplicaStretch[] = [];
  bytes = 0;
  private readonly numbers = new Map<string, number>();
  private readonly known = new Map<readonly Logged[], number>();

  constructor(private readonly held: Held) {}

  add({ packets, first }: Omit<Stretch, 'entry'>): number {
    const known = this.known.get(packets);
    if (known !== undefined) return known;
    this.known.set(packets, this.stretches.length);
    this.stretches.push({ first, rows: packets.map(packet => this.numberOf(packet)) });
    return this.stretches.length - 1;
  }

  private numberOf(packet: Logged): number {
    const known = this.numbers.get(packet.offset);
    if (known !== undefined) return known;
    const number = this.rows.length;
    this.numbers.set(packet.offset, number);
    this.rows.push(toRow(packet, this.held));
    this.bytes += bytesOf(packet);
    return number;
  }
}
