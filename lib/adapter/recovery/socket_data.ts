import { Once } from '../../base/once';
import { carry, uncopyable } from './packed_data';
import { plainCopy } from '../../base/plain_copy';

/** The owner of the data, and its purpose. */
export interface Cargo {
  readonly nsp: string;
  readonly sid: string;
  readonly data: unknown;
}

function keysOf(data: unknown): string {
  const keys = uncopyable(data).map(({ key, reason }) => `ctx.data.${key} (${reason})`);
  return keys.length > 0 ? keys.join(', ') : 'ctx.data';
}

/** The data without the values that cannot be copied. */
function carriablePartOf(data: unknown): object {
  const left = new Set(uncopyable(data).map(({ key }) => key));
  return left.size === 0 ? {} : Object.fromEntries(Object.entries(data as object).filter(([ key ]) => !left.has(key)));
}

function bytesOf(data: unknown): number {
  try {
    return carry(data).length;
  } catch {
    return carry(carriablePartOf(data)).length;
  }
}

/** Copies `socket.data` for other workers. A value that cannot be copied only affects its own client, and is logged once. */
export class SocketDataCopier {
  private readonly named = { session: new Once(), fetched: new Once(), size: new Once() };

  private hasRefused = false;

  /** @param warn - gets a line for the log */
  constructor(private readonly warn: (line: string) => void) {}

  /** The data of a session that moves to another worker, or `undefined` if that is not possible. */
  carry({ nsp, sid, data }: Cargo): Buffer | undefined {
    try {
      return carry(data);
    } catch {
      this.refuse({ nsp, sid, data });
      return undefined;
    }
  }

  /** The data of a session for its replica, or `undefined` if that is not possible; only the first case is logged. */
  copy(cargo: Cargo): Buffer | undefined {
    try {
      return carry(cargo.data);
    } catch {
      // Each client of such an app would be logged when it connects.
      if (!this.hasRefused) this.refuse(cargo);
      this.hasRefused = true;
      return undefined;
    }
  }

  /** Logs that a client cannot be recovered, because its data cannot be copied. */
  refuse({ nsp, sid, data }: Cargo): void {
    this.name('session', data, () => `namespace ${nsp}, socket ${sid}: its client cannot be recovered on another worker, because ${keysOf(data)} cannot be copied.`);
  }

  /**
   * The approximate size of the data of a client that may reconnect, in bytes. Values that cannot be copied do not count.
   *
   * @param most - the limit
   * @return `undefined` if it is larger, which is then logged
   */
  weigh({ nsp, sid, data }: Cargo, most: number): number | undefined {
    const bytes = bytesOf(data);
    if (bytes <= most) return bytes;
    this.name('size', data, () => `namespace ${nsp}, socket ${sid}: its client cannot be recovered, because its ctx.data has ${bytes} bytes, more than config.socketio.connectionStateRecovery.maxDataBytes (${most}) allows.`);
    return undefined;
  }

  /** The data of a socket for `fetchSockets()` of another worker, without values that cannot be copied. */
  show({ nsp, sid, data }: Cargo): unknown {
    try {
      return plainCopy(data);
    } catch {
      this.name('fetched', data, () => `namespace ${nsp}, socket ${sid}: fetchSockets() on another worker does not see ${keysOf(data)}, which cannot be copied.`);
      return plainCopy(carriablePartOf(data));
    }
  }

  private name(use: keyof SocketDataCopier['named'], data: unknown, line: () => string): void {
    const isNamed = typeof data === 'object' && data !== null && !this.named[use].isFirst(data);
    if (!isNamed) this.warn(line());
  }
}
