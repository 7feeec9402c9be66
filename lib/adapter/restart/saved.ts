import { readFileSync } from 'node:fs';
import { machineClock } from '../../base/machine_clock';
import type { HandoverPart } from '../recovery/handover';

/** The messages in a file, in this order. */
export type Saved = { readonly tag: string; readonly peers: readonly string[]; readonly at: number }
| { readonly nsp: string; readonly part: HandoverPart }
/** The log is not complete. */
| { readonly isCut: true };

/** When a file was begun, on both clocks, and the start of the machine to which the clock of the machine belongs. */
export interface WrittenAt {
  /** As of `Date.now()`. */
  readonly at: number;
  /** As of {@link machineClock}. */
  readonly clock: number;
  /** Unset where the system does not tell. */
  readonly boot?: string;
}

/** The last start of this machine; `undefined` where the system does not tell. */
function bootId(): string | undefined {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return undefined;
  }
}

export function writtenNow(): WrittenAt {
  return { at: Date.now(), clock: machineClock.now(), boot: bootId() };
}

/**
 * Returns the messages of a file with times of the clock of this machine. If it was written before the machine was last started, or on
 * another one, as a volume may be, only `Date.now()` tells how long ago that was.
 */
export function withTimesOfThisMachine(messages: readonly Saved[], { at, clock, boot }: WrittenAt): readonly Saved[] {
  if (boot !== undefined && boot === bootId()) return messages;
  const shift = machineClock.now() - (Date.now() - at) - clock;
  return messages.map(message => {
    if ('part' in message) return { ...message, part: shifted(message.part, shift) };
    return 'at' in message ? { ...message, at: message.at + shift } : message;
  });
}

function shifted({ rows, stretches, sessions }: HandoverPart, by: number): HandoverPart {
  return {
    stretches,
    rows: rows.map(([ offset, at, ...rest ]) => [ offset, at + by, ...rest ]),
    sessions: sessions.map(({ disconnectedAt, connectedAt, start, way, ...session }) => ({
      ...session,
      disconnectedAt: disconnectedAt + by, connectedAt: connectedAt + by, start: { ...start, at: start.at + by },
      way: way.map(({ stretch, entry: { before, ...entry } }) => ({
        stretch, entry: before ? { ...entry, before: { ...before, since: before.since + by } } : entry,
      })),
    })),
  };
}
