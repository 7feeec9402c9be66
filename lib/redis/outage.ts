import type { EventEmitter } from 'node:events';
import type { EggLogger } from 'egg';

/** Tracks whether Redis can be reached, and logs one line for an outage, and one for its end. */
export class Outage {
  private readonly away = new Set<EventEmitter>();
  private since: number | undefined;
  private lost = 0;
  private silent = false;
  /** Since the start: how often Redis could not be reached any more, and how many messages could not be published. */
  readonly counts = { outages: 0, lostMessages: 0 };
  private begun = 0;
  private cause = 'the connection was closed';

  /** @param where - Redis' address, for the log */
  constructor(private readonly logger: Pick<EggLogger, 'error' | 'warn'>, private readonly where: string) {}

  get isOn(): boolean { return this.away.size > 0; }
  /** The number of connections lost so far. */
  get count(): number { return this.begun; }
  /** The message of the last error. */
  get lastCause(): string { return this.cause; }

  /** Follows a connection. */
  watch(connection: EventEmitter, isReady: boolean): void {
    // Before its first attempt a connection is neither open nor lost.
    if (!isReady) this.away.add(connection);
    connection.on('error', (error: Error) => { this.cause = error.message.replace(/\.$/, ''); });
    for (const event of [ 'close', 'end', 'reconnecting' ]) connection.on(event, () => this.down(connection));
    connection.on('ready', () => this.up(connection));
  }

  /** A message could not be published. */
  countLost(): void {
    this.lost += 1;
    this.counts.lostMessages += 1;
  }

  /** Logs that the app continues without Redis. */
  begin(): void {
    if (this.since !== undefined || this.silent) return;
    this.since = Date.now();
    this.counts.outages += 1;
    this.logger.error('[egg-socketio] Redis at %s cannot be reached: %s. Until it can, only the clients of this worker get what is sent here.', this.where, this.cause);
  }

  /** From now on connections are closed on purpose, or it no longer matters. */
  end(): void {
    this.silent = true;
  }

  private down(connection: EventEmitter): void {
    const first = this.away.size === 0;
    this.away.add(connection);
    this.begun += 1;
    if (first) this.begin();
  }

  private up(connection: EventEmitter): void {
    this.away.delete(connection);
    if (this.since === undefined || this.isOn || this.silent) return;
    this.logger.warn('[egg-socketio] Redis at %s is back after %d ms; %d messages to other servers were lost.', this.where, Date.now() - this.since, this.lost);
    this.since = undefined;
    this.lost = 0;
    this.cause = 'the connection was closed';
  }
}
