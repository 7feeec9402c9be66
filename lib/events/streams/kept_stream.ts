import { randomBytes } from 'node:crypto';
import { SocketIOError } from '../../base/errors';
import { plainCopy } from '../../base/plain_copy';
import { sizeOf } from '../../base/size';
import { assertItemSendable } from '../../internals/sendable';
import { MOST_BYTES, weigh } from './batch';
import type { Outlet } from './pump';
import { lostAnswer, type Readable, Reader, type Sink } from './reader';
import { Turns } from './turns';

/** Approximate bytes of memory that an item takes besides its content. */
const OVERHEAD = 64;

/** An item that is kept. */
interface Kept {
  readonly item: unknown;
  /** In a message. */
  readonly weight: number;
  /** In memory. */
  readonly bytes: number;
}

/** The settings of a kept stream, as its handler declares them. */
export interface Keeping {
  /** Items that may be under way to one reader. */
  readonly window: number;
  /** Milliseconds that the stream is kept without a reader. */
  readonly resume: number;
}

/** The place where a stream is kept, with all others of its worker. */
export interface Keeper {
  /** Approximate bytes that one stream may keep. */
  readonly maxStreamBytes: number;
  /** Milliseconds that a reader may take for the next item. */
  readonly patience: number;
  /** Whether all streams together keep less than they may. */
  readonly hasRoom: boolean;
  /** The stream keeps more bytes, or fewer. */
  count(bytes: number): void;
  remove(stream: KeptStream): void;
}

/** A stream that goes on without its client, and keeps its items for all who read it. */
export class KeptStream implements Outlet, Readable {
  /** Lets a client read the stream. Nobody can guess it, and it ends with the tag of this worker. */
  readonly key: string;
  private readonly readers = new Set<Reader>();
  private readonly turns = new Turns();
  private kept: Kept[] = [];
  private bytes = 0;
  /** The number of items that are not kept any more. */
  private dropped = 0;
  /** The most items that a reader has taken. */
  private taken = 0;
  private answer: { readonly value: unknown } | undefined;
  private go: (() => void) | undefined;
  private isScheduled = false;
  private isStopped = false;
  private timer: NodeJS.Timeout | undefined;

  /**
   * @param nsp - the namespace whose clients may read it
   * @param tag - of this worker
   * @param abort - ends its handler
   */
  constructor(
    readonly nsp: string, tag: string, private readonly keeping: Keeping, private readonly keeper: Keeper,
    private readonly abort: (reason: unknown) => void,
  ) {
    this.key = `${randomBytes(16).toString('base64url')}.${tag}`;
  }

  /** The number of the last item. */
  get last(): number {
    return this.dropped + this.kept.length;
  }

  /** Whether the handler waits until readers take items. */
  get isWaiting(): boolean {
    return this.go !== undefined;
  }

  get window(): number {
    return this.keeping.window;
  }

  get patience(): number {
    return this.keeper.patience;
  }

  /** Whether nobody reads it. */
  get isAlone(): boolean {
    return this.readers.size === 0;
  }

  /** The end of the stream, if that has come. */
  get ending(): { readonly value: unknown } | undefined {
    return this.answer;
  }

  whenReady(): Promise<void> | undefined {
    if (this.hasRoom()) return this.turns.next();
    return new Promise(resolve => { this.go = resolve; });
  }

  wake(): void {
    const { go } = this;
    this.go = undefined;
    go?.();
  }

  /** Called when there may be room again. */
  wakeIfRoom(): void {
    if (this.isWaiting && this.hasRoom()) this.wake();
  }

  send(item: unknown): void {
    if (this.isStopped) return;
    assertItemSendable(item, this.last + 1);
    // The handler may change it later, and readers of other workers get it by another path.
    const copy = plainCopy(item);
    const bytes = sizeOf(copy) + OVERHEAD;
    this.kept.push({ item: copy, weight: weigh(copy), bytes });
    this.count(bytes);
    if (this.isScheduled) return;
    this.isScheduled = true;
    process.nextTick(this.flushLate);
  }

  flush(): void {
    for (const reader of [ ...this.readers ]) reader.push();
  }

  end(): unknown {
    return { end: this.last };
  }

  /**
   * The handler has ended: what readers get after the last item.
   *
   * @param value - as of the ack of its event
   */
  finish(value: unknown): void {
    if (this.isStopped) return;
    this.answer = { value };
    this.flush();
    this.wait();
  }

  /** Lets a client read it. `from` is the number of the first item that it wants. */
  attach(sink: Sink, from: number): Reader {
    clearTimeout(this.timer);
    this.timer = undefined;
    const reader = new Reader(this, sink, from);
    this.readers.add(reader);
    sink.begin(this.keeping.window, this.key, this.keeping.resume);
    reader.push();
    return reader;
  }

  /** A reader has gone, or has everything. */
  detach(reader: Reader): void {
    if (this.readers.delete(reader)) this.wait();
  }

  /** A reader wants no more. If nobody else reads it, it ends. */
  cancel(reader: Reader, reason: unknown): void {
    this.detach(reader);
    if (this.isAlone) this.stop(reason);
  }

  /** Nobody may read it any more, and its handler ends. */
  stop(reason: unknown): void {
    if (this.isStopped) return;
    this.isStopped = true;
    clearTimeout(this.timer);
    this.keeper.remove(this);
    for (const reader of [ ...this.readers ]) reader.end(lostAnswer());
    this.count(-this.bytes);
    this.kept = [];
    if (!this.answer) this.abort(reason);
  }

  /** A reader has taken this number of items. */
  take(items: number): void {
    this.taken = Math.max(this.taken, items);
    this.wakeIfRoom();
  }

  /**
   * Returns items for one message.
   *
   * @param from - the number of the first one
   * @param most - how many at most
   * @return `undefined` if they are not kept any more
   */
  read(from: number, most: number): unknown[] | undefined {
    if (from <= this.dropped || from > this.last) return undefined;
    const items: unknown[] = [];
    let bytes = 0;
    for (let i = from - this.dropped - 1; i < this.kept.length && items.length < most; i++) {
      const { item, weight } = this.kept[i];
      if (items.length > 0 && bytes + weight > MOST_BYTES) break;
      items.push(item);
      bytes += weight;
    }
    return items;
  }

  /** Whether another item may be kept. Items that were taken make room for it. */
  private hasRoom(): boolean {
    const isFull = () => this.bytes >= this.keeper.maxStreamBytes || !this.keeper.hasRoom;
    if (!isFull()) return true;
    const taken = this.kept.splice(0, Math.max(0, this.taken - this.dropped));
    this.dropped += taken.length;
    this.count(-taken.reduce((sum, { bytes }) => sum + bytes, 0));
    return !isFull();
  }

  private count(bytes: number): void {
    this.bytes += bytes;
    this.keeper.count(bytes);
  }

  /** If nobody reads it, it is kept for some time. */
  private wait(): void {
    if (!this.isAlone || this.timer || this.isStopped) return;
    this.timer = setTimeout(() => this.stop(new SocketIOError('CLIENT_LEFT')), this.keeping.resume).unref();
  }

  private readonly flushLate = (): void => {
    this.isScheduled = false;
    this.flush();
  };
}
