import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import type { EventLoopDelay } from '../../types/worker_stats';

/** Milliseconds after which the older of two measurements starts again: the result covers one to two times this period. */
const TURN = 30_000;
/** Milliseconds between two checks of the event loop's delay. */
const RESOLUTION = 20;

/** An earlier value of a counter. */
interface Mark {
  readonly time: number;
  readonly total: number;
}

/** The recent growth of a counter. */
export class RecentRate {
  private earlier: Mark;
  private later: Mark;

  /**
   * @param now - milliseconds
   * @param total - as it is by now
   */
  constructor(now: number, total: number) {
    this.earlier = this.later = { time: now, total };
  }

  /** From now on, results start where the last period has. */
  turn(now: number, total: number): void {
    this.earlier = this.later;
    this.later = { time: now, total };
  }

  perSecond(now: number, total: number): number {
    const { time, total: before } = this.earlier;
    return now > time ? (total - before) * 1000 / (now - time) : 0;
  }
}

/** The recent delay of the event loop. */
class RecentDelay {
  private earlier = this.begin();
  private later = this.begin();

  turn(): void {
    this.earlier.reset();
    [ this.earlier, this.later ] = [ this.later, this.earlier ];
  }

  get delay(): EventLoopDelay {
    const { earlier } = this;
    // The measured time includes the time between two checks.
    const inMilliseconds = (nanoseconds: number) => Math.max(0, Math.round(nanoseconds / 1e4) / 100 - RESOLUTION);
    if (earlier.count === 0) return { p50: 0, p99: 0, max: 0 };
    return { p50: inMilliseconds(earlier.percentile(50)), p99: inMilliseconds(earlier.percentile(99)), max: inMilliseconds(earlier.max) };
  }

  close(): void {
    this.earlier.disable();
    this.later.disable();
  }

  private begin(): IntervalHistogram {
    const histogram = monitorEventLoopDelay({ resolution: RESOLUTION });
    histogram.enable();
    return histogram;
  }
}

/** The rates of a worker over the last 30 to 60 seconds, or since this was created, if that is shorter. */
export class RecentTimes {
  private readonly rate: RecentRate;
  private readonly loop = new RecentDelay();
  private readonly timer: NodeJS.Timeout;

  /** @param total - the number of events so far */
  constructor(private readonly total: () => number) {
    this.rate = new RecentRate(performance.now(), total());
    this.timer = setInterval(() => {
      this.rate.turn(performance.now(), total());
      this.loop.turn();
    }, TURN).unref();
  }

  get eventsPerSecond(): number {
    return this.rate.perSecond(performance.now(), this.total());
  }

  get eventLoopDelay(): EventLoopDelay {
    return this.loop.delay;
  }

  close(): void {
    clearInterval(this.timer);
    this.loop.close();
  }
}
