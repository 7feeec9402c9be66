import { startupError } from '../errors';

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
 * Checks what `@RateLimit()` was given.
 * @throws {SocketIOError} `INVALID_CONTROLLER`
 */
export function checkRate(rate: Rate): Required<Rate> {
  const { perSecond = NaN, burst = Math.max(1, perSecond) } = (rate as Rate | undefined) ?? {};
  if (typeof perSecond === 'number' && perSecond > 0 && typeof burst === 'number' && burst >= 1) return { perSecond, burst };
  throw startupError('INVALID_CONTROLLER', `@RateLimit(): expected { perSecond } above 0 and, if it is there, { burst } of 1 or more, but got ${JSON.stringify(rate)}.`);
}

/** Whole milliseconds: a fraction would cost each bucket an object of its own. */
function clock(): number {
  return Math.trunc(performance.now());
}

/** Tokens that are taken, and come back at a rate. */
export class Bucket {
  private tokens: number;
  private filled = clock();

  /**
   * @param rate - how fast they come back, and how many there are at most
   * @param overdraft - how many more may be taken in vain, so that one who does not slow down can be told from one who was too
   * fast once
   */
  constructor(private readonly rate: Required<Rate>, private readonly overdraft = 0) {
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

  private fill(): void {
    const { perSecond, burst } = this.rate;
    const now = clock();
    this.tokens = Math.min(burst, this.tokens + (now - this.filled) / 1000 * perSecond);
    this.filled = now;
  }
}
