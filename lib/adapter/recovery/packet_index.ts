// All clients of a worker may come back at once, and the log has the packets of all of them: to look at each packet for each client would
// block the worker for seconds.
import type { Logged } from './packet_log';

/** Packets in the order of a log. */
export interface PacketList {
  readonly packets: readonly Logged[];
  /** The position of the first of them in the log that they come from. */
  readonly first: number;
}

/** The number of packets up to which it is faster to look at each. */
const FEW = 64;

/** By list: the indexes of those that were searched. */
const indexes = new WeakMap<readonly Logged[], PacketIndex>();

/** Positions of the packets of a list, which may grow at its end and lose packets at its beginning. */
class PacketIndex {
  private readonly byOffset = new Map<string, number>();
  private readonly byRoom = new Map<string, number[]>();
  private readonly toAll: number[] = [];
  private end: number;

  constructor(private readonly first: number) {
    this.end = first;
  }

  /** Whether most of it is about packets that the list has lost. */
  isOutdated({ packets, first }: PacketList): boolean {
    return first - this.first > Math.max(FEW, packets.length);
  }

  extend({ packets, first }: PacketList): void {
    for (let i = Math.max(0, this.end - first); i < packets.length; i++) this.add(packets[i], first + i);
    this.end = first + packets.length;
  }

  positionOf(offset: string): number {
    return this.byOffset.get(offset) ?? -1;
  }

  /** The positions, from one on, of the packets to all clients and to these rooms. */
  positionsFor(rooms: Iterable<string>, from: number): number[] {
    const found = new Set(endOf(this.toAll, from));
    for (const room of rooms) for (const position of endOf(this.byRoom.get(room) ?? [], from)) found.add(position);
    return [ ...found ].sort((a, b) => a - b);
  }

  private add({ offset, rooms }: Logged, position: number): void {
    this.byOffset.set(offset, position);
    if (rooms.length === 0) this.toAll.push(position);
    for (const room of rooms) {
      const known = this.byRoom.get(room);
      if (known) known.push(position);
      else this.byRoom.set(room, [ position ]);
    }
  }
}

/** The numbers of an ascending list from one on. */
function endOf(numbers: readonly number[], from: number): readonly number[] {
  let [ low, high ] = [ 0, numbers.length ];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (numbers[middle] < from) low = middle + 1;
    else high = middle;
  }
  return low === 0 ? numbers : numbers.slice(low);
}

function indexOf(list: PacketList): PacketIndex {
  let index = indexes.get(list.packets);
  if (!index || index.isOutdated(list)) indexes.set(list.packets, index = new PacketIndex(list.first));
  index.extend(list);
  return index;
}

/** Returns the index in a list of the packet with an offset, or -1. */
export function placeOfPacket(list: PacketList, offset: string): number {
  const { packets, first } = list;
  if (packets.length <= FEW) return packets.findLastIndex(packet => packet.offset === offset);
  return Math.max(-1, indexOf(list).positionOf(offset) - first);
}

/** Returns the packet with an offset. */
export function findPacket(list: PacketList, offset: string): Logged | undefined {
  return list.packets[placeOfPacket(list, offset)];
}

/**
 * Returns the indexes in a list, from one on, of the packets that may be for a socket: of those to all and to its rooms. Some of them may
 * have got other rooms since.
 */
export function placesOfPackets(list: PacketList, from: number, rooms: ReadonlySet<string>): readonly number[] {
  const { packets, first } = list;
  if (packets.length - from <= FEW) return Array.from({ length: Math.max(0, packets.length - from) }, (_, i) => from + i);
  return indexOf(list).positionsFor(rooms, first + from).map(position => position - first);
}
