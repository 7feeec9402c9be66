/** The most bytes of one item: the server takes a message of 1 MB at most, and keeps several items for its handler. */
const PIECE = 65_536;

interface Source {
  next(): PromiseLike<IteratorResult<unknown, unknown>>;
  return?(): unknown;
}

interface Reader { read(): PromiseLike<IteratorResult<unknown, unknown>>; cancel(): unknown }

type Streamed = Partial<AsyncIterable<unknown> & { getReader(): Reader }>;

/** Whether an argument is sent item by item. */
export function isStreamed(value: unknown): boolean {
  const { getReader, [Symbol.asyncIterator]: iterate } = Object(value) as Streamed;
  return typeof getReader === 'function' || typeof iterate === 'function';
}

function open(value: Streamed): Source {
  // Not every browser can iterate over a stream.
  const reader = value.getReader?.();
  return reader ? { next: () => reader.read(), return: () => reader.cancel() } : value[Symbol.asyncIterator]!();
}

function piecesOf(item: unknown): unknown[] {
  if (!(item instanceof Uint8Array) || item.length <= PIECE) return [ item ];
  return Array.from({ length: Math.ceil(item.length / PIECE) }, (_, i) => item.slice(i * PIECE, (i + 1) * PIECE));
}

/** An argument that is sent item by item, no faster than the server wants them. */
export class Upload {
  private source: Source | undefined;
  private sent = 0;
  private wanted = 0;
  private isOver = false;
  private wake: (() => void) | undefined;

  /**
   * @param index - the place of the argument
   * @param fail - gets the error of the argument
   */
  constructor(
    private readonly value: unknown, private readonly index: number,
    private readonly send: (op: string, ...args: unknown[]) => void, private readonly fail: (error: unknown) => void,
  ) {}

  /** The server wants the items up to this number. */
  want(number: number): void {
    this.wanted = number;
    if (this.source || this.isOver) {
      this.wake?.();
      return;
    }
    this.source = open(this.value as Streamed);
    this.run(this.source).catch(error => {
      if (!this.isOver) this.fail(error);
    });
  }

  /** Nobody wants the rest. */
  stop(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.wake?.();
    // The caller's own code may fail, and nobody needs it any more.
    new Promise(resolve => { resolve(this.source?.return?.()); }).catch(() => undefined);
  }

  private async mayGoOn(): Promise<boolean> {
    while (this.sent >= this.wanted && !this.isOver) await new Promise<void>(resolve => { this.wake = resolve; });
    return !this.isOver;
  }

  private async run(source: Source): Promise<void> {
    while (await this.mayGoOn()) {
      const { done, value } = await source.next();
      if (this.isOver) return;
      if (done) {
        this.isOver = true;
        this.send('done', this.index, this.sent);
        return;
      }
      for (const item of piecesOf(value)) {
        if (!await this.mayGoOn()) return;
        this.sent += 1;
        this.send('items', this.index, this.sent, [ item ]);
      }
    }
  }
}
