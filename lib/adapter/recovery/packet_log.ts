import type { Chunk } from '../../internals/packet';
import type { Budget } from './budget';

/** A packet that a reconnecting client may have missed. */
export interface Kept {
  /** Its offset: a client sends that of its last packet. */
  readonly offset: string;
  readonly rooms: readonly string[];
  readonly except: readonly string[];
  /** Empty after it was dropped for lack of room: clients that have missed this packet cannot be recovered. */
  chunks: readonly Chunk[];
}

/** A packet in the log of a worker. */
export interface Logged extends Kept {
  /** The tag of the worker (or agent) that sent it, and its number there. */
  readonly origin: string;
  readonly seq: number;
  /** Whether it also went to the other workers. */
  readonly shared: boolean;
  /** When it reached the worker that logged it. */
  readonly at: number;
}

/** For each sender, the range of numbers of which a worker has all packets that were sent to all workers. */
export type Held = Readonly<Record<string, readonly [from: number, to: number]>>;

/** For each sender the highest number. All its earlier packets are included, because the order of a sender is kept. */
export type Seen = Readonly<Record<string, number>>;

const OFFSET = /^([\w-]{8}):([0-9a-z]{1,11})$/;
/** Bytes that a packet takes besides its data. */
const RECORD = 300;
/** The bytes of an entry whose packet is in another log. */
const REFERENCE = 100;

/** The content of a packet that is in another log of the same worker. */
export const ELSEWHERE: readonly Chunk[] = Object.freeze([]);

export function offsetOf(origin: string, seq: number): string {
  return `${origin}:${seq.toString(36)}`;
}

/** The offset of a place in a log for packets of which nothing is known any more: of no worker, but in the form of one. */
export const GAP = offsetOf('-'.repeat(8), 0);

/** Whether a client's offset can be one of ours. It may be any text: clients use the last string of an event. */
export function isOffset(offset: string): boolean {
  return OFFSET.test(offset);
}

/** The sender of the packet with this offset, and its number there. */
export function parseOffset(offset: string): Pick<Logged, 'origin' | 'seq'> {
  const [ , origin, seq ] = OFFSET.exec(offset)!;
  return { origin, seq: Number.parseInt(seq, 36) };
}

export function mergeSeen(a: Seen, b: Seen): Seen {
  const merged: Record<string, number> = { ...a };
  for (const [ origin, seq ] of Object.entries(b)) merged[origin] = Math.max(seq, merged[origin] ?? seq);
  return merged;
}

/** Bytes that a packet takes in memory. */
export function bytesOf({ chunks }: Kept): number {
  if (chunks === ELSEWHERE) return REFERENCE;
  return chunks.reduce((sum, chunk) => sum + (typeof chunk === 'string' ? Buffer.byteLength(chunk) : chunk.length), RECORD);
}

/** The packets for the clients of one namespace of one worker, in their order. */
export class PacketLog {
  /** When the newest of the dropped packets arrived here. */
  lostAt = -Infinity;
  readonly packets: Logged[] = [];
  bytes = 0;
  /** For each sender, the number up to which packets were dropped. */
  readonly lost: Record<string, number> = {};
  private readonly last: Record<string, number> = {};
  /** For each sender, the number from which its packets are here. */
  private readonly oldest: Record<string, number> = {};

  /** @param forgotten - the position of the first packet, if it copies a log that began elsewhere */
  constructor(private readonly budget: Budget, private forgotten = 0) {
    budget.add(this);
  }

  /** The position of the oldest packet. Positions do not change when older ones are dropped. */
  get first(): number { return this.forgotten; }
  /** The position after the newest packet. */
  get end(): number { return this.forgotten + this.packets.length; }
  /** Everything that has arrived here so far. */
  get seen(): Seen { return this.last; }

  /** The packets that need not be sent here. */
  get held(): Held {
    return Object.fromEntries(Object.entries(this.oldest).map(([ origin, from ]) => [ origin, [ from, this.last[origin] ]]));
  }

  add(packet: Logged): void {
    this.packets.push(packet);
    this.oldest[packet.origin] ??= packet.seq;
    this.last[packet.origin] = packet.seq;
    const bytes = bytesOf(packet);
    this.bytes += bytes;
    this.budget.take(bytes);
  }

  /** Drops the packets that arrived before `time`. */
  forget(time: number): void {
    const index = this.packets.findIndex(packet => packet.at >= time);
    this.drop(index < 0 ? this.packets.length : index);
  }

  /** Drops the oldest packets until that many bytes are free. */
  shed(bytes: number): void {
    let count = 0;
    for (let freed = 0; freed < bytes && count < this.packets.length; count++) freed += bytesOf(this.packets[count]);
    this.drop(count);
  }

  private drop(count: number): void {
    if (count === 0) return;
    const dropped = this.packets.splice(0, count);
    let bytes = 0;
    for (const packet of dropped) {
      bytes += bytesOf(packet);
      this.oldest[packet.origin] = packet.seq + 1;
      this.lost[packet.origin] = packet.seq;
    }
    this.forgotten += count;
    this.lostAt = dropped[count - 1].at;
    this.bytes -= bytes;
    this.budget.free(bytes);
  }
}
