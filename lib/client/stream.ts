import type { ClientSocket, StreamArgs, StreamEvent, StreamItem } from '../types/streams';

/** The event of all messages of streams, in both directions. */
const EVENT = '$stream';
/** Milliseconds; longer timers fire at once. */
const LONGEST = 2 ** 31 - 1;

type Listener = (...args: never[]) => void;

/** The parts of a socket of socket.io-client that are used here. */
interface Wire {
  readonly connected: boolean;
  readonly flags?: object;
  timeout(ms: number): Wire;
  emit(event: string, ...args: unknown[]): unknown;
  on(event: string, listener: Listener): unknown;
  off(event: string, listener: Listener): unknown;
}

/**
 * The error that ends a stream: the server's, with its code and details, or `STREAM_LOST` if the connection was lost.
 *
 * @see docs/streams.md#in-the-client
 */
export class StreamError extends Error {
  /** `'StreamError'`. */
  override readonly name = 'StreamError';

  /**
   * @param code - one of the plugin's codes, or the app's own
   * @param message - for people
   * @param items - the number of items that have arrived before it
   * @param details - machine-readable data
   */
  constructor(readonly code: string, message: string, readonly items: number, readonly details?: unknown) {
    super(message);
  }
}

const DONE = { done: true, value: undefined } as const;

let count = 0;

function errorOf(answer: unknown, items: number): StreamError {
  const { error } = (answer ?? {}) as { error?: { code: string; message: string; details?: unknown } };
  if (error) return new StreamError(error.code, error.message, items, error.details);
  return new StreamError('STREAM_ERROR', 'the stream ended with another answer than its end', items, answer);
}

class ItemStream implements AsyncIterableIterator<unknown> {
  private readonly id = `${Date.now().toString(36)}-${count += 1}`;
  private readonly queue: unknown[] = [];
  private isOpen = false;
  private isOver = false;
  private window = 1;
  private arrived = 0;
  private taken = 0;
  private told = 0;
  private error: unknown;
  private wake: (() => void) | undefined;
  private turn: Promise<IteratorResult<unknown, undefined>> = Promise.resolve(DONE);

  constructor(
    private readonly socket: Wire, private readonly event: string, private readonly args: unknown[], private readonly signal?: AbortSignal,
  ) {}

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<unknown, undefined>> {
    if (!this.isOpen) this.open();
    // Several may be asked for at once, and get their items in order.
    return this.turn = this.turn.then(this.step, this.step);
  }

  async return(): Promise<IteratorResult<unknown, undefined>> {
    this.cancel();
    return DONE;
  }

  private readonly step = async (): Promise<IteratorResult<unknown, undefined>> => {
    while (this.queue.length === 0 && !this.isOver) await new Promise<void>(resolve => { this.wake = resolve; });
    if (this.queue.length > 0) {
      const value = this.queue.shift();
      this.take();
      return { done: false, value };
    }
    const { error } = this;
    this.error = undefined;
    if (error) throw error;
    return DONE;
  };

  private open(): void {
    const { socket, signal } = this;
    this.isOpen = true;
    if (signal?.aborted) {
      this.end(signal.reason);
      return;
    }
    signal?.addEventListener('abort', this.onAbort);
    socket.on(EVENT, this.onMessage);
    socket.on('disconnect', this.onLost);
    // It has no time limit but the server's. Without one, a client with `ackTimeout` would use that.
    const patient = socket.timeout(LONGEST);
    // A client with `retries` would send nothing else until the stream has ended.
    if (patient.flags) Object.assign(patient.flags, { fromQueue: true });
    patient.emit(EVENT, 'open', this.id, this.event, ...this.args, (failure: unknown, answer: unknown) => {
      const { end } = (answer ?? {}) as { end?: unknown };
      if (failure || (typeof end === 'number' && end !== this.arrived)) this.onLost();
      else this.end(typeof end === 'number' ? undefined : errorOf(answer, this.arrived));
    });
  }

  private send(op: string, ...args: unknown[]): void {
    const { socket } = this;
    if (socket.flags) Object.assign(socket.flags, { fromQueue: true });
    socket.emit(EVENT, op, this.id, ...args);
  }

  private take(): void {
    this.taken += 1;
    if (this.isOver || this.taken - this.told < Math.ceil(this.window / 2)) return;
    this.told = this.taken;
    this.send('taken', this.taken);
  }

  private cancel(reason?: unknown): void {
    this.queue.length = 0;
    if (this.isOver) return;
    if (this.isOpen) this.send('cancel');
    this.isOpen = true;
    this.end(reason);
  }

  private end(error?: unknown): void {
    if (this.isOver) return;
    this.isOver = true;
    this.error = error;
    this.signal?.removeEventListener('abort', this.onAbort);
    this.socket.off(EVENT, this.onMessage);
    this.socket.off('disconnect', this.onLost);
    this.wake?.();
  }

  private readonly onAbort = (): void => this.cancel(this.signal!.reason);

  private readonly onLost = (): void => {
    this.end(new StreamError('STREAM_LOST', `the connection was lost after item ${this.arrived}`, this.arrived));
  };

  private readonly onMessage = (op: string, id: string, value: number, items: unknown[]): void => {
    if (id !== this.id) return;
    if (op === 'window') {
      this.window = value;
    } else if (op === 'items' && value <= this.arrived + 1) {
      // With recovery, an item may arrive twice.
      const fresh = items.slice(this.arrived + 1 - value);
      this.arrived += fresh.length;
      this.queue.push(...fresh);
      this.wake?.();
    }
  };
}

/**
 * Asks for a stream, and iterates over its items. It is sent with the first call of `next()`; leaving the loop cancels it.
 *
 * @param socket - of socket.io-client
 * @param event - the event of a handler that returns an async iterable
 * @param args - the handler's arguments and then, if it should be possible to cancel the stream from outside, an `AbortSignal`
 * @return iterates once; throws a {@link StreamError}, or the reason of the signal
 * @see docs/streams.md#in-the-client
 *
 * @example
 * for await (const token of stream(socket, 'ask', prompt)) show(token);
 */
export function stream<Listen, Emit, Event extends StreamEvent<Emit>>(
  socket: ClientSocket<Listen, Emit>, event: Event, ...args: [...StreamArgs<Emit, Event>, signal?: AbortSignal]
): AsyncIterableIterator<StreamItem<Emit, Event>> {
  const list: unknown[] = [ ...args ];
  const last = list.at(-1);
  const signal = last instanceof AbortSignal ? last : undefined;
  if (signal) list.pop();
  return new ItemStream(socket as unknown as Wire, event, list, signal) as AsyncIterableIterator<StreamItem<Emit, Event>>;
}
