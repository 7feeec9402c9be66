import { isThenable } from '../../base/thenable';

/** The result of a step: a value, a promise of one, or a {@link Pending}. */
export type Outcome = unknown;

/**
 * A promise, and a function of its value. Waiting for both at once takes one promise fewer than `promise.then(finish)` and waiting for
 * that.
 */
export abstract class Pending {
  /** Called with the event that waits for it, before it does. */
  begin?(event: { renew(): void }): void;
  abstract readonly promise: PromiseLike<unknown>;
  abstract finish(value: unknown): Outcome;
}

class Followed extends Pending {
  constructor(readonly promise: PromiseLike<unknown>, readonly finish: (value: unknown) => Outcome) {
    super();
  }
}

/** Returns an outcome as a promise, if it is not available yet. */
export function resolved(outcome: Outcome): unknown {
  return outcome instanceof Pending ? outcome.promise.then(value => resolved(outcome.finish(value))) : outcome;
}

/** Applies a function to an outcome, once it is available. */
export function followed(outcome: Outcome, next: (value: unknown) => Outcome): Outcome {
  if (outcome instanceof Pending) return new Followed(outcome.promise, value => followed(outcome.finish(value), next));
  return isThenable(outcome) ? new Followed(outcome, next) : next(outcome);
}

function same(value: unknown): unknown {
  return value;
}

/** Returns the promise to wait for; `undefined` if the outcome is available. */
export function pendingOf(outcome: Outcome): Pending | undefined {
  if (outcome instanceof Pending) return outcome;
  return isThenable(outcome) ? new Followed(outcome, same) : undefined;
}
