import type { Socket } from 'socket.io';
import { atMost } from '../../base/at_most';
import { PendingEvent } from '../dispatch/pending_event';
import { pendingAcksIfAny } from '../../context/pending_acks';
import type { Deadlines } from '../../limits/deadlines';
import { socketStateOf } from './socket_state';

/** What a shutdown waits for: the handlers that run, and the acks that the app still owes. An event pays nothing for it. */
export class Activity {
  private readonly running = new Set<Promise<unknown>>();

  /** @param deadlines - knows what is waited for already */
  constructor(private readonly deadlines: Deadlines) {}

  /** Remembers a promise, which must not reject, until it is settled. */
  track(promise: Promise<unknown>): void {
    this.running.add(promise);
    void promise.finally(() => this.running.delete(promise));
  }

  /** Resolves once the events of sockets that take no more of them are handled and acked. */
  async finish(sockets: readonly Socket[]): Promise<void> {
    // Events that wait for the connection handlers have begun then.
    await Promise.all(sockets.map(socket => new Promise<void>(resolve => { socketStateOf(socket).whenOpen(resolve); })));
    await Promise.all(this.waitingOf(sockets));
    await Promise.all(sockets.map(socket => pendingAcksIfAny(socket)?.paid()));
  }

  /**
   * Names what {@link finish} waits for.
   *
   * @return the event, its namespace and its handler of each
   */
  unfinished(sockets: readonly Socket[]): string[] {
    return [
      ...this.waitingOf(sockets).map(({ name }) => name),
      ...sockets.flatMap(socket => pendingAcksIfAny(socket)?.events.map(event => `${event} in ${socket.nsp.name} (its ack)`) ?? []),
    ];
  }

  /**
   * Waits until nothing runs.
   *
   * @param limit - milliseconds to wait at most
   * @return the names of what has not finished
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

  private get waiting(): PendingEvent[] {
    return this.deadlines.pending.filter(pending => pending instanceof PendingEvent);
  }

  private waitingOf(sockets: readonly Socket[]): PendingEvent[] {
    const all = new Set<unknown>(sockets);
    return this.waiting.filter(({ ctx }) => all.has(ctx.socket));
  }
}
