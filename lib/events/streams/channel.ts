import type { Socket } from 'socket.io';
import { emitOwn } from '../../context/own_emit';
import { UnsendableError } from '../../internals/sendable';
import { Batch } from './batch';
import type { Outlet } from './pump';
import { shareOf, STREAM_EVENT } from './wire';

/** The way of a stream to a client that takes items one at a time, before its handler has returned the stream. */
export abstract class ClientStream {
  /** Whether the client has to take items before more are sent. */
  abstract readonly isWaiting: boolean;
  /** Whether it waits for a client that may come back. */
  get isAlone(): boolean { return false; }
  /** Whether its errors reach a client also when the one that has sent the event has left. */
  get outlivesClient(): boolean { return false; }

  /**
   * The handler has returned: tells the client how many items may be under way.
   *
   * @param onError - gets the error of an item that cannot be sent, if no call of the outlet gets it
   */
  abstract start(window: number, onError: (error: unknown) => void): Outlet;
}

/**
 * The way of a stream to a client that takes items one at a time: as many are under way as the window allows, and the source is not asked
 * for more.
 */
export class Channel extends ClientStream implements Outlet {
  private window = 0;
  private taken = 0;
  private go: (() => void) | undefined;
  private onError: (error: unknown) => void = () => undefined;
  private readonly batch: Batch;

  /** @param id - the client's */
  constructor(private readonly socket: Socket, readonly id: string) {
    super();
    const emit = (first: number, items: unknown[]) => {
      try {
        emitOwn(socket, STREAM_EVENT, 'items', id, first, items);
      } catch (error) {
        throw error instanceof UnsendableError ? error.ofItem(first) : error;
      }
    };
    this.batch = new Batch(emit, error => this.onError(error));
  }

  override start(window: number, onError: (error: unknown) => void): this {
    this.window = window;
    this.onError = onError;
    emitOwn(this.socket, STREAM_EVENT, 'window', this.id, window);
    return this;
  }

  override get isWaiting(): boolean {
    return this.go !== undefined;
  }

  /** Whether a client that has taken this number of items should say so now. One that says so more often has it counted as an event. */
  isDue(items: number): boolean {
    return items <= this.batch.count && items - this.taken >= shareOf(this.window);
  }

  /** The client has taken this number of items, from the first one on. */
  take(items: number): void {
    if (items <= this.taken || items > this.batch.count) return;
    this.taken = items;
    this.wake();
  }

  whenReady(): Promise<void> | undefined {
    if (this.batch.count - this.taken < this.window) return undefined;
    return new Promise(resolve => { this.go = resolve; });
  }

  wake(): void {
    const { go } = this;
    this.go = undefined;
    go?.();
  }

  send(item: unknown): void {
    this.batch.add(item);
  }

  flush(): void {
    this.batch.flush();
  }

  end(): unknown {
    return { end: this.batch.count };
  }
}
