import { SocketIOError, startupError } from '../../base/errors';
import { signalOf } from '../../context/abort_signal';
import { RAW_ACK, STREAM, type SocketContext } from '../../context/socket_context';
import type { HandlerPlan, StreamPlan } from '../../controllers/plan/types';
import { UnsendableError } from '../../internals/sendable';
import { Channel } from '../streams/channel';
import { type Outlet, type Progress, pump } from '../streams/pump';
import { type Source, sourceOf } from '../streams/source';
import { Collection, EventsOnly } from '../streams/stock_client';
import { compileEmits } from '../reply/reply';
import type { Step } from './compose';
import { followed, type Outcome, Pending } from './outcome';

type Send = (ctx: SocketContext, item: unknown) => void;
type Check = ((item: unknown) => unknown) | undefined;

/** An event whose items are being sent. Its value is that of the ack. */
class Streaming extends Pending {
  promise!: Promise<unknown>;

  constructor(private readonly source: Source, private readonly outlet: Outlet, private readonly signal: AbortSignal) {
    super();
  }

  override begin(event: Progress): void {
    this.promise = pump(this.source, this.outlet, this.signal, event);
  }

  finish(value: unknown): Outcome { return value; }
}

/** A source whose items are checked by the schema of the return value. */
function checked({ next, stop }: Source, check: Check): Source {
  if (!check) return { next, stop };
  return {
    stop,
    async next() {
      const result = await next();
      return result.done ? result : { done: false, value: await check(result.value) };
    },
  };
}

/** The outlet, with the emits of decorators for each item. */
function emitting(outlet: Outlet, ctx: SocketContext, emit: Send, label: string): Outlet {
  const send = (item: unknown) => {
    try {
      outlet.send(item);
      emit(ctx, item);
    } catch (cause) {
      if (!(cause instanceof UnsendableError)) throw cause;
      throw new SocketIOError('INTERNAL', `${label} yielded what cannot be sent: ${cause.reason}`, { cause });
    }
  };
  return { send, whenReady: () => outlet.whenReady(), wake: () => outlet.wake(), end: () => outlet.end() };
}

function outletOf(ctx: SocketContext, { window }: StreamPlan, maxBytes: number): Outlet {
  const channel = ctx[STREAM];
  if (channel instanceof Channel) {
    channel.start(window);
    return channel;
  }
  return ctx[RAW_ACK] ? new Collection(maxBytes) : new EventsOnly(ctx.socket, window);
}

/** The stream of a middleware that has ended the event. */
const EMPTY: Source = { next: async () => ({ done: true, value: undefined }), stop: () => undefined };

/**
 * Sends the items of the async iterable that a step returns.
 *
 * @param maxBytes - approximate bytes of a stream in one ack
 */
export function streamed({ label, emits, checkReturn }: HandlerPlan, step: Step, stream: StreamPlan, maxBytes: number): Step {
  const emit = compileEmits(emits);
  return ctx => followed(step(ctx), value => {
    const source = value === undefined ? EMPTY : sourceOf(value);
    if (!source) throw startupError('INVALID_CONTROLLER', `${label} has { stream } and returned ${typeof value}, but not an async iterable: make it an async generator, or return a stream.`);
    const outlet = emitting(outletOf(ctx, stream, maxBytes), ctx, emit, label);
    return new Streaming(checked(source, checkReturn), outlet, signalOf(ctx));
  });
}
