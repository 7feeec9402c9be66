import { Packr } from 'msgpackr';

// The same as between workers otherwise.
const packr = new Packr({ useRecords: false, moreTypes: false });

/**
 * Encodes what an app has put somewhere, such as `socket.data`, by itself: what cannot be encoded then costs nothing but itself.
 *
 * @throws if it cannot be encoded
 */
export function carry(value: unknown): Buffer {
  return packr.pack(value);
}

/** What {@link carry} was given, as it arrives. */
export function carried(bytes: Buffer): unknown {
  return packr.unpack(bytes);
}

/** What of a value cannot be carried: names of its properties, and why. */
export function uncarriable(value: unknown): { key: string; reason: string }[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([ key, part ]) => {
    try {
      carry(part);
      return [];
    } catch (error) {
      return [{ key, reason: (error as Error).message }];
    }
  });
}
