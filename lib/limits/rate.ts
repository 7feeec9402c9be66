import { startupError } from '../base/errors';
import { show } from '../base/issues';
import type { AnyContext } from '../types/handlers';

/**
 * A token bucket: `burst` at once, and `perSecond` from then on.
 *
 * @see docs/security.md#limits
 */
export interface Rate {
  /** How many a second, on the average. Default: none, it has to be given; in `config.socketio.limits.events`, what docs/options.md says */
  perSecond?: number;
  /** How many at once, after a pause. Default: `perSecond`, and at least 1; in `limits.events`, what docs/options.md says */
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
   * Whose events are counted together: those of a connection, over all its namespaces and however often it leaves and connects to
   * them; those of a client address, as `limits.connectionsPerAddress` counts them; or those for which a function gives the same text
   * or number, such as the id of a user. Where it gives `undefined`, `null` or `''`, the connection counts. Addresses and what
   * functions give are counted in each worker by itself.
   * @default 'connection'
   */
  by?: 'connection' | 'address' | ((ctx: AnyContext) => string | number | null | undefined);
}

/**
 * Checks what `@RateLimit()` was given.
 * @throws {SocketIOError} `INVALID_CONTROLLER`
 */
export function checkRate(rate: MethodRate): Required<MethodRate> {
  const { perSecond = NaN, burst = Math.max(1, perSecond), by = 'connection', ...rest } = (rate as MethodRate | undefined) ?? {};
  if (!(typeof perSecond === 'number' && perSecond > 0 && typeof burst === 'number' && burst >= 1)) {
    throw startupError('INVALID_CONTROLLER', `@RateLimit(): expected { perSecond } above 0 and, if it is there, { burst } of 1 or more, but got ${JSON.stringify(rate)}.`);
  }
  if (by !== 'connection' && by !== 'address' && typeof by !== 'function') {
    throw startupError('INVALID_CONTROLLER', `@RateLimit(): expected { by } to be 'connection', 'address' or a function (ctx) => string, but got ${show(by)}.`);
  }
  for (const key of Object.keys(rest)) {
    throw startupError('INVALID_CONTROLLER', `@RateLimit(): unknown key '${key}'; expected perSecond, burst and by.`);
  }
  return { perSecond, burst, by };
}

/** Whole milliseconds: a fraction would cost each bucket an object of its own. */
function clock(): number {
  return Math.trunc(performance.now());
}

/** Tokens that are taken, and come back at a rate. */
export class Bucket {
  protected tokens: number;
  private filled = clock();

  /**
   * @param rate - how fast they come back, and how many there are at most
   * @param overdraft - how many more may be taken in vain, so that one who does not slow down can be told from one who was too
   * fast once
   */
  constructor(protected readonly rate: Required<Rate>, private readonly overdraft = 0) {
    this.tokens = rate.burst;
  }

  /** @return whether there was a token */
  take(): boolean {
    // The clock is read only once there are none.
    if (this.tokens < 1) this.fill();
    if (this.tokens >= 1) {
      this.tokens -= 1;
      return true;
    }
    if (!this.isOverdrawn) this.tokens -= 1;
    return false;
  }

  /**
   * Takes many, also more than there are.
   *
   * @return milliseconds until none is missing
   */
  spend(count: number): number {
    this.tokens -= count;
    if (this.tokens < 0) this.fill();
    return Math.ceil(Math.max(0, -this.tokens) / this.rate.perSecond * 1000);
  }

  /** Whether as many were taken in vain as may be. */
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

/** A bucket that never gives more than `burst` at once; one that reads the clock only when it is empty gives twice that after a pause. */
export class ExactBucket extends Bucket {
  override take(): boolean {
    this.fill();
    return super.take();
  }

  /** Whether it is as good as a new one. */
  get isFull(): boolean {
    this.fill();
    return this.tokens >= this.rate.burst;
  }
}
