import type { RefusalCounts } from '../../types/refusal';
import { workerNumber } from '../../cluster/egg_cluster';
import type { Member, PeerPort } from '../../cluster/port';
import type { Application } from '../../types/application';
import { StatsExchange } from './exchange';
import { figuresOf } from './server_figures';
import { sumOf } from './sum';
import type { Tally } from './tally';
import type { RecoveryStats, RedisStats } from '../../types/stats';
import type { AppStats, EventLoopDelay, LinkStats, ProcessStats, StatsOptions, WorkerStats } from '../../types/worker_stats';
import { RecentTimes } from './window';

/** Milliseconds, see {@link StatsOptions}. */
const TIMEOUT = 1000;

/** For the first result. */
const NO_DELAY: EventLoopDelay = Object.freeze({ p50: 0, p99: 0, max: 0 });

const NOTHING_KEPT: RecoveryStats = Object.freeze({ sessions: 0, packets: 0, bytes: 0, copiedSessions: 0, copiedBytes: 0 });
/** For a worker without Redis. */
const NO_REDIS: RedisStats = Object.freeze({ outages: 0, lostMessages: 0, deaf: 0, mended: 0 });

function linkStats({ member: { tag, pid, number }, bytes }: ReturnType<Place['queues']>[number]): LinkStats {
  return { id: tag, pid, ...number !== undefined && { number }, queuedBytes: bytes };
}

function processStats(): ProcessStats {
  const { rss, heapUsed } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  return { memory: rss, heap: heapUsed, cpu: (user + system) / 1e6 };
}

/** A worker's place among the others. */
export interface Place {
  readonly tag: string;
  /** The channel to the others. */
  readonly peers: PeerPort;
  /** All other live workers, also those that cannot be reached at present. */
  siblings(): Iterable<Member>;
  /** The bytes that wait for each of the others. */
  queues(): readonly { readonly member: Member; readonly bytes: number }[];
  /** The number of WebSockets that this worker relays to others. */
  relayed(): number;
}

/** The sources of a worker's statistics. */
export interface Sources {
  readonly io: Application;
  readonly tally: Tally;
  readonly refusals: { readonly counts: RefusalCounts };
  /** `undefined` with an adapter that does not report it. */
  readonly recovery: () => RecoveryStats | undefined;
  /** `undefined` for an app in one process. */
  readonly place: Place | undefined;
  /** `undefined` for an app without Redis. */
  readonly redis: { readonly figures: RedisStats } | undefined;
  /** The number of handlers that have not finished. */
  readonly handlers: () => number;
}

/** Has the counts of this worker, and asks the others for theirs. */
export class StatsWorker {
  /** Created at the first call: it has timers, which an app that never calls it need not have. */
  private times: RecentTimes | undefined;
  private readonly exchange: StatsExchange | undefined;
  private isClosed = false;

  constructor(private readonly sources: Sources) {
    const { place } = sources;
    if (place) this.exchange = new StatsExchange(place.peers, () => place.siblings(), () => this.own);
  }

  /** See `app.io.stats()`. */
  async ask({ timeout = TIMEOUT }: StatsOptions = {}): Promise<AppStats> {
    const others = await this.exchange?.ask(timeout);
    const workers = [ this.own, ...others?.workers ?? [] ];
    return { workers, missing: others?.missing ?? [], total: sumOf(workers) };
  }

  close(): void {
    this.exchange?.close();
    this.times?.close();
    this.isClosed = true;
  }

  private get own(): WorkerStats {
    const { io, tally, refusals, place, redis } = this.sources;
    const { events: { total } } = tally;
    const { eventsPerSecond: perSecond, eventLoopDelay } = this.ofLate(total);
    const figures = figuresOf(io);
    return {
      id: place?.tag ?? String(process.pid),
      pid: process.pid,
      number: workerNumber(),
      uptime: process.uptime(),
      peers: place?.peers.peers().length ?? 0,
      links: place?.queues().map(linkStats) ?? [],
      process: processStats(),
      eventLoopDelay,
      ...figures,
      connects: tally.connections.connectsTo(Object.keys(figures.namespaces)),
      recoveries: { ...tally.connections.recoveries },
      disconnects: { ...tally.connections.disconnects },
      handlers: this.sources.handlers(),
      events: { total, perSecond, ...tally.events.takeDurations() },
      errors: tally.errorsByCode,
      refused: { ...refusals.counts },
      forwarded: { ...tally.forwarded },
      relayed: place?.relayed() ?? 0,
      takeOvers: tally.takeOvers,
      recovery: this.sources.recovery() ?? NOTHING_KEPT,
      redis: { ...redis?.figures ?? NO_REDIS },
    };
  }

  /** @param total - the number of events so far */
  private ofLate(total: number): Pick<RecentTimes, 'eventsPerSecond' | 'eventLoopDelay'> {
    const { times, sources: { tally } } = this;
    if (times) return times;
    if (!this.isClosed) this.times = new RecentTimes(() => tally.events.total);
    return { eventsPerSecond: total / process.uptime(), eventLoopDelay: NO_DELAY };
  }
}
