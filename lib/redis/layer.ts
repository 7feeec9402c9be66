import type { EggLogger } from 'egg';
import type { Caught } from '../base/app_code';
import { Connections } from './connections';
import { type Copies, type CreateAdapter, createRedisAdapters } from './adapter';
import type { HearingCounts } from './hearing';
import type { RedisPlan } from './options';
import { SharedKeys } from './shared_keys';

/** Redis for one worker: its connections, and the adapters of its namespaces. */
export class RedisLayer {
  /** For `io.adapter()`. */
  readonly adapter: CreateAdapter;
  private readonly connections: Connections;
  private readonly key: string;

  /**
   * Starts to connect.
   *
   * @param onError - gets errors thrown while a message of another server is handled
   * @param copies - how the sessions of connected clients are copied. Default: not at all
   */
  constructor(plan: RedisPlan, recovery: boolean, logger: EggLogger, onError: Caught, copies?: Copies) {
    this.key = plan.key;
    this.connections = new Connections(plan, logger, false);
    this.adapter = createRedisAdapters(plan, this.connections, recovery, onError, line => logger.warn('[egg-socketio] %s', line), copies);
  }

  /**
   * Waits until the messages of other servers are received.
   *
   * @throws {SocketIOError} `REDIS_UNAVAILABLE`
   */
  async open(): Promise<void> {
    await this.connections.open();
    await this.connections.listen();
  }

  /** Keys that all servers of the app share. */
  get keys(): SharedKeys {
    return new SharedKeys(this.connections.pub, `${this.key}:once:`);
  }

  /** How often this worker did not receive the messages of others, and how often that was repaired. */
  get hearing(): HearingCounts {
    return this.connections.hearing!.counts;
  }

  /** Everything that is counted, for statistics. */
  get figures() {
    const { hearing, state, connections: { outage: { counts } } } = this;
    return { up: state === 'connected' ? 1 : 0, ...counts, ...hearing };
  }

  /** Whether messages of other servers arrive now: the connection may be lost, or open although nothing arrives. */
  get state(): 'connected' | 'unreachable' | 'deaf' {
    const { outage, hearing } = this.connections;
    if (outage.isOn) return 'unreachable';
    return hearing!.isDeaf ? 'deaf' : 'connected';
  }

  /** From now on adapters may be closed. */
  retire(): void {
    this.connections.outage.end();
  }

  /** Call it when the adapters are closed. */
  async close(): Promise<void> {
    await this.connections.close();
  }
}
