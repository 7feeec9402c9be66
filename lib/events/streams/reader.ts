import { SocketIOError } from '../../base/errors';
import { CANCELLED } from './pump';
import { shareOf } from './wire';

/** A stream as its readers see it. */
export interface Readable {
  /** Items that may be under way to it. */
  readonly window: number;
  /** Milliseconds that it may take for the next item; `Infinity` for as long as it likes. */
  readonly patience: number;
  /** The number of the last item so far. */
  readonly last: number;
  /** The answer at the end of the stream, if that has come. */
  readonly ending: { readonly value: unknown } | undefined;
  /** Returns `most` items for one message, or fewer; `undefined` if they are not kept any more. */
  read(from: number, most: number): unknown[] | undefined;
  /** A reader has taken this number of items. */
  take(items: number): void;
  /** A reader is gone. */
  detach(reader: Reader): void;
  /** A reader is gone because it wants no more. */
  cancel(reader: Reader, reason: unknown): void;
}

/** The way to one reader: a client of this worker, or one of another worker. */
export interface Sink {
  /**
   * @param window - items that may be under way
   * @param key - of the stream
   * @param resume - milliseconds that it is kept without a reader
   */
  begin(window: number, key: string, resume: number): void;
  items(first: number, items: unknown[]): void;
  /** @param answer - as of an ack */
  end(answer: unknown): void;
}

/** A client that takes items, as its namespace knows it. */
export interface Reading {
  /** Whether it should say now that it has taken this number of items. */
  isDue(items: number): boolean;
  /** It has taken this number of items. */
  take(items: number): void;
  /** It wants no more. */
  cancel(): void;
  /** It is gone. */
  leave(): void;
}

function answerOf(error: SocketIOError) {
  const { code, message } = error;
  return { error: { code, message } };
}

/** The end of a stream for a client that can read it no longer. */
export function lostAnswer() {
  return answerOf(new SocketIOError('STREAM_LOST'));
}

/** A client that reads a kept stream, at its own pace. */
export class Reader implements Reading {
  isOver = false;
  private sent: number;
  private taken: number;
  private timer: NodeJS.Timeout | undefined;

  /** @param from - the number of the first item that it wants */
  constructor(private readonly stream: Readable, private readonly sink: Sink, from: number) {
    this.sent = this.taken = from - 1;
  }

  isDue(items: number): boolean {
    return items <= this.sent && items - this.taken >= shareOf(this.stream.window);
  }

  take(items: number): void {
    if (items <= this.taken || items > this.sent) return;
    this.taken = items;
    clearTimeout(this.timer);
    this.timer = undefined;
    this.stream.take(items);
    this.push();
  }

  /** Sends the items that it may get, and then the end. */
  push(): void {
    while (!this.isOver && this.sent !== this.stream.last) {
      const most = this.stream.window - (this.sent - this.taken);
      if (most <= 0) {
        this.expectTaking();
        return;
      }
      this.pushSome(most);
    }
    if (this.stream.ending) this.end(this.stream.ending.value);
  }

  cancel(): void {
    this.end({ end: this.sent }, () => this.stream.cancel(this, new SocketIOError(CANCELLED)));
  }

  leave(): void {
    this.end(undefined);
  }

  /**
   * It gets nothing more.
   *
   * @param answer - the last thing that it gets; `undefined` if it is gone
   */
  end(answer: unknown, leave = () => this.stream.detach(this)): void {
    if (this.isOver) return;
    this.isOver = true;
    clearTimeout(this.timer);
    leave();
    if (answer !== undefined) this.sink.end(answer);
  }

  private expectTaking(): void {
    const { patience } = this.stream;
    if (patience < Infinity) this.timer ??= setTimeout(() => this.end(answerOf(new SocketIOError('STREAM_IDLE'))), patience).unref();
  }

  private pushSome(most: number): void {
    const first = this.sent + 1;
    const items = this.stream.read(first, most);
    if (!items) {
      this.end(lostAnswer());
      return;
    }
    this.sent += items.length;
    try {
      this.sink.items(first, items);
    } catch (error) {
      // The message may be too large for the link to another worker. It must not affect the handler and the other readers.
      this.end(answerOf(error instanceof SocketIOError ? error : new SocketIOError('INTERNAL')));
    }
  }
}
