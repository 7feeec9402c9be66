import type { Chunk } from '../../internals/packet';
import type { Client, WriteOptions } from '../../internals/socket_io';

/** Bytes that are written before checking whether the client reads. */
const PORTION = 256 * 1024;
/** Milliseconds that a client may take for a portion. */
const PATIENCE = 10_000;
/** Bytes that may arrive for a client while it has not read the missed packets. */
const MOST_WAITING = 32 * 1024 * 1024;

interface Write {
  readonly chunks: readonly unknown[];
  readonly options: WriteOptions;
  readonly bytes: number;
  /** Missed packets, not new ones. */
  readonly isOld: boolean;
}

function sizeOf(chunks: readonly unknown[], { wsPreEncodedFrame }: WriteOptions): number {
  return (wsPreEncodedFrame ?? chunks as readonly Chunk[]).reduce((sum, { length }) => sum + length, 0);
}

const CATCHING_UP = Symbol('Client#catchingUp');

/**
 * Writes to one connection the packets that its client has missed, as fast as the client reads, and only then the packets that arrive in
 * the meantime.
 */
class CatchUp {
  private readonly queue: Write[] = [];
  /** Bytes of new packets in the queue. */
  private waiting = 0;
  private isWriting = false;
  private missed: readonly (readonly Chunk[])[] = [];
  private timer: NodeJS.Timeout | undefined;
  private readonly original: Pick<Client, 'writeToEngine' | 'close'>;

  constructor(private readonly client: Client) {
    const { writeToEngine, close } = client;
    this.original = { writeToEngine, close };
    client.writeToEngine = (chunks, options) => this.put(Array.isArray(chunks) ? chunks : [ chunks ], options);
    // The app disconnects it: everything sent before is still written.
    client.close = () => {
      this.write(this.queue.splice(0));
      this.end();
      client.close();
    };
    client.conn.once('close', () => {
      clearTimeout(this.timer);
      this.queue.length = 0;
    });
  }

  /** The next packet here answers a CONNECT; after it come the packets that its socket has missed. */
  afterNext(missed: readonly (readonly Chunk[])[]): void {
    this.missed = missed;
  }

  private put(chunks: readonly unknown[], options: WriteOptions): void {
    // A client that still has packets to read is not ready.
    if (options.volatile) return;
    const bytes = sizeOf(chunks, options);
    this.queue.push({ chunks, options, bytes, isOld: false });
    this.waiting += bytes;
    for (const missed of this.missed) this.queue.push({ chunks: missed, options: {}, bytes: sizeOf(missed, {}), isOld: true });
    this.missed = [];
    if (this.waiting > MOST_WAITING) this.terminate();
    if (!this.isWriting) this.next();
  }

  private next(): void {
    clearTimeout(this.timer);
    this.isWriting = true;
    let bytes = 0;
    let count = 0;
    while (count < this.queue.length && bytes < PORTION) bytes += this.queue[count++].bytes;
    const portion = this.queue.splice(0, count);
    if (this.queue.length === 0) {
      this.write(portion);
      this.end();
      return;
    }
    this.timer = setTimeout(() => this.terminate(), PATIENCE).unref();
    this.write(portion, () => this.next());
  }

  private write(portion: readonly Write[], onWritten?: () => void): void {
    const { conn } = this.client;
    portion.forEach(({ chunks, options, bytes, isOld }, i) => {
      if (!isOld) this.waiting -= bytes;
      chunks.forEach((chunk, j) => {
        const isLast = i === portion.length - 1 && j === chunks.length - 1;
        conn.write(chunk, options, isLast ? onWritten : undefined);
      });
    });
  }

  private end(): void {
    clearTimeout(this.timer);
    Object.assign(this.client, this.original, { [CATCHING_UP]: undefined });
  }

  /** The client may reconnect: the packets that it has not got are still kept. */
  private terminate(): void {
    const { conn } = this.client;
    // Not now: disconnect handlers would run in the middle of a send, perhaps to many clients.
    process.nextTick(() => {
      (conn.transport as { socket?: { terminate?(): void } }).socket?.terminate?.();
      conn.close(true);
    });
  }
}

/**
 * Sends the missed packets to a client that is about to get the answer to its CONNECT: after that answer, because a client that loses its
 * connection before it keeps what it has got and would get it again; and as fast as it reads, because sending all at once would look like
 * a client that does not read.
 *
 * @param missed - encoded events, oldest first
 */
export function catchUp(client: Client, missed: readonly (readonly Chunk[])[]): void {
  if (missed.length === 0) return;
  const holder = client as Client & { [CATCHING_UP]?: CatchUp };
  holder[CATCHING_UP] ??= new CatchUp(client);
  holder[CATCHING_UP].afterNext(missed);
}
