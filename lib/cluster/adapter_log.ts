import type { Chunk } from './adapter_packet';

/** A packet that a client which comes back may have missed. */
export interface Kept {
  /** Its offset: the client tells the last one that it has got. */
  readonly offset: string;
  readonly rooms: readonly string[];
  readonly except: readonly string[];
  readonly chunks: readonly Chunk[];
}

/** A packet in the log of a worker. */
export interface Logged extends Kept {
  /** The tag of the worker (or agent) that sent it, and its number there. */
  readonly origin: string;
  readonly seq: number;
  /** Whether it went to the other workers as well. */
  readonly shared: boolean;
  /** When it came here. */
  readonly at: number;
}

/** Of each sender the highest number. All that it has sent before is in it, because the order of a sender is kept. */
export type Seen = Readonly<Record<string, number>>;

const OFFSET = /^[\w-]{8}:[0-9a-z]{1,11}$/;

export function offsetOf(origin: string, seq: number): string {
  return `${origin}:${seq.toString(36)}`;
}

/** Whether a client's offset can be one of ours. It may be any text: clients take whatever comes last in an event. */
export function isOffset(offset: string): boolean {
  return OFFSET.test(offset);
}

export function mergeSeen(a: Seen, b: Seen): Seen {
  const merged: Record<string, number> = { ...a };
  for (const [ origin, seq ] of Object.entries(b)) merged[origin] = Math.max(seq, merged[origin] ?? seq);
  return merged;
}

/** The packets that went to the clients of one namespace of one worker, in the order in which they did. */
export class PacketLog {
  private readonly packets: Logged[] = [];
  private forgotten = 0;
  private readonly last: Record<string, number> = {};

  /** The position behind the newest packet. Positions are not changed by {@link forget}. */
  get end(): number { return this.forgotten + this.packets.length; }
  /** What has come here so far. */
  get seen(): Seen { return this.last; }

  add(packet: Logged): void {
    this.packets.push(packet);
    this.last[packet.origin] = packet.seq;
  }

  /** The position of a packet, or -1. Most clients are not away for long, so that theirs is among the newest. */
  find(offset: string): number {
    const index = this.packets.findLastIndex(packet => packet.offset === offset);
    return index < 0 ? -1 : this.forgotten + index;
  }

  /** The packets from a position on that a predicate takes. */
  from(position: number, takes: (packet: Logged, position: number) => boolean): readonly Logged[] {
    const taken: Logged[] = [];
    for (let i = Math.max(0, position - this.forgotten); i < this.packets.length; i++) {
      if (takes(this.packets[i], this.forgotten + i)) taken.push(this.packets[i]);
    }
    return taken;
  }

  /** Lets go of what came here before `time`. */
  forget(time: number): void {
    const index = this.packets.findIndex(packet => packet.at >= time);
    const count = index < 0 ? this.packets.length : index;
    this.packets.splice(0, count);
    this.forgotten += count;
  }
}
