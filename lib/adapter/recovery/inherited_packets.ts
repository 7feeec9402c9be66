import { bytesOf, type Logged } from './packet_log';
import type { Budget, Holder } from './budget';

/** Packets of a worker that has closed, which are not in this worker's log. */
export class InheritedPackets implements Holder {
  bytes = 0;
  /** By offset, because several workers may leave the same one. */
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

  /** Drops the packets logged before `time`. */
  forget(time: number): void {
    for (const packet of this.packets.values()) {
      if (packet.at < time) this.remove(packet);
    }
  }

  /** Sessions refer to the packets, so only their content is dropped. */
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
