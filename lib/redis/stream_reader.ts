import { setTimeout as sleep } from 'node:timers/promises';
import type { Methods } from './subscriber';
import type { RedisClient } from './types';

/** Milliseconds before a failed read is repeated; the adapter itself would repeat it without a pause. */
const READ_AGAIN = 500;

/** The id before every entry. */
const BEGINNING = '0-0';

type Entry = readonly [id: string, values: readonly string[]];
/** The results of `XREAD` in ioredis and in `redis`. */
type Read =
  | null
  | readonly [readonly [stream: string, entries: readonly Entry[]]]
  | readonly [{ readonly messages: readonly { readonly id: string }[] }];

interface IoredisReader {
  xread(...args: unknown[]): Promise<Read>;
  xrevrange(...args: unknown[]): Promise<readonly Entry[]>;
}
interface NodeRedisReader {
  xRead(streams: readonly { key: string; id: string }[], options: object): Promise<Read>;
  xRevRange(stream: string, start: string, end: string, options: object): Promise<readonly { readonly id: string }[]>;
}

/** Whether an id of the stream is after another. */
export function isAfter(a: string, b: string): boolean {
  const [[ timeA, numberA ], [ timeB, numberB ]] = [ a, b ].map(id => id.split('-').map(Number));
  return timeA > timeB || (timeA === timeB && numberA > numberB);
}

/** The id of the last entry of a stream. */
export async function endOf(client: RedisClient, stream: string): Promise<string> {
  if (!('xRevRange' in client)) return (await (client as unknown as IoredisReader).xrevrange(stream, '+', '-', 'COUNT', 1))[0]?.[0] ?? BEGINNING;
  return (await (client as unknown as NodeRedisReader).xRevRange(stream, '+', '-', { COUNT: 1 }))[0]?.id ?? BEGINNING;
}

function lastOf(read: Read): string | undefined {
  const [ found ] = read ?? [];
  if (!found) return undefined;
  return 'messages' in found ? found.messages.at(-1)?.id : found[1].at(-1)?.[0];
}

/**
 * Sits between the streams adapter and the connection on which it reads. The adapter asks for everything after `$`, which is the end of
 * the stream at that time: until it has got its first message it would miss entries between two reads. It also waits without a limit for
 * an answer that was lost with its connection, and never reads a stream that has started again.
 */
export class StreamReader {
  /** The id of the last entry that was read. */
  position = BEGINNING;
  /** The start of the next read, instead of the adapter's. */
  private from: string | undefined;
  private giveUp: (error: Error) => void = () => undefined;
  private waiting: { id: string; done: () => void }[] = [];

  constructor(private readonly isClosed: () => boolean) {}

  /** Override a connection's own members. */
  methods(client: RedisClient): Methods {
    if ('xRead' in client) {
      const reader = client as unknown as NodeRedisReader;
      return { xRead: (streams, options) => {
        const [{ key, id }] = streams as [{ key: string; id: string }];
        return this.read(client, key, id, start => reader.xRead([{ key, id: start }], options as object));
      } };
    }
    const reader = client as unknown as IoredisReader;
    return { xread: (...args) => {
      const [ stream, id ] = args.slice(-2).map(String);
      return this.read(client, stream, id, start => reader.xread(...args.slice(0, -1), start));
    } };
  }

  /** Makes the adapter's current read fail, and its next one continue from the last read entry. */
  again(): void {
    this.giveUp(new Error('XREAD is sent again.'));
  }

  /** Continues reading after an entry that was written after the last read one, but has a lower id: the stream has started again. */
  goBackTo(id: string): void {
    this.position = this.from = id;
    this.again();
  }

  /** Waits until an entry was read. */
  reaches(id: string): Promise<void> {
    if (!isAfter(id, this.position)) return Promise.resolve();
    return new Promise(done => { this.waiting.push({ id, done }); });
  }

  private async read(client: RedisClient, stream: string, asked: string, read: (start: string) => Promise<Read>): Promise<Read> {
    const givenUp = new Promise<never>((_resolve, reject) => { this.giveUp = reject; });
    givenUp.catch(() => undefined);
    try {
      if (asked === '$' && this.from === undefined) this.position = this.from = await Promise.race([ endOf(client, stream), givenUp ]);
      const found = await Promise.race([ read(this.from ?? asked), givenUp ]);
      const last = lastOf(found);
      if (last !== undefined) this.advance(last);
      return found;
    } catch (error) {
      // The adapter reads again at once, whatever happens: without a connection it would block everything else.
      if (this.isClosed()) return new Promise(() => undefined);
      await sleep(READ_AGAIN, undefined, { ref: false });
      throw error;
    }
  }

  private advance(id: string): void {
    this.from = undefined;
    this.position = id;
    const { waiting } = this;
    this.waiting = waiting.filter(one => isAfter(one.id, id));
    for (const one of waiting) if (!isAfter(one.id, id)) one.done();
  }
}
