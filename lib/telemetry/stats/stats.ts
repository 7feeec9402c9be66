import type { AppStats, StatsOptions } from '../../types/worker_stats';
import { lazy } from '../../base/lazy';
import type { Sources, StatsWorker } from './worker';

const statsWorker = lazy(() => require('./worker') as typeof import('./worker'));

/** The statistics of a worker. The code behind them is loaded at the first call; in a worker among others, which may ask it, at once. */
export class Stats {
  private worker: StatsWorker | undefined;

  constructor(private readonly sources: Sources) {
    if (sources.place) this.worker = this.load();
  }

  /** See `app.io.stats()`. */
  ask(options?: StatsOptions): Promise<AppStats> {
    this.worker ??= this.load();
    return this.worker.ask(options);
  }

  close(): void {
    this.worker?.close();
  }

  private load(): StatsWorker {
    return new (statsWorker().StatsWorker)(this.sources);
  }
}
