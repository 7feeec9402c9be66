import { tracingChannel } from 'node:diagnostics_channel';
import { SocketIOError } from '../../base/errors';
import { RAW_ACK, RECORD, type SocketContext } from '../../context/socket_context';
import { type EventFacts, EventRecord } from './event_record';
import type { EndedEventMessage, EventMessage } from '../../types/observation';
import { type Signal } from './signal';

/** Runs an event, and reports once when it has ended: `isLate` if that is after it has returned. */
type Run<T> = (tellEnd: (isLate: boolean) => void) => T;

/**
 * Publishes events, from their start to their end. Besides its own channel it uses those of a `TracingChannel`, which APMs support:
 * handlers run in the stores that are bound to its `start`.
 *
 * @see https://nodejs.org/api/diagnostics_channel.html#tracingchannel-channels
 */
export class EventSignal {
  private readonly tracing = tracingChannel('egg-socketio:event');

  constructor(private readonly started: Signal<EventMessage>, private readonly ended: Signal<EndedEventMessage>) {}

  /** Whether there are subscribers. Checked for each event; `TracingChannel#hasSubscribers` does not exist in Node.js 18. */
  get isHeard(): boolean {
    const { start, end, asyncStart, asyncEnd, error } = this.tracing;
    return this.ended.isHeard || this.started.isHeard || start.hasSubscribers || end.hasSubscribers || asyncStart.hasSubscribers
      || asyncEnd.hasSubscribers || error.hasSubscribers;
  }

  /** Runs an event with subscribers. */
  run<T>(ctx: SocketContext, handler: Pick<EventFacts, 'kind' | 'handler' | 'pattern'>, run: Run<T>): T {
    const { event, socket } = ctx;
    const record = new EventRecord({ ...handler, event, socket: socket as never, ctx, wantsAck: ctx[RAW_ACK] !== undefined });
    ctx[RECORD] = record;
    this.started.tell(record);
    return this.tracing.start.runStores(record, () => {
      const result = run(isLate => this.end(record, isLate));
      this.tracing.end.publish(record);
      return result;
    });
  }

  /** Publishes an event that was refused before any of it ran. */
  refused(facts: EventFacts, code: string): void {
    const record = new EventRecord(facts);
    this.started.tell(record);
    this.tracing.start.runStores(record, () => {
      record.fail(code, new SocketIOError(code));
      this.end(record, false);
      this.tracing.end.publish(record);
    });
  }

  private end(record: EventRecord, isLate: boolean): void {
    const { error, asyncStart, asyncEnd } = this.tracing;
    record.end();
    if (record.code !== undefined) error.publish(record);
    if (isLate) asyncStart.publish(record);
    this.ended.tell(record as EndedEventMessage);
    if (isLate) asyncEnd.publish(record);
  }
}
