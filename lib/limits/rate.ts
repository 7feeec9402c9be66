import { startupError } from '../errors';

/** A token bucket: `burst` at once, and `perSecond` from then on. */
export interface Rate {
  /** How many a second, on the average. */
  perSecond?: number;
  /** How many at once, after a pause. */
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

/**
 * A token bucket that goes below zero: what is refused takes a token as well, so that one who does not slow down can be told
 * from one who was too fast once.
 */
export class Bucket {
  private tokens: number;
  private filled: number;

  /** @param now - milliseconds of a clock that only goes forward */
  constructor(private readonly rate: Required<Rate>, now: number) {
    this.tokens = rate.burst;
    this.filled = now;
  }

  /**
   * Takes a token.
   *
   * @return how many are left; below zero for what comes too early, and at `-burst` it sinks no more
   */
  take(now: number): number {
    const { perSecond, burst } = this.rate;
    this.tokens = Math.max(-burst, Math.min(burst, this.tokens + (now - this.filled) / 1000 * perSecond) - 1);
    this.filled = now;
    return this.tokens;
  }

  /** Milliseconds until there is a token again. */
  get wait(): number {
    return Math.ceil(Math.max(0, 1 - this.tokens) / this.rate.perSecond * 1000);
  }
}
