import type { Histogram } from '../../types/stats';

/** Milliseconds: the same in all workers, so that they can be added up. */
const BOUNDS = [ 1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000 ] as const;

/** Counts durations by their length. */
export class Durations {
  /** By the number of the bucket; the last one is for durations above all bounds. */
  private readonly counts = new Float64Array(BOUNDS.length + 1);
  private sum = 0;

  /** @param duration - milliseconds */
  add(duration: number): void {
    let bucket = 0;
    while (bucket < BOUNDS.length && duration > BOUNDS[bucket]) bucket++;
    this.counts[bucket] += 1;
    // The system's clock may have been set back in the meantime.
    if (duration > 0) this.sum += duration;
  }

  /** All values, as of now. */
  snapshot(): Histogram {
    let count = 0;
    const buckets = Object.fromEntries(BOUNDS.map((bound, i) => [ bound, count += this.counts[i] ]));
    return { count: count + this.counts[BOUNDS.length], sum: this.sum, buckets };
  }
}
