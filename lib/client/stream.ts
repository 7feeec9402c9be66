import { isStreamed, Upload } from './upload';
import type { ClientSocket, StreamArgs, StreamEvent, StreamItem } from '../types/streams';

/** The event of all messages of streams, in both directions. */
const EVENT = '$stream';
/** Milliseconds; longer timers fire at once. */
const LONGEST = 2 ** 31 - 1;

type Listener = (...args: never[]) => void;

/** The parts of a socket of socket.io-client that are used here. */
interface Wire {
  readonly connected: boolean;
  /** Whether it will connect again. Older versions do not have it. */
  readonly active?: boolean;
  readonly flags?: object;
  /** Version 2 does not have it. */
  timeout?(ms: number): Wire;
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

/**
 * The items of a stream.
 *
 * @see docs/streams.md#in-the-client
 */
export interface StreamedItems<Item> extends AsyncIterableIterator<Item> {
  /**
   * Resolves when the stream begins: to a key with which {@link resume} reads it too, or to `undefined` if its handler has no option
   * `resume`. Resolves to `undefined` if it does not begin.
   */
  readonly key: Promise<string | undefined>;
}

class ItemStream implements StreamedItems<unknown> {
  readonly key: Promise<string | undefined>;
  private readonly id = `${Date.now().toString(36)}-${count += 1}`;
  private readonly queue: unknown[] = [];
  private readonly uploads: ReadonlyMap<number, Upload>;
  private known: string | undefined;
  private tellKey!: (key?: string) => void;
  private isOpen = false;
  private isOver = false;
  private window = 1;
  private taken = 0;
  private told = 0;
  /** Milliseconds that the server keeps the stream without us. */
  private resume = 0;
  private requests = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private error: unknown;
  private wake: (() => void) | undefined;
  private turn: Promise<IteratorResult<unknown, undefined>> = Promise.resolve(DONE);

  /**
   * @param request - the message that opens it, without its id
   * @param arrived - the number of its items that have arrived before
   * @param uploaded - arguments that are sent item by item, with their places
   */
  constructor(
    private readonly socket: Wire, private readonly request: readonly unknown[], private readonly signal?: AbortSignal, private arrived = 0,
    uploaded: readonly (readonly [number, unknown])[] = [],
  ) {
    this.key = new Promise(resolve => { this.tellKey = resolve; });
    this.uploads = new Map(uploaded.map(([ index, value ]) => [
      index, new Upload(value, index, (op, ...rest) => this.send(op, ...rest), error => this.cancel(error)),
    ]));
  }

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
    this.taken = this.told = this.arrived;
    if (signal?.aborted) {
      this.end(signal.reason);
      return;
    }
    signal?.addEventListener('abort', this.onAbort);
    socket.on(EVENT, this.onMessage);
    socket.on('disconnect', this.onLost);
    socket.on('connect', this.onBack);
    this.ask(this.request);
  }

  private ask([ op, ...args ]: readonly unknown[]): void {
    const request = this.requests += 1;
    // It has no time limit but the server's. Without one, a client with `ackTimeout` would use that.
    const patient = this.socket.timeout?.(LONGEST);
    // A client with `retries` would send nothing else until the stream has ended.
    if (patient?.flags) Object.assign(patient.flags, { fromQueue: true });
    (patient ?? this.socket).emit(EVENT, op, this.id, ...args, (...answers: unknown[]) => {
      // That of a lost connection, for a stream that goes on.
      if (request !== this.requests) return;
      const answer = answers.at(-1);
      const { end } = (answer ?? {}) as { end?: unknown };
      if ((patient && answers[0]) || (typeof end === 'number' && end !== this.arrived)) this.lose();
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
    // While the connection is lost, it would be sent after the new request, and means an older one.
    if (this.isOver || this.timer || this.taken - this.told < Math.ceil(this.window / 2)) return;
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
    clearTimeout(this.timer);
    this.tellKey();
    this.stopUploads();
    this.signal?.removeEventListener('abort', this.onAbort);
    this.socket.off(EVENT, this.onMessage);
    this.socket.off('disconnect', this.onLost);
    this.socket.off('connect', this.onBack);
    this.wake?.();
  }

  private stopUploads(): void {
    for (const upload of this.uploads.values()) upload.stop();
  }

  private lose(): void {
    this.end(new StreamError('STREAM_LOST', `the connection was lost after item ${this.arrived}`, this.arrived));
  }

  private readonly onAbort = (): void => this.cancel(this.signal!.reason);

  private readonly onLost = (): void => {
    this.requests += 1;
    this.stopUploads();
    if (this.resume && this.socket.active !== false) this.timer ??= setTimeout(() => this.lose(), this.resume);
    else this.lose();
  };

  private readonly onBack = (): void => {
    if (!this.timer) return;
    clearTimeout(this.timer);
    this.timer = undefined;
    this.ask([ 'resume', this.known, this.arrived + 1 ]);
  };

  private readonly onMessage = (op: string, id: string, value: number, ...rest: unknown[]): void => {
    if (id !== this.id) return;
    if (op === 'window') {
      this.window = value;
      // With recovery, a string may follow.
      if (typeof rest[1] !== 'number') rest.length = 0;
      [ this.known, this.resume ] = rest as [ string, number ];
      this.tellKey(this.known);
    } else if (op === 'wanted') {
      this.uploads.get(value)?.want(rest[0] as number);
    } else if (op === 'unwanted') {
      this.uploads.get(value)?.stop();
    } else if (op === 'items' && value <= this.arrived + 1) {
      // After a lost connection, an item may arrive twice.
      const fresh = (rest[0] as unknown[]).slice(this.arrived + 1 - value);
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
 * @param args - the handler's arguments, of which an async iterable or a web stream is sent item by item, and then, if it should be
 *   possible to cancel the stream from outside, an `AbortSignal`
 * @return iterates once; throws a {@link StreamError}, or the reason of the signal
 * @see docs/streams.md#in-the-client
 *
 * @example
 * for await (const token of stream(socket, 'ask', prompt)) show(token);
 */
export function stream<Listen, Emit, Event extends StreamEvent<Emit>>(
  socket: ClientSocket<Listen, Emit>, event: Event, ...args: [...StreamArgs<Emit, Event>, signal?: AbortSignal]
): StreamedItems<StreamItem<Emit, Event>> {
  const list: unknown[] = [ ...args ];
  const last = list.at(-1);
  const signal = last instanceof AbortSignal ? last : undefined;
  if (signal) list.pop();
  const uploaded = list.map((value, i) => [ i, value ] as const).filter(([ , value ]) => isStreamed(value));
  const places = uploaded.map(([ i ]) => i);
  const plain = list.map((value, i) => (places.includes(i) ? null : value));
  const request = places.length > 0 ? [ 'upload', event, places, ...plain ] : [ 'open', event, ...list ];
  return new ItemStream(socket as unknown as Wire, request, signal, 0, uploaded) as StreamedItems<never>;
}

/**
 * Iterates over the items of a stream that was opened before, also by another client: of a handler with the option `resume`, and as long
 * as its worker keeps it.
 *
 * @param socket - of the same namespace
 * @param key - of the stream; anybody who has it can read the stream
 * @param options - where to begin, and how to stop
 * @param options.received - the number of items that are not needed again. Default: 0, for all that are kept
 * @param options.signal - cancels it
 * @return iterates once; throws a {@link StreamError}, with the code `STREAM_LOST` if the stream or some of its items are not kept any more
 * @see docs/streams.md#resuming
 *
 * @example
 * for await (const token of resume<string>(socket, sessionStorage.answer)) show(token);
 */
export function resume<Item = unknown>(
  socket: object, key: string, options: { received?: number; signal?: AbortSignal } = {},
): StreamedItems<Item> {
  const { received = 0, signal } = options;
  return new ItemStream(socket as Wire, [ 'resume', key, received + 1 ], signal, received) as StreamedItems<never>;
}
