import type { Logged } from './packet_log';

/**
 * Packets that other workers have sent, and that have not arrived here yet. A client that has missed one of them cannot be recovered until
 * it is here.
 */
export class ExpectedPackets {
  /** By offset. */
  private readonly entries = new Map<string, Logged[]>();

  /** Returns the entry that gets its content when the packet arrives. */
  add(packet: Logged): Logged {
    this.entries.set(packet.offset, [ ...this.entries.get(packet.offset) ?? [], packet ]);
    return packet;
  }

  /** A packet has arrived. */
  arrived({ offset, rooms, except, chunks }: Logged): void {
    if (this.entries.size === 0) return;
    for (const entry of this.entries.get(offset) ?? []) Object.assign(entry, { rooms, except, chunks });
    this.entries.delete(offset);
  }

  /** Forgets the packets that were sent before a time. */
  forget(before: number): void {
    for (const [ offset, [{ at }]] of this.entries) if (at < before) this.entries.delete(offset);
  }
}
