import { carry, uncarriable } from './carried';
import { plainCopy } from './plain_copy';

/** Whose data it is, and what it is needed for. */
export interface Cargo {
  readonly nsp: string;
  readonly sid: string;
  readonly data: unknown;
}

function keysOf(data: unknown): string {
  const keys = uncarriable(data).map(({ key, reason }) => `ctx.data.${key} (${reason})`);
  return keys.length > 0 ? keys.join(', ') : 'ctx.data';
}

/** Copies `socket.data` for other workers. What cannot be copied costs nobody but its own client, and is named in the log once. */
export class DataCarrier {
  private readonly named = { session: new WeakSet(), fetched: new WeakSet() };

  /** @param warn - gets a line for the log */
  constructor(private readonly warn: (line: string) => void) {}

  /** The data of a session that moves to another worker, or `undefined` if that is not possible. */
  carry({ nsp, sid, data }: Cargo): Buffer | undefined {
    try {
      return carry(data);
    } catch {
      this.name('session', data, () => `namespace ${nsp}, socket ${sid}: its client cannot be recovered on another worker, because ${keysOf(data)} cannot be copied.`);
      return undefined;
    }
  }

  /** The data of a socket for `fetchSockets()` of another worker, without what cannot be copied. */
  show({ nsp, sid, data }: Cargo): unknown {
    try {
      return plainCopy(data);
    } catch {
      this.name('fetched', data, () => `namespace ${nsp}, socket ${sid}: fetchSockets() on another worker does not see ${keysOf(data)}, which cannot be copied.`);
      const left = new Set(uncarriable(data).map(({ key }) => key));
      if (left.size === 0) return {};
      return plainCopy(Object.fromEntries(Object.entries(data as object).filter(([ key ]) => !left.has(key))));
    }
  }

  private name(use: 'session' | 'fetched', data: unknown, line: () => string): void {
    if (typeof data === 'object' && data !== null) {
      if (this.named[use].has(data)) return;
      this.named[use].add(data);
    }
    this.warn(line());
  }
}
