import { pack, unpack } from '../../cluster/frames';
import { plainCopy } from '../../base/plain_copy';

/**
 * Encodes the app's own data, such as `socket.data`, separately: data that cannot be encoded then affects nothing else.
 *
 * @throws if it cannot be encoded
 */
export function carry(value: unknown): Buffer {
  return pack(plainCopy(value));
}

/** Decodes the value of {@link carry}. */
export function carried(bytes: Buffer): unknown {
  return unpack(bytes);
}

/** The parts of a value that cannot be encoded: names of its properties, and the reason. */
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
