/** Approximate bytes of a message: more items in it would not make an item noticeably cheaper. */
export const MOST_BYTES = 16 * 1024;

/** Whether a value arrives as attachments of its packet, or may do so: nobody knows what the app's own `toJSON` returns. */
function isBinary(value: object): boolean {
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer || value instanceof Blob) return true;
  return typeof (value as { toJSON?: unknown }).toJSON === 'function' && !(value instanceof Date);
}

/** Returns the approximate bytes of an item, and {@link MOST_BYTES} for one that has to be sent alone. */
export function weigh(item: unknown): number {
  if (typeof item === 'string') return item.length;
  if (typeof item !== 'object' || item === null) return 8;
  let bytes = 0;
  const left: unknown[] = [ item ];
  while (left.length > 0 && bytes < MOST_BYTES) {
    const value = left.pop();
    bytes += 8;
    if (typeof value === 'string') bytes += value.length;
    if (typeof value !== 'object' || value === null) continue;
    // A client closes its connection if a packet has more than ten attachments.
    if (isBinary(value)) return MOST_BYTES;
    for (const part of Array.isArray(value) ? value as unknown[] : Object.values(value)) left.push(part);
  }
  return bytes;
}

/**
 * Collects the items that a source yields without waiting for anything, so that they become one message. None is kept longer than the
 * source takes to wait, and all of them together are not much larger than {@link MOST_BYTES}.
 */
export class Batch {
  private items: unknown[] = [];
  private bytes = 0;
  private last = 0;
  private isScheduled = false;

  /**
   * @param emit - sends items, of which the first one has this number; may throw
   * @param onError - gets the errors of items that are sent by themselves, and not by a call of {@link flush}
   */
  constructor(private readonly emit: (first: number, items: unknown[]) => void, private readonly onError: (error: unknown) => void) {}

  /** The number of the last item. */
  get count(): number {
    return this.last;
  }

  /** @throws if an earlier item, or this one, cannot be sent */
  add(item: unknown): void {
    const bytes = weigh(item);
    if (this.bytes + bytes > MOST_BYTES) this.flush();
    this.last += 1;
    this.items.push(item);
    this.bytes += bytes;
    if (this.bytes >= MOST_BYTES) {
      this.flush();
    } else if (!this.isScheduled) {
      this.isScheduled = true;
      // Runs after all microtasks, which are the steps of a source that does not wait.
      process.nextTick(this.flushLate);
    }
  }

  /**
   * Sends all items.
   *
   * @throws if one of them cannot be sent; those before it are sent
   */
  flush(): void {
    const { items } = this;
    if (items.length === 0) return;
    const first = this.last - items.length + 1;
    this.items = [];
    this.bytes = 0;
    try {
      this.emit(first, items);
    } catch (error) {
      if (items.length === 1) throw error;
      items.forEach((item, i) => this.emit(first + i, [ item ]));
    }
  }

  private readonly flushLate = (): void => {
    this.isScheduled = false;
    try {
      this.flush();
    } catch (error) {
      this.onError(error);
    }
  };
}
