import type { Socket } from 'socket.io';
import { atMost } from '../../base/at_most';
import { PendingEvent } from '../dispatch/pending_event';
import { SocketIOError } from '../../base/errors';
import { abortSignal } from '../../context/abort_signal';
import { pendingAcksIfAny } from '../../context/pending_acks';
import type { Deadlines } from '../../limits/deadlines';
import { socketStateOf } from './socket_state';

/** The work that a shutdown waits for: running handlers, and acks that the app still has to call. It costs an event nothing. */
export class Activity {
  private readonly running = new Set<Promise<unknown>>();

  /** @param deadlines - has everything that is already awaited */
  constructor(private readonly deadlines: Deadlines) {}

  /** Keeps a promise, which must not reject, until it is settled. */
  track(promise: Promise<unknown>): void {
    this.running.add(promise);
    void promise.finally(() => this.running.delete(promise));
  }

  /** Resolves when the events of sockets that accept no more of them are handled and acked. */
  async finish(sockets: readonly Socket[]): Promise<void> {
    // By then, the events that wait for connection handlers have started.
    await Promise.all(sockets.map(socket => new Promise<void>(resolve => { socketStateOf(socket).whenOpen(resolve); })));
    await Promise.all(this.waitingOf(sockets));
    await Promise.all(sockets.map(socket => pendingAcksIfAny(socket)?.settled()));
  }

  /**
   * Names the work that {@link finish} waits for.
   *
   * @return the event, its namespace and its handler, for each
   */
  unfinished(sockets: readonly Socket[]): string[] {
    return [
      ...this.waitingOf(sockets).map(({ name }) => name),
      ...sockets.flatMap(socket => pendingAcksIfAny(socket)?.events.map(event => `${event} in ${socket.nsp.name} (its ack)`) ?? []),
    ];
  }

  /**
   * Waits until no handler runs.
   *
   * @param limit - milliseconds to wait at most
   * @return the names of unfinished work
   */
  async settle(limit: number): Promise<string[]> {
    const end = performance.now() + limit;
    const unsettled = () => [ ...this.running, ...this.waiting ];
    for (let left = unsettled(); left.length > 0; left = unsettled()) {
      await atMost(end - performance.now(), Promise.all(left));
      if (performance.now() >= end) break;
    }
    const names = this.deadlines.pending.map(({ name }) => name);
    return names.length > 0 || this.running.size === 0 ? names : [ `${this.running.size} connection or disconnect handler(s)` ];
  }

  /** The worker waits no longer: aborts the signals of the handlers that have not finished. */
  abandon(): void {
    for (const { ctx } of this.waiting) abortSignal(ctx, new SocketIOError('WORKER_STOPPING'));
  }

  /** The number of handlers that have not finished, with their middleware. */
  get handlers(): number {
    return this.waiting.length;
  }

  private get waiting(): PendingEvent[] {
    return this.deadlines.pending.filter(pending => pending instanceof PendingEvent);
  }

  private waitingOf(sockets: readonly Socket[]): PendingEvent[] {
    const all = new Set<unknown>(sockets);
    return this.waiting.filter(({ ctx }) => all.has(ctx.socket));
  }
}
