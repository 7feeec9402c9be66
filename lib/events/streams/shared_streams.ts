import type { PeerPort } from '../../cluster/port';
import type { KeptStreams } from './kept_streams';
import { lostAnswer, type Reader, type Reading, type Sink } from './reader';
import { shareOf } from './wire';

/** Milliseconds that another worker may take until it sends the first message of a stream. */
const ANSWER_LIMIT = 10_000;

/** To the worker that keeps a stream. `id` is of the reader, as the sender counts them. */
type Read = readonly ['read', id: number, key: string, nsp: string, from: number];
type Request =
  | Read
  | readonly ['taken', id: number, items: number]
  | readonly ['cancel' | 'leave', id: number];

/** To the worker whose client reads it. */
type Response =
  | readonly ['begin', id: number, window: number, key: string, resume: number]
  | readonly ['items', id: number, first: number, items: unknown[]]
  | readonly ['end', id: number, answer: unknown];

/** A client of this worker that reads a stream of another one. */
class RemoteReader implements Reading {
  private window = 1;
  private sent: number;
  private taken: number;
  private timer: NodeJS.Timeout | undefined;

  /** @param from - the number of the first item that it wants */
  constructor(
    readonly tag: string, private readonly id: number, from: number, private readonly port: PeerPort, private readonly sink: Sink,
    private readonly onEnd: () => void,
  ) {
    this.sent = this.taken = from - 1;
    this.timer = setTimeout(() => this.lose(), ANSWER_LIMIT).unref();
  }

  begin(window: number, key: string, resume: number): void {
    clearTimeout(this.timer);
    this.window = window;
    this.sink.begin(window, key, resume);
  }

  items(first: number, items: unknown[]): void {
    this.sent = first - 1 + items.length;
    this.sink.items(first, items);
  }

  end(answer: unknown): void {
    clearTimeout(this.timer);
    this.onEnd();
    this.sink.end(answer);
  }

  /** The other worker is gone, or does not answer. */
  lose(): void {
    this.tell([ 'leave', this.id ]);
    this.end(lostAnswer());
  }

  isDue(items: number): boolean {
    return items <= this.sent && items - this.taken >= shareOf(this.window);
  }

  take(items: number): void {
    // It may be more than was sent here: a recovered client gets items that it has missed first, and would wait for ever for others.
    if (items <= this.taken) return;
    this.taken = items;
    this.tell([ 'taken', this.id, items ]);
  }

  cancel(): void {
    this.tell([ 'cancel', this.id ]);
    this.end({ end: this.sent });
  }

  leave(): void {
    clearTimeout(this.timer);
    this.onEnd();
    this.tell([ 'leave', this.id ]);
  }

  private tell(request: Request): void {
    this.port.send(this.tag, request);
  }
}

/** The streams that this worker keeps, and those of the other workers on its machine. */
export class SharedStreams {
  /** Clients of this worker that read streams of others. */
  private readonly reading = new Map<number, RemoteReader>();
  /** Clients of other workers that read streams of this one, by the tag of the worker. */
  private readonly served = new Map<string, Map<number, Reader>>();
  private last = 0;

  /** @param port - to the other workers, if there are any */
  constructor(readonly kept: KeptStreams, private readonly port: PeerPort | undefined) {
    port?.listen({
      onMessage: (from, message) => this.receive(from, message as Request | Response),
      onDown: tag => this.lose(tag),
    });
  }

  /**
   * Lets a client read a stream.
   *
   * @param nsp - the namespace of the client
   * @param from - the number of the first item that it wants
   * @param sink - gets the items, and `STREAM_LOST` if nobody keeps the stream
   */
  read(key: string, nsp: string, from: number, sink: Sink): Reading {
    const tag = key.slice(key.lastIndexOf('.') + 1);
    if (tag !== this.kept.tag && this.port?.peers().includes(tag)) return this.readThere(tag, key, nsp, from, sink);
    return this.kept.find(key, nsp)?.attach(sink, from) ?? gone(sink);
  }

  private readThere(tag: string, key: string, nsp: string, from: number, sink: Sink): Reading {
    const id = this.last += 1;
    const reader = new RemoteReader(tag, id, from, this.port!, sink, () => this.reading.delete(id));
    this.reading.set(id, reader);
    this.port!.send(tag, [ 'read', id, key, nsp, from ] satisfies Request);
    return reader;
  }

  private receive(from: string, message: Request | Response): void {
    const [ op, id ] = message;
    if (op === 'read') {
      this.serve(from, message);
      return;
    }
    const reader = this.reading.get(id);
    const readers = this.served.get(from);
    const served = readers?.get(id);
    if (op === 'leave' || op === 'cancel') readers?.delete(id);
    if (op === 'taken') served?.take(message[2]);
    else if (op === 'cancel') served?.cancel();
    else if (op === 'leave') served?.leave();
    else if (reader?.tag !== from) return;
    else if (op === 'begin') reader.begin(message[2], message[3], message[4]);
    else if (op === 'items') reader.items(message[2], message[3]);
    else reader.end(message[2]);
  }

  private serve(to: string, [ , id, key, nsp, from ]: Read): void {
    const tell = (response: Response) => this.port!.send(to, response);
    const readers = this.served.get(to) ?? new Map<number, Reader>();
    this.served.set(to, readers);
    const reader = this.kept.find(key, nsp)?.attach({
      begin: (window, ofKey, resume) => tell([ 'begin', id, window, ofKey, resume ]),
      items: (first, items) => tell([ 'items', id, first, items ]),
      end: answer => {
        readers.delete(id);
        tell([ 'end', id, answer ]);
      },
    }, from);
    if (!reader) tell([ 'end', id, lostAnswer() ]);
    else if (!reader.isOver) readers.set(id, reader);
  }

  private lose(tag: string): void {
    for (const reader of [ ...this.reading.values() ]) if (reader.tag === tag) reader.lose();
    for (const reader of this.served.get(tag)?.values() ?? []) reader.leave();
    this.served.delete(tag);
  }
}

/** A reader of a stream that nobody keeps. */
function gone(sink: Sink): Reading {
  sink.end(lostAnswer());
  return { isDue: () => false, take: () => undefined, cancel: () => undefined, leave: () => undefined };
}
