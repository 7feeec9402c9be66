import type { RefusalCounts } from './refusal';

/**
 * How long something took. Each bucket counts what took at most so many milliseconds, as in Prometheus; so the last one counts most.
 *
 * @see docs/observability.md#statistics
 */
export interface Histogram {
  /** How many there were. */
  readonly count: number;
  /** Milliseconds of all together. */
  readonly sum: number;
  /** By the upper bound in milliseconds: how many took no longer. What took longer than the last bound is in `count` alone. */
  readonly buckets: Readonly<Record<number, number>>;
}

/**
 * What there is of one namespace.
 *
 * @see docs/observability.md#statistics
 */
export interface NamespaceStats {
  /** Sockets that are connected. */
  readonly sockets: number;
  /** Rooms in which somebody is, without those that each socket has for itself. */
  readonly rooms: number;
}

/**
 * The events that clients have sent.
 *
 * @see docs/observability.md#statistics
 */
export interface EventStats {
  /** Events that have come to a handler and are over, whether with success or not. */
  readonly total: number;
  /**
   * Of them in a second, on average over the last 30 to 60 seconds, or since somebody asked for the first time, if that is
   * shorter; in the first answer of all, over the worker's life.
   */
  readonly perSecond: number;
  /**
   * From the arrival of an event to its answer: middleware, guards, validation and handler. The clock is exact to a millisecond, and
   * is read from the first time on that somebody asks: events before are in `total` alone.
   */
  readonly duration: Histogram;
  /**
   * {@link duration} by namespace and event, as handlers name them; a namespace that is a RegExp stands here as its text. What has
   * had no event since somebody asked is not there. After 100 different events, further ones are counted as `(other)`.
   */
  readonly durations: Readonly<Record<string, Readonly<Record<string, Histogram>>>>;
}

/**
 * What this worker had to pass on, because a balancer had sent it to the wrong one.
 *
 * @see docs/observability.md#statistics
 */
export interface ForwardStats {
  /** HTTP requests. */
  readonly requests: number;
  /** WebSockets, each of which is relayed as long as it lives; {@link Stats.relayed} says how many are at this moment. */
  readonly webSockets: number;
}

/**
 * What connection state recovery keeps for clients that may come back. All zeros without it, and with an adapter other than the
 * plugin's own, which keeps it elsewhere.
 *
 * @see docs/observability.md#statistics
 */
export interface RecoveryStats {
  /** Sessions that wait for their clients. */
  readonly sessions: number;
  /** Packets that clients may have missed. Each worker has its own copy of one that goes to all. */
  readonly packets: number;
  /** Bytes of these. */
  readonly bytes: number;
}

/**
 * How often a worker was connected to Redis and did not hear what other servers sent.
 *
 * @see docs/redis.md#a-worker-that-does-not-hear
 */
export interface RedisStats {
  /** How often it was noticed, for each namespace by itself. */
  readonly deaf: number;
  /** How often it was mended. */
  readonly mended: number;
}

/**
 * What is counted, of one worker or of several together. Connections, namespaces, `bufferedBytes`, `relayed` and `recovery` are of this
 * moment; all else is since the worker was started.
 *
 * @see docs/observability.md#statistics
 */
export interface Stats {
  /** Open connections, by the transport that they use now. */
  readonly connections: Readonly<Record<'polling' | 'websocket' | 'webtransport', number>>;
  /**
   * By the name of the namespace; those that a RegExp stands for are counted together, by its text. A room with members on
   * two workers counts in both.
   */
  readonly namespaces: Readonly<Record<string, NamespaceStats>>;
  /** What clients have sent. */
  readonly events: EventStats;
  /**
   * What clients were told of, by its code: errors of handlers, unknown events, refused connections. An error that a filter
   * has answered is none. After 100 different codes, further ones are counted as `OTHER`.
   */
  readonly errors: Readonly<Record<string, number>>;
  /** Bytes that wait for clients which do not read as fast as is written to them. */
  readonly bufferedBytes: number;
  /** How often each limit, and the policy for origins, has refused something; how often Engine.IO has closed a connection, by reason. */
  readonly refused: RefusalCounts;
  /** What was passed on to other workers. */
  readonly forwarded: ForwardStats;
  /**
   * WebSockets that are relayed to other workers at this moment: their clients came too late to have their sessions taken over. Each
   * of them is disconnected if this worker dies, and not only if its own does.
   */
  readonly relayed: number;
  /** Sessions that this worker has taken over from another, because their WebSocket came here. */
  readonly takeOvers: number;
  /** What is kept for clients that may come back. */
  readonly recovery: RecoveryStats;
  /** What went wrong between Redis and the worker; zeros without Redis. */
  readonly redis: RedisStats;
}

/**
 * How late the event loop was, in milliseconds, over the last 30 to 60 seconds. It is measured from the first time on that somebody
 * asks: the first answer has zeros.
 *
 * @see docs/observability.md#statistics
 */
export interface EventLoopDelay {
  /** The median. */
  readonly p50: number;
  /** One look in a hundred found more. */
  readonly p99: number;
  /** The most. */
  readonly max: number;
}

/**
 * Who a worker is.
 *
 * @see docs/observability.md#statistics
 */
export interface WorkerName {
  /** Unique to one life of the worker: in the log and in the ids of its sessions it is the worker's tag. */
  readonly id: string;
  /** Its process id. */
  readonly pid: number;
}

/**
 * What is counted of one worker.
 *
 * @see docs/observability.md#statistics
 */
export interface WorkerStats extends Stats, WorkerName {
  /** Its number among the workers that Egg's master has started, from 1; in an app with threads, that of its thread. */
  readonly number: number;
  /** Seconds since its process was started. */
  readonly uptime: number;
  /** The other workers to which it has a link. */
  readonly peers: number;
  /** How late its event loop was. */
  readonly eventLoopDelay: EventLoopDelay;
}

/**
 * What `app.io.stats()` gives.
 *
 * @see docs/observability.md#statistics
 */
export interface AppStats {
  /** The workers of the app on this machine, the one that was asked first. */
  readonly workers: readonly WorkerStats[];
  /** Workers that have not answered in time, or have gone before they did: their figures are not in `total`. */
  readonly missing: readonly WorkerName[];
  /** The sum of all that have answered. */
  readonly total: Stats;
}

/**
 * How `app.io.stats()` asks.
 *
 * @see docs/observability.md#statistics
 */
export interface StatsOptions {
  /** Milliseconds that the other workers may take to answer. @default 1000 */
  timeout?: number;
}
