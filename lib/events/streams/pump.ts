import { AsyncResource } from 'node:async_hooks';
import { SocketIOError } from '../../base/errors';
import type { Source } from './source';

/** The way of the items of one stream. */
export interface Outlet {
  /** Resolves when another item may be sent; `undefined` if that is now. */
  whenReady(): Promise<void> | undefined;
  /**
   * Sends an item, now or together with those that follow it at once.
   *
   * @throws for an item that cannot be sent, or is too much; also for an earlier one
   */
  send(item: unknown): void;
  /**
   * Sends the items that wait for others.
   *
   * @throws for one that cannot be sent
   */
  flush(): void;
  /** Stops waiting: the stream is aborted. */
  wake(): void;
  /** All items are sent. Returns the value of the ack. */
  end(): unknown;
}

/** The event that the pump belongs to. */
export interface Progress {
  /** The stream has got on, so the event gets its whole time again. */
  renew(): void;
}

/** The reason of a stream that its client has cancelled. */
export const CANCELLED = 'STREAM_CANCELLED';

function isCancelled({ reason }: AbortSignal): boolean {
  return reason instanceof SocketIOError && reason.code === CANCELLED;
}

/** The app's own `return()` may throw. */
async function stopSource(source: Source): Promise<void> {
  await source.stop();
}

/**
 * Takes items from a source as fast as an outlet accepts them, one at a time. If the signal is aborted, the source is stopped.
 *
 * @return the value of the ack
 * @throws the error of the source; the signal's reason, unless the client has cancelled the stream
 */
export async function pump(source: Source, outlet: Outlet, signal: AbortSignal, progress: Progress): Promise<unknown> {
  let stopped: Promise<void> | undefined;
  // Bound, because the client's leave calls it, and the source's `finally` belongs to the event.
  const stop = AsyncResource.bind(() => {
    stopped = stopSource(source);
    // It is awaited below, perhaps only after the item that the source is working on.
    stopped.catch(() => undefined);
    outlet.wake();
  });
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  progress.renew();
  try {
    while (!signal.aborted) {
      const ready = outlet.whenReady();
      if (ready) {
        await ready;
        progress.renew();
        continue;
      }
      const { done, value } = await source.next();
      if (signal.aborted) break;
      if (done) return outlet.end();
      progress.renew();
      outlet.send(value);
    }
    await stopped;
  } catch (error) {
    if (!signal.aborted) await stopSource(source);
    throw error;
  } finally {
    signal.removeEventListener('abort', stop);
    // The ack, which is the end of the stream or its error, comes after all items.
    outlet.flush();
  }
  if (isCancelled(signal)) return outlet.end();
  throw signal.reason;
}
