import { ReadableStream } from 'node:stream/web';

/** Something that yields the items of a stream, one at a time. */
export interface Source {
  next(): PromiseLike<IteratorResult<unknown, unknown>>;
  /** Nobody wants the rest: `finally` blocks run, and what is behind the stream is closed. */
  stop(): PromiseLike<unknown> | undefined;
}

type MaybeSource = Partial<AsyncIterable<unknown> & { destroy(): unknown; pipe: unknown }>;

function fromWeb(stream: ReadableStream<unknown>): Source {
  const reader = stream.getReader();
  return { next: () => reader.read() as Promise<IteratorResult<unknown, unknown>>, stop: () => reader.cancel() };
}

/**
 * Returns the source behind an async iterable: a generator, a Node.js stream, a web stream, or anything with `Symbol.asyncIterator`.
 *
 * @return `undefined` for any other value
 */
export function sourceOf(value: unknown): Source | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  // While an item is awaited, `return()` of the iterators of both kinds of streams would wait for that item.
  if (value instanceof ReadableStream) return fromWeb(value);
  const { [Symbol.asyncIterator]: iterate, destroy, pipe } = value as MaybeSource;
  if (typeof iterate !== 'function') return undefined;
  const iterator = iterate.call(value as AsyncIterable<unknown>) as AsyncIterator<unknown, unknown>;
  const isNodeStream = typeof destroy === 'function' && typeof pipe === 'function';
  return {
    next: () => iterator.next(),
    stop: isNodeStream ? () => { destroy.call(value); return undefined; } : () => iterator.return?.(),
  };
}
