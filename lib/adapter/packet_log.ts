import type { Chunk } from '../internals/packet';
import type { Budget } from './recovery_budget';

/** A packet that a client which comes back may have missed. */
export interface Kept {
  /** Its offset: the client tells the last one that it has got. */
  readonly offset: string;
  readonly rooms: readonly string[];
  readonly except: readonly string[];
  /** Empty once it had to be let go of for want of room: who has missed this packet cannot be recovered. */
  chunks: readonly Chunk[];
}

/** A packet in the log of a worker. */
export interface Logged extends Kept {
  /** The tag of the worker (or agent) that sent it, and its number there. */
  readonly origin: string;
  readonly seq: number;
  /** Whether it went to the other workers as well. */
  readonly shared: boolean;
  /** When it came to the worker that logged it. */
  readonly at: number;
}

/** Of each sender, from which number to which a worker has all packets that were sent to all workers. */
export type Held = Readonly<Record<string, readonly [from: number, to: number]>>;

/** Of each sender the highest number. All that it has sent before is in it, because the order of a sender is kept. */
export type Seen = Readonly<Record<string, number>>;

const OFFSET = /^([\w-]{8}):([0-9a-z]{1,11})$/;
/** Bytes that a packet takes besides what is sent. */
const RECORD = 300;

export function offsetOf(origin: string, seq: number): string {
  return `${origin}:${seq.toString(36)}`;
}

/** Whether a client's offset can be one of ours. It may be any text: clients take whatever string comes last in an event. */
export function isOffset(offset: string): boolean {
  return OFFSET.test(offset);
}

/** Who has sent the packet with this offset, and its number there. */
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
  return chunks.reduce((sum, chunk) => sum + (typeof chunk === 'string' ? Buffer.byteLength(chunk) : chunk.length), RECORD);
}

/** The packets that went to the clients of one namespace of one worker, in the order in which they did. */
export class PacketLog {
  /** When the newest of the packets that it has let go of came here. */
  lostAt = -Infinity;
  readonly packets: Logged[] = [];
  bytes = 0;
  /** Of each sender, up to which number it has let go of packets. */
  readonly lost: Record<string, number> = {};
  private forgotten = 0;
  private readonly last: Record<string, number> = {};
  /** Of each sender, from which number on its packets are here. */
  private readonly oldest: Record<string, number> = {};

  constructor(private readonly budget: Budget) {
    budget.add(this);
  }

  /** The position of the oldest packet. Positions are not changed when older ones are let go of. */
  get first(): number { return this.forgotten; }
  /** The position behind the newest packet. */
  get end(): number { return this.forgotten + this.packets.length; }
  /** What has come here so far. */
  get seen(): Seen { return this.last; }

  /** What need not be sent here. */
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

  /** Lets go of what came here before `time`. */
  forget(time: number): void {
    const index = this.packets.findIndex(packet => packet.at >= time);
    this.drop(index < 0 ? this.packets.length : index);
  }

  /** Lets go of the oldest packets, until so many bytes are free. */
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
