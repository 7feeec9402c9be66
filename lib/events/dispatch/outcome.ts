import { isThenable } from '../../base/thenable';

/** What a step gives: a value, a promise of one, or a {@link Pending}. */
export type Outcome = unknown;

/**
 * A promise, and what is to be made of its value. Whoever waits for it does both in one, which takes one promise less than
 * `promise.then(finish)` and waiting for that.
 */
export abstract class Pending {
  abstract readonly promise: PromiseLike<unknown>;
  abstract finish(value: unknown): Outcome;
}

class Followed extends Pending {
  constructor(readonly promise: PromiseLike<unknown>, readonly finish: (value: unknown) => Outcome) {
    super();
  }
}

/** An outcome as a promise, if it is not there yet. */
export function resolved(outcome: Outcome): unknown {
  return outcome instanceof Pending ? outcome.promise.then(value => resolved(outcome.finish(value))) : outcome;
}

/** Has something made of an outcome, once it is there. */
export function followed(outcome: Outcome, next: (value: unknown) => Outcome): Outcome {
  if (outcome instanceof Pending) return new Followed(outcome.promise, value => followed(outcome.finish(value), next));
  return isThenable(outcome) ? new Followed(outcome, next) : next(outcome);
}

function same(value: unknown): unknown {
  return value;
}

/** What there is to wait for; `undefined` for an outcome that is there. */
export function pendingOf(outcome: Outcome): Pending | undefined {
  if (outcome instanceof Pending) return outcome;
  return isThenable(outcome) ? new Followed(outcome, same) : undefined;
}
