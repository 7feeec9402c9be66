import type { Codec } from './memory_client';
import type { BroadcastEvent, ClientError, EmittedEvent } from './event_types';
import type { BroadcastOptions } from './taps';
import { showEvents, showValue } from './format';
import { EXCEPTION_EVENT } from '../events/reply/failure';

function isClientError(value: unknown): value is ClientError {
  const { code, message } = (value ?? {}) as Partial<Record<keyof ClientError, unknown>>;
  return typeof code === 'string' && typeof message === 'string';
}

/** Everything that has been sent since the recording started. */
export class Recording {
  ack: unknown[] | undefined;
  readonly emitted: EmittedEvent[] = [];
  readonly broadcast: BroadcastEvent[] = [];

  constructor(private readonly codec: Codec) {}

  /** @param data - `[event, ...args]` */
  addEmit(data: readonly unknown[]): void {
    this.emitted.push(this.codec.received(data));
  }

  /** @param data - `[event, ...args]` */
  addBroadcast(namespace: string, data: readonly unknown[], { rooms, except = new Set() }: BroadcastOptions): void {
    this.broadcast.push({ namespace, ...this.codec.received(data), rooms: [ ...rooms ], except: [ ...except ] });
  }

  /** The error that the client got, by the ack or by the event for it. */
  get error(): ClientError | undefined {
    const acked = (this.ack?.[0] ?? {}) as { error?: unknown };
    const exception = this.emitted.find(({ event }) => event === EXCEPTION_EVENT)?.args[0];
    const told = [ acked.error, exception ].find(isClientError);
    if (!told) return undefined;
    const { code, message, details } = told;
    return { code, message, ...(details === undefined ? {} : { details }) };
  }

  /** For messages. */
  toString(): string {
    const parts = [
      ...(this.ack ? [ `acked ${showValue(this.ack)}` ] : []),
      ...(this.emitted.length > 0 ? [ `emitted ${showEvents(this.emitted)}` ] : []),
      ...(this.broadcast.length > 0 ? [ `broadcast ${showEvents(this.broadcast)}` ] : []),
    ];
    return parts.length > 0 ? `so far it has ${parts.join('; ')}` : 'so far nothing was sent';
  }
}
