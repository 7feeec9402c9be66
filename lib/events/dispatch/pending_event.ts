import { SocketIOError } from '../../base/errors';
import { abortSignal, obeysSignal } from '../../context/abort_signal';
import { type SocketContext, STREAM } from '../../context/socket_context';
import { Deadline, type Deadlines } from '../../limits/deadlines';
import { type Outcome, type Pending, pendingOf } from './outcome';

/** The ways in which an event ends. Neither throws nor rejects. */
export interface Endings {
  /** The name for the log. */
  readonly label: string;
  readonly deadlines: Deadlines;
  /** Whether the event may take longer, because it waits for another one with a deadline of its own. */
  isExcused?(ctx: SocketContext): boolean;
  answer(ctx: SocketContext, value: unknown): PromiseLike<void> | undefined;
  refuse(ctx: SocketContext, thrown: unknown): PromiseLike<void> | undefined;
}

/** An event that has not ended. It is rarely awaited, so a promise is only created for callers that do. */
export class PendingEvent extends Deadline {
  private isOver = false;
  private tell: (() => void) | undefined;
  private promise: Promise<void> | undefined;

  constructor(private readonly endings: Endings, readonly ctx: SocketContext) {
    super(endings.label);
    endings.deadlines.start(this);
  }

  override get name(): string {
    const { ctx, what } = this;
    return `${ctx.event} in ${ctx.socket.nsp.name} (${what})`;
  }

  override get isExcused(): boolean {
    const { ctx, endings } = this;
    if (endings.isExcused) return endings.isExcused(ctx);
    const stream = ctx[STREAM];
    return stream !== undefined && stream.isWaiting && stream.isAlone;
  }

  /** Ends the event with this outcome. */
  follow(pending: Pending): this {
    try {
      pending.begin?.(this);
      pending.promise.then(value => this.finish(pending, value), error => this.fail(error));
    } catch (error) {
      // The app's own `then`.
      this.fail(error);
    }
    return this;
  }

  then<T = void>(onOver?: ((value: void) => T | PromiseLike<T>) | null): Promise<T> {
    this.promise ??= new Promise(resolve => this.whenOver(resolve));
    return this.promise.then(onOver) as Promise<T>;
  }

  /** Calls `done` when the event has ended: like {@link then}, without a promise. */
  whenOver(done: () => void): void {
    const { tell } = this;
    if (this.isOver) {
      done();
      return;
    }
    this.tell = () => {
      tell?.();
      done();
    };
  }

  /** Restarts its time-out, because a stream makes progress. */
  renew(): void {
    this.endings.deadlines.renew(this);
  }

  expire(error: SocketIOError): void {
    const { ctx } = this;
    const reason = ctx[STREAM]?.isWaiting ? new SocketIOError('STREAM_IDLE') : error;
    abortSignal(ctx, reason);
    this.end(this.endings.refuse(ctx, reason));
  }

  private finish(pending: Pending, value: unknown): void {
    let outcome: Outcome;
    try {
      outcome = pending.finish(value);
    } catch (error) {
      this.fail(error);
      return;
    }
    const next = pendingOf(outcome);
    if (next) this.follow(next);
    else if (this.endings.deadlines.end(this)) this.end(this.endings.answer(this.ctx, outcome));
  }

  private fail(error: unknown): void {
    const { ctx, endings: { deadlines } } = this;
    // A late error is logged, unless it is that of the signal that has ended the handler.
    const isInTime = obeysSignal(ctx, error) ? deadlines.end(this) : deadlines.fail(this, error);
    if (isInTime) this.end(this.endings.refuse(ctx, error));
  }

  private end(ending: PromiseLike<void> | undefined): void {
    if (ending) {
      void ending.then(() => this.end(undefined));
      return;
    }
    this.isOver = true;
    this.tell?.();
  }
}
