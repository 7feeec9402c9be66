import type { RedisClient } from './types';

/** Milliseconds between two checks of the stream. */
const INTERVAL = 1000;
/** The number of consecutive checks, if the removed entries are small and the remaining ones large. */
const MOST_ROUNDS = 10;
/** The share of the limit that remains after a removal, so that not every message causes one. */
const LEFT = 7 / 8;

/** A client of ioredis or of `redis`. */
interface Commands {
  call?(...args: string[]): Promise<unknown>;
  sendCommand?(args: string[]): Promise<unknown>;
}

/** The parts that are watched. */
export interface WatchedStream {
  readonly client: RedisClient;
  readonly name: string;
  readonly maxBytes: number;
  /** Runs a command that is not a message, whose failure loses nothing. */
  aside<T>(send: () => T): T;
  /** Gets a line for the log. */
  warn(line: string): void;
}

/**
 * Limits the memory of a stream. Redis only limits the number of its entries, and one with a broadcast of a megabyte counts as one too:
 * ten thousand of them would be ten gigabytes.
 */
export class StreamBytes {
  private timer: NodeJS.Timeout | undefined;
  private isClosed = false;

  constructor(private readonly stream: WatchedStream) {}

  /** Starts to check. */
  watch(): void {
    if (this.isClosed) return;
    this.timer = setTimeout(() => void this.look(), INTERVAL).unref();
  }

  close(): void {
    this.isClosed = true;
    clearTimeout(this.timer);
  }

  private async look(): Promise<void> {
    try {
      for (let round = 0; round < MOST_ROUNDS && await this.trim(); round++);
    } catch (error) {
      // Redis is away, or denies the command: only the latter lasts.
      if (/NOPERM|unknown (sub)?command/i.test((error as Error).message)) {
        this.stream.warn(`Redis does not report the size of the stream (${(error as Error).message}), so config.socketio.adapter: streams.maxBytes has no effect. Allow MEMORY, XLEN and XTRIM, or set a small streams.maxLen.`);
        return;
      }
    }
    this.watch();
  }

  /** @return whether something was dropped */
  private async trim(): Promise<boolean> {
    const { name, maxBytes } = this.stream;
    const bytes = Number(await this.send('MEMORY', 'USAGE', name, 'SAMPLES', '0') ?? 0);
    if (bytes <= maxBytes) return false;
    const length = Number(await this.send('XLEN', name));
    const left = Math.max(1, Math.floor(length * LEFT * maxBytes / bytes));
    if (left >= length) return false;
    await this.send('XTRIM', name, 'MAXLEN', String(left));
    return true;
  }

  private send(...args: string[]): Promise<unknown> {
    const { client, aside } = this.stream;
    const { call, sendCommand } = client as Commands;
    return aside(async () => (call ? call.apply(client, args) : sendCommand!.call(client, args)));
  }
}
