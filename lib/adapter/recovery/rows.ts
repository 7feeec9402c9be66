import { findPacket } from './packet_index';
import { type Held, type Logged, parseOffset } from './packet_log';
import type { Chunk } from '../../internals/packet';
import type { Recovery } from './recovery';

/** Milliseconds by which a packet may reach one worker later than another. */
export const SLOWEST_LINK = 30_000;

/** A packet on its way to another worker; without its content if the other has that. */
export type Row = readonly [
  offset: string, at: number, shared: boolean, rooms: readonly string[], except: readonly string[], chunks: readonly Chunk[] | null,
];

function isHeld({ origin, seq, shared }: Logged, held: Held): boolean {
  if (!shared || !Object.hasOwn(held, origin)) return false;
  const [ from, to ] = held[origin];
  return seq >= from && seq <= to;
}

/**
 * The form in which a packet is sent.
 *
 * @param held - what the other worker has
 * @param isWanted - false for a packet that is only a place in the log, to which an offset may refer
 */
export function toRow(packet: Logged, held: Held, isWanted = true): Row {
  const { offset, at, shared, rooms, except, chunks } = packet;
  if (!isWanted) return [ offset, at, shared, rooms, except, []];
  return [ offset, at, shared, rooms, except, isHeld(packet, held) ? null : chunks ];
}

/** Restores packets from rows. Packets that this worker has are not kept twice. */
export class RowReader {
  constructor(private readonly recovery: Recovery) {}

  read([ offset, at, shared, rooms, except, chunks ]: Row): Logged {
    const { heirlooms, log } = this.recovery;
    const packet: Logged = { offset, ...parseOffset(offset), at, shared, rooms, except, chunks: [] };
    // Only a place in the log, whatever this worker has with that offset.
    if (chunks?.length === 0) return packet;
    // The link of this worker may have been faster.
    const known = findPacket(log, offset);
    if (known) return { ...packet, chunks: known.chunks };
    const heirloom = heirlooms.find(offset);
    if (heirloom || !chunks) return heirloom ?? packet;
    // A Buffer from a link is a part of a larger one.
    packet.chunks = chunks.map(chunk => (typeof chunk === 'string' ? chunk : Buffer.from(chunk)));
    heirlooms.add(packet);
    return packet;
  }
}
