import { startupError } from '../base/errors';
import { show } from '../base/issues';
import { unknownKey } from '../base/similar_names';
import type { AnyContext } from '../types/handlers';

/**
 * A token bucket: `burst` at once, and `perSecond` from then on.
 *
 * @see docs/security.md#limits
 */
export interface Rate {
  /** The average number per second. Default: none, it is required; for `config.socketio.limits.events`, see docs/options.md */
  perSecond?: number;
  /** The number at once, after a pause. Default: `perSecond`, and at least 1; for `limits.events`, see docs/options.md */
  burst?: number;
}

/**
 * The rate of the events of one method.
 *
 * @see docs/security.md#limits
 */
export interface MethodRate extends Rate {
  perSecond: number;
  /**
   * The events that are counted together: those of a connection, across all its namespaces and reconnects to them; those of a client
   * address, as `limits.connectionsPerAddress` counts them; or those for which a function returns the same string or number, such as the
   * id of a user. If it returns `undefined`, `null` or `''`, the connection counts. Addresses and function results are counted in each
   * worker separately.
   * @default 'connection'
   */
  by?: 'connection' | 'address' | ((ctx: AnyContext) => string | number | null | undefined);
}

/**
 * Checks the argument of `@RateLimit()`.
 *
 * @param where - the place of the rate, for messages
 * @throws {SocketIOError} `INVALID_CONTROLLER`
 */
export function checkRate(rate: MethodRate, where = '@RateLimit()'): Required<MethodRate> {
  const { perSecond = NaN, burst = Math.max(1, perSecond), by = 'connection', ...rest } = (rate as MethodRate | undefined) ?? {};
  if (!(typeof perSecond === 'number' && perSecond > 0 && typeof burst === 'number' && burst >= 1)) {
    throw startupError('INVALID_CONTROLLER', `${where}: expected { perSecond } above 0 and, if it is there, { burst } of 1 or more, but got ${JSON.stringify(rate)}.`);
  }
  if (by !== 'connection' && by !== 'address' && typeof by !== 'function') {
    throw startupError('INVALID_CONTROLLER', `${where}: expected { by } to be 'connection', 'address' or a function (ctx) => string, but got ${show(by)}.`);
  }
  for (const key of Object.keys(rest)) {
    throw startupError('INVALID_CONTROLLER', `${where}: ${unknownKey(key, [ 'perSecond', 'burst', 'by' ])}`);
  }
  return { perSecond, burst, by };
}

/** Whole milliseconds: a fraction would cost each bucket an object. */
function clock(): number {
  return Math.trunc(performance.now());
}

/** Tokens that are taken, and return at a rate. */
export class Bucket {
  protected tokens: number;
  private filled = clock();

  /**
   * @param rate - how fast they come back, and how many there are at most
   * @param overdraft - how many more may fail, to distinguish a client that does not slow down from one that was too
   * fast once
   */
  constructor(protected readonly rate: Required<Rate>, private readonly overdraft = 0) {
    this.tokens = rate.burst;
  }

  /** @return whether there was a token */
  take(): boolean {
    // The clock is only read if there are none.
    if (this.tokens < 1) this.fill();
    if (this.tokens >= 1) {
      this.tokens -= 1;
      return true;
    }
    if (!this.isOverdrawn) this.tokens -= 1;
    return false;
  }

  /**
   * Takes several tokens, also more than there are.
   *
   * @return milliseconds until none is missing
   */
  spend(count: number): number {
    this.tokens -= count;
    if (this.tokens < 0) this.fill();
    return Math.ceil(Math.max(0, -this.tokens) / this.rate.perSecond * 1000);
  }

  /** Whether the maximum number of requests for a token has failed. */
  get isOverdrawn(): boolean {
    return this.tokens - 1 < -this.overdraft;
  }

  /** Milliseconds until there is a token again. */
  get wait(): number {
    return Math.ceil(Math.max(0, 1 - this.tokens) / this.rate.perSecond * 1000);
  }

  protected fill(): void {
    const { perSecond, burst } = this.rate;
    const now = clock();
    this.tokens = Math.min(burst, this.tokens + (now - this.filled) / 1000 * perSecond);
    this.filled = now;
  }
}

/** A bucket that never gives more than `burst` at once; one that only reads the clock when it is empty gives twice that after a pause. */
export class ExactBucket extends Bucket {
  override take(): boolean {
    this.fill();
    return super.take();
  }

  /** Whether it is equivalent to a new one. */
  get isFull(): boolean {
    this.fill();
    return this.tokens >= this.rate.burst;
  }
}
