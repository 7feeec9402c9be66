import type { EggLogger } from 'egg';
import { debugOf } from '../base/debug';
import { startupError } from '../base/errors';
import type { Ear } from './ear';
import type { Outage } from './outage';

const debug = debugOf('redis');

/** Milliseconds between two rounds of probes. */
const ROUND = 1000;
/** The same during start-up. */
const FIRST_ROUND = 200;
/** Rounds without its probe after which an ear counts as deaf. */
const DEAF = 3;
/** The number of ears that are probed in one round: a probe costs each server with the namespace a check. */
const SURE_AT_A_TIME = 8;
/** The same for ears whose state is not known. */
const DOUBTFUL_AT_A_TIME = 100;

/**
 * For one worker: how often it did not receive the messages of other servers, although it was connected, and how often that was repaired.
 */
export interface HearingCounts { deaf: number; mended: number }

/** The parts of the connections that {@link Hearing} needs. */
export interface HearingMeans {
  readonly logger: Pick<EggLogger, 'error' | 'warn'>;
  readonly outage: Outage;
  /** Redis' address, for the log. */
  readonly where: string;
  /** Runs a command whose failure is not a lost message. */
  aside(send: () => void): void;
  /** Reconnects the connections on which this server listens. */
  reconnect(): void;
}

/**
 * Makes sure that this server receives the messages sent through Redis, from its start on. An open connection and a requested
 * subscription prove nothing: both can exist without any message arriving.
 */
export class Hearing {
  readonly counts: HearingCounts = { deaf: 0, mended: 0 };
  private readonly ears = new Set<Ear>();
  private readonly deaf = new Set<Ear>();
  private deafSince = 0;
  private outages = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly means: HearingMeans) {}

  /** Whether this server does not receive the messages of at least one namespace now. */
  get isDeaf(): boolean {
    return this.deaf.size > 0;
  }

  add(ear: Ear): void {
    this.ears.add(ear);
    debug('%j: probes begin', ear.name);
  }

  delete(ear: Ear): void {
    this.ears.delete(ear);
    this.deaf.delete(ear);
    debug('%j: probes end', ear.name);
  }

  /**
   * Waits until every ear has received its own probe.
   *
   * @param limit - milliseconds
   * @throws {SocketIOError} `REDIS_UNAVAILABLE`
   */
  async open(limit: number): Promise<void> {
    const end = Date.now() + limit;
    for (let round = 1; ; round++) {
      this.means.aside(() => { for (const ear of this.ears) if (!ear.hears) ear.probe(); });
      await new Promise(resolve => { setTimeout(resolve, round === 1 ? FIRST_ROUND / 10 : FIRST_ROUND); });
      const silent = [ ...this.ears ].filter(ear => !ear.hears);
      if (silent.length === 0) return;
      if (Date.now() > end) {
        throw startupError('REDIS_UNAVAILABLE',
          `config.socketio.adapter: Redis at ${this.means.where} is connected, but this worker does not hear what is sent through it within ${limit} ms: `
          + `${silent[0].complaint} (step: ${silent[0].step}). Allow it to subscribe and publish there, or set optional: true to start without.`);
      }
      if (round % 5 === 0) for (const ear of silent) ear.listenAgain();
    }
  }

  /** Keeps checking from now on. */
  watch(): void {
    this.timer = setInterval(() => this.look(), ROUND).unref();
  }

  close(): void {
    clearInterval(this.timer);
  }

  private look(): void {
    const { outage } = this.means;
    if (outage.isOn) return;
    if (outage.count !== this.outages) for (const ear of this.ears) ear.doubt();
    this.outages = outage.count;
    this.judge();
    const all = [ ...this.ears ];
    this.probe(all.filter(ear => ear.hears).slice(0, SURE_AT_A_TIME));
    this.probe(all.filter(ear => !ear.hears).slice(0, DOUBTFUL_AT_A_TIME));
  }

  /** Probes some ears, which move to the end of the list, so that each has its turn. */
  private probe(some: readonly Ear[]): void {
    for (const ear of some) {
      this.ears.delete(ear);
      this.ears.add(ear);
      this.means.aside(() => ear.probe());
    }
  }

  private judge(): void {
    for (const ear of this.deaf) if (ear.hears) this.mended(ear);
    let isNew = false;
    for (const ear of this.ears) {
      if (ear.missed < DEAF) continue;
      isNew ||= !this.deaf.has(ear);
      this.lost(ear);
    }
    if (isNew) {
      debug('all subscriptions are made again');
      // If one subscription is lost, all may be, and subscribing twice does no harm.
      for (const ear of this.ears) ear.listenAgain();
    } else if ([ ...this.deaf ].some(ear => ear.missed >= 2 * DEAF)) {
      for (const ear of this.deaf) ear.missed = DEAF;
      debug('the connections that listen are made again');
      this.means.reconnect();
    }
  }

  private lost(ear: Ear): void {
    if (this.deaf.has(ear)) return;
    const isFirst = this.deaf.size === 0;
    this.deaf.add(ear);
    this.counts.deaf += 1;
    debug('%j: no probe comes back: %j', ear.name, ear.complaint);
    if (!isFirst) return;
    this.deafSince = Date.now();
    this.means.logger.error('[egg-socketio] Redis at %s is connected, but this worker does not hear what is sent through it: %s. It subscribes again.',
      this.means.where, ear.complaint);
  }

  private mended(ear: Ear): void {
    this.deaf.delete(ear);
    this.counts.mended += 1;
    debug('%j: probes come back again', ear.name);
    if (this.deaf.size > 0) return;
    this.means.logger.warn('[egg-socketio] Redis at %s: this worker hears again what is sent through it, after %d ms; what others sent meanwhile may be lost.',
      this.means.where, Date.now() - this.deafSince);
  }
}
