import { SocketIOError } from '../../base/errors';
import { sizeOf } from '../../base/size';
import { shareOf } from './wire';

/** Items that may be under way from a client, or wait for the handler. */
const WINDOW = 16;
const DONE: IteratorReturnResult<undefined> = { done: true, value: undefined };

/** The bytes of all uploads of one connection that wait for their handlers. */
export interface Waiting {
  bytes: number;
}

/** The messages to the client about one of its uploads. */
export interface UploadWire {
  /** It may send the items up to this number. */
  wanted(number: number): void;
  /** The handler wants no more. */
  unwanted(): void;
}

/** An argument of a handler whose items a client sends one by one, no faster than the handler takes them. */
export class Upload implements AsyncIterableIterator<unknown> {
  private readonly queue: { readonly item: unknown; readonly bytes: number }[] = [];
  private received = 0;
  private wanted = 0;
  private total: number | undefined;
  private error: unknown;
  private isOver = false;
  private wake: (() => void) | undefined;
  private turn: Promise<IteratorResult<unknown, undefined>> = Promise.resolve(DONE);

  constructor(private readonly wire: UploadWire, private readonly waiting: Waiting, private readonly maxBytes: number) {}

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<unknown, undefined>> {
    // Nothing waits here before the handler has begun to read.
    this.want();
    // Several may be asked for at once, and come in order.
    return this.turn = this.turn.then(this.step, this.step);
  }

  async return(): Promise<IteratorResult<unknown, undefined>> {
    if (!this.isOver && this.total === undefined) this.wire.unwanted();
    this.end();
    return DONE;
  }

  /** Whether the client may send these items now: their numbers follow each other, and are wanted. */
  mayReceive(first: number, items: readonly unknown[]): boolean {
    return first === this.received + 1 && this.total === undefined && this.received + items.length <= this.wanted;
  }

  /**
   * Gets items from the client.
   *
   * @throws {SocketIOError} `STREAM_OVERRUN`
   */
  receive(first: number, items: readonly unknown[]): void {
    // They were on their way when the handler ended.
    if (this.isOver) return;
    if (!this.mayReceive(first, items)) throw new SocketIOError('STREAM_OVERRUN');
    this.received += items.length;
    for (const item of items) {
      const bytes = sizeOf(item);
      this.waiting.bytes += bytes;
      this.queue.push({ item, bytes });
    }
    if (this.waiting.bytes > this.maxBytes) throw new SocketIOError('STREAM_OVERRUN', undefined, { details: { limit: this.maxBytes } });
    this.wake?.();
  }

  /** The client has sent everything: this number of items. */
  finish(total: number): void {
    if (this.isOver || total !== this.received) return;
    this.total = total;
    this.wake?.();
  }

  /** The event has ended: nothing more arrives, and a handler that still reads gets the error. */
  end(error?: unknown): void {
    if (this.isOver) return;
    this.isOver = true;
    this.error = error;
    for (const { bytes } of this.queue.splice(0)) this.waiting.bytes -= bytes;
    this.wake?.();
  }

  private readonly step = async (): Promise<IteratorResult<unknown, undefined>> => {
    while (this.queue.length === 0 && this.total === undefined && !this.isOver) {
      await new Promise<void>(resolve => { this.wake = resolve; });
    }
    const next = this.queue.shift();
    if (next) {
      this.waiting.bytes -= next.bytes;
      this.want();
      return { done: false, value: next.item };
    }
    if (this.error !== undefined) throw this.error;
    return DONE;
  };

  /** Lets the client send more when half of the window is free. */
  private want(): void {
    const free = this.received - this.queue.length + WINDOW - this.wanted;
    if (free < shareOf(WINDOW) || this.isOver || this.total !== undefined) return;
    this.wanted += free;
    this.wire.wanted(this.wanted);
  }
}
