import { SocketIOError, startupError } from '../../base/errors';
import { abortSignal, signalOf } from '../../context/abort_signal';
import { RAW_ACK, STREAM, type SocketContext } from '../../context/socket_context';
import type { HandlerPlan, StreamPlan } from '../../controllers/plan/types';
import { UnsendableError } from '../../internals/sendable';
import { ClientStream } from '../streams/channel';
import { type Outlet, type Progress, pump } from '../streams/pump';
import { type Source, sourceOf } from '../streams/source';
import { Collection, EventsOnly } from '../streams/stock_client';
import { compileEmits } from '../reply/reply';
import type { Step } from './compose';
import { followed, type Outcome, Pending } from './outcome';

type Send = (ctx: SocketContext, item: unknown) => void;
type Check = ((item: unknown) => unknown) | undefined;

/** The error of a stream, which names the handler if an item cannot be sent. */
function errorOf(thrown: unknown, label: string): unknown {
  if (!(thrown instanceof UnsendableError)) return thrown;
  return new SocketIOError('INTERNAL', `${label} yielded what cannot be sent: ${thrown.reason}`, { cause: thrown });
}

/** An event whose items are being sent. Its value is that of the ack. */
class Streaming extends Pending {
  promise!: Promise<unknown>;

  constructor(
    private readonly source: Source, private readonly outlet: Outlet, private readonly signal: AbortSignal, private readonly label: string,
  ) {
    super();
  }

  override begin(event: Progress): void {
    this.promise = pump(this.source, this.outlet, this.signal, event).catch(thrown => { throw errorOf(thrown, this.label); });
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
function emitting(outlet: Outlet, ctx: SocketContext, emits: HandlerPlan['emits'], emit: Send): Outlet {
  if (emits.length === 0) return outlet;
  const send = (item: unknown) => {
    outlet.send(item);
    emit(ctx, item);
  };
  return { send, flush: () => outlet.flush(), whenReady: () => outlet.whenReady(), wake: () => outlet.wake(), end: () => outlet.end() };
}

function outletOf(ctx: SocketContext, { label }: HandlerPlan, { window }: StreamPlan, maxBytes: number): Outlet {
  const stream = ctx[STREAM];
  // No call waits for such an error, so it ends the stream as its signal does.
  if (stream instanceof ClientStream) return stream.start(window, thrown => abortSignal(ctx, errorOf(thrown, label)));
  return ctx[RAW_ACK] ? new Collection(maxBytes) : new EventsOnly(ctx.socket, window);
}

/** The stream of a middleware that has ended the event. */
const EMPTY: Source = { next: async () => ({ done: true, value: undefined }), stop: () => undefined };

/**
 * Sends the items of the async iterable that a step returns.
 *
 * @param maxBytes - approximate bytes of a stream in one ack
 */
export function streamed(plan: HandlerPlan, step: Step, stream: StreamPlan, maxBytes: number): Step {
  const { label, emits, checkReturn } = plan;
  const emit = compileEmits(emits);
  return ctx => followed(step(ctx), value => {
    const source = value === undefined ? EMPTY : sourceOf(value);
    if (!source) throw startupError('INVALID_CONTROLLER', `${label} has { stream } and returned ${typeof value}, but not an async iterable: make it an async generator, or return a stream.`);
    let outlet: Outlet;
    try {
      outlet = outletOf(ctx, plan, stream, maxBytes);
    } catch (error) {
      // The stream cannot be kept, and nothing else would close it.
      return Promise.resolve(source.stop()).then(() => { throw error; });
    }
    return new Streaming(checked(source, checkReturn), emitting(outlet, ctx, emits, emit), signalOf(ctx), label);
  });
}
