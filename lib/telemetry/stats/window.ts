import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import type { EventLoopDelay } from '../../types/stats';

/** Milliseconds after which the older of two measurements is begun anew: what is told is of one time to two times as long. */
const TURN = 30_000;
/** Milliseconds between two looks at how late the event loop is. */
const RESOLUTION = 20;

/** A counter as it once was. */
interface Mark {
  readonly time: number;
  readonly total: number;
}

/** How much a counter has grown of late. */
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

  /** What is told from now on begins where the last turn has. */
  turn(now: number, total: number): void {
    this.earlier = this.later;
    this.later = { time: now, total };
  }

  perSecond(now: number, total: number): number {
    const { time, total: before } = this.earlier;
    return now > time ? (total - before) * 1000 / (now - time) : 0;
  }
}

/** How late the event loop was of late. */
class RecentDelay {
  private earlier = this.begin();
  private later = this.begin();

  turn(): void {
    this.earlier.reset();
    [ this.earlier, this.later ] = [ this.later, this.earlier ];
  }

  get delay(): EventLoopDelay {
    const { earlier } = this;
    // What is measured has the time between two looks in it.
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

/** What a worker tells of the last 30 to 60 seconds, or of the time since this was made, if that is shorter. */
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
