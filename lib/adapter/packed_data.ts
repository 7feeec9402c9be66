import { pack, unpack } from '../cluster/frames';
import { plainCopy } from './plain_copy';

/**
 * Encodes what an app has put somewhere, such as `socket.data`, by itself: what cannot be encoded then costs nothing but itself.
 *
 * @throws if it cannot be encoded
 */
export function carry(value: unknown): Buffer {
  return pack(plainCopy(value));
}

/** What {@link carry} was given, as it arrives. */
export function carried(bytes: Buffer): unknown {
  return unpack(bytes);
}

/** What of a value cannot be carried: names of its properties, and why. */
export function uncopyable(value: unknown): { key: string; reason: string }[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([ key, part ]) => {
    try {
      plainCopy(part);
      return [];
    } catch (error) {
      return [{ key, reason: (error as Error).message }];
    }
  });
}
