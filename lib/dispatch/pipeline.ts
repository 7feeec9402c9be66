import { SocketIOError } from '../errors';
import type { SocketContext } from '../handshake/context';
import { Deadline, type Deadlines } from '../limits/deadlines';
import type { HandlerPlan } from '../plan/types';
import type { Failure } from '../reply/failure';
import { compileReply } from '../reply/reply';
import { compose } from './compose';
import { guarded } from './guard';
import { compileInvocation } from './invoke';
import { type Outcome, type Pending, pendingOf } from './outcome';
import { checkedReturn, validated } from './validate';

/** Runs an event to its one outcome, and calls `done` then. Never throws. */
export type Pipeline = (ctx: SocketContext, done?: () => void) => void;

/** How an event ends. */
interface Endings {
  readonly label: string;
  readonly deadlines: Deadlines;
  answer(ctx: SocketContext, value: unknown, done?: () => void): void;
  refuse(ctx: SocketContext, thrown: unknown, done?: () => void): void;
}

/** An event that is waited for. */
class Waiting extends Deadline {
  constructor(private readonly endings: Endings, private readonly ctx: SocketContext, private readonly done?: () => void) {
    super(endings.label);
    endings.deadlines.start(this);
  }

  follow(pending: Pending): void {
    try {
      pending.promise.then(value => this.finish(pending, value), error => this.fail(error));
    } catch (error) {
      // The app's own `then`.
      this.fail(error);
    }
  }

  expire(error: SocketIOError): void {
    this.endings.refuse(this.ctx, error, this.done);
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
    else if (this.endings.deadlines.end(this)) this.endings.answer(this.ctx, outcome, this.done);
  }

  private fail(error: unknown): void {
    if (this.endings.deadlines.fail(this, error)) this.endings.refuse(this.ctx, error, this.done);
  }
}

function createEndings({ emits, filters, label }: HandlerPlan, failure: Failure, deadlines: Deadlines): Endings {
  const reply = compileReply(emits);

  function refuse(ctx: SocketContext, thrown: unknown, done?: () => void): void {
    const failing = failure(ctx, thrown, filters);
    if (!done) return;
    if (failing) void failing.then(done);
    else done();
  }

  function answer(ctx: SocketContext, value: unknown, done?: () => void): void {
    try {
      reply(ctx, value);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      refuse(ctx, new SocketIOError('INTERNAL', `${label} returned what cannot be sent: ${reason}`, { cause }), done);
      return;
    }
    done?.();
  }

  return { label, deadlines, answer, refuse };
}

/**
 * Compiles what happens to an event: middleware, guards, validation, controller, method, answer. Done once, at boot; where
 * all of that is synchronous, but for middleware, it makes no promise.
 */
export function compilePipeline(plan: HandlerPlan, failure: Failure, deadlines: Deadlines): Pipeline {
  const inmost = guarded(plan.guards, validated(plan.checkArgs, compileInvocation(plan)));
  const run = checkedReturn(plan.checkReturn, compose(plan.middleware, inmost));
  const endings = createEndings(plan, failure, deadlines);

  return (ctx, done) => {
    let outcome: Outcome;
    try {
      outcome = run(ctx);
    } catch (error) {
      endings.refuse(ctx, error, done);
      return;
    }
    const pending = pendingOf(outcome);
    if (pending) new Waiting(endings, ctx, done).follow(pending);
    else endings.answer(ctx, outcome, done);
  };
}
