import { bytesOf, type Logged } from './packet_log';
import type { Budget, Holder } from './recovery_budget';

/** Packets that a worker which has closed left behind, and that are not in this worker's log. */
export class InheritedPackets implements Holder {
  bytes = 0;
  /** By offset, because several workers may leave the same. */
  private readonly packets = new Map<string, Logged>();

  constructor(private readonly budget: Budget) {
    budget.add(this);
  }

  get size(): number { return this.packets.size; }

  find(offset: string): Logged | undefined {
    return this.packets.get(offset);
  }

  add(packet: Logged): void {
    this.packets.set(packet.offset, packet);
    const bytes = bytesOf(packet);
    this.bytes += bytes;
    this.budget.take(bytes);
  }

  /** Lets go of what was logged before `time`. */
  forget(time: number): void {
    for (const packet of this.packets.values()) {
      if (packet.at < time) this.remove(packet);
    }
  }

  /** Sessions refer to the packets, so it is their content that is let go of. */
  shed(bytes: number): void {
    let freed = 0;
    for (const packet of this.packets.values()) {
      if (freed >= bytes) return;
      freed += this.remove(packet);
      packet.chunks = [];
    }
  }

  private remove(packet: Logged): number {
    const bytes = bytesOf(packet);
    this.packets.delete(packet.offset);
    this.bytes -= bytes;
    this.budget.free(bytes);
    return bytes;
  }
}
