import type { Stats } from './stats';

/**
 * The identity of a worker.
 *
 * @see docs/observability.md#statistics
 */
export interface WorkerName {
  /** Unique to one life of the worker: its tag in the log and in the ids of its sessions. */
  readonly id: string;
  /** Its process id. */
  readonly pid: number;
}

/**
 * The link to another worker.
 *
 * @see docs/observability.md#statistics
 */
export interface LinkStats extends WorkerName {
  /** {@link WorkerStats.number} of the other worker; `undefined` for one with an older version of the plugin. */
  readonly number?: number;
  /** Bytes that the other worker has not read yet. */
  readonly queuedBytes: number;
}

/**
 * The process of a worker; in an app with threads, the process of all of them.
 *
 * @see docs/observability.md#statistics
 */
export interface ProcessStats {
  /** The resident memory in bytes. */
  readonly memory: number;
  /** The used part of the JavaScript heap in bytes. */
  readonly heap: number;
  /** The CPU time in seconds since the start. */
  readonly cpu: number;
}

/**
 * The delay of the event loop in milliseconds, over the last 30 to 60 seconds. It is measured from the first call on: the first result
 * has zeros.
 *
 * @see docs/observability.md#statistics
 */
export interface EventLoopDelay {
  /** The median. */
  readonly p50: number;
  /** The 99th percentile. */
  readonly p99: number;
  /** The maximum. */
  readonly max: number;
}

/**
 * The statistics of one worker.
 *
 * @see docs/observability.md#statistics
 */
export interface WorkerStats extends Stats, WorkerName {
  /** Egg's number of the worker, from 1; in an app with threads, the number of its thread. */
  readonly number: number;
  /** Seconds since its process was started. */
  readonly uptime: number;
  /** The number of other workers with an open link. */
  readonly peers: number;
  /** The link to each other worker. */
  readonly links: readonly LinkStats[];
  /** Its process. */
  readonly process: ProcessStats;
  /** The delay of its event loop. */
  readonly eventLoopDelay: EventLoopDelay;
}

/**
 * The result of `app.io.stats()`.
 *
 * @see docs/observability.md#statistics
 */
export interface AppStats {
  /** The workers of the app on this machine; the first one is the worker that was called. */
  readonly workers: readonly WorkerStats[];
  /** Workers that have not answered in time, or have gone: `total` does not include them. */
  readonly missing: readonly WorkerName[];
  /** The sum over all workers that have answered. */
  readonly total: Stats;
}

/**
 * The options of `app.io.stats()`.
 *
 * @see docs/observability.md#statistics
 */
export interface StatsOptions {
  /** Milliseconds that the other workers may take to answer. @default 1000 */
  timeout?: number;
}
