import { EventEmitter, once } from 'node:events';
import { format } from 'node:util';
import { RedisLayer } from '../../lib/redis/layer';
import { planRedis } from '../../lib/redis/options';
import type { RedisAdapterOptions } from '../../lib/redis/types';
import { TestServer } from './adapter/memory_cluster';
import { needsRedis, RedisServer } from './redis';

/** Keeps what is logged, and tells when something is. */
export class LogBook extends EventEmitter {
  readonly lines: string[] = [];

  error(message: unknown, ...args: unknown[]): void { this.write('error', message, args); }
  warn(message: unknown, ...args: unknown[]): void { this.write('warn', message, args); }

  /** Waits until there are this many lines. */
  async has(count: number): Promise<readonly string[]> {
    while (this.lines.length < count) await once(this, 'line');
    return this.lines;
  }

  private write(level: string, message: unknown, args: unknown[]): void {
    this.lines.push(`${level} ${format(message, ...args)}`);
    this.emit('line');
  }
}

/** A Socket.IO server in this process with connections of its own to Redis, as a worker has them. */
export class RedisTestServer extends TestServer {
  private constructor(private readonly layer: RedisLayer, readonly log: LogBook, recovery: boolean) {
    super({
      adapter: function(nsp: unknown) { return layer.adapter(nsp); } as never,
      connectionStateRecovery: recovery ? {} : undefined,
    });
  }

  /**
   * Starts a server.
   *
   * @param prepare - is given it before it waits for Redis, as an app's own code is
   */
  static async start(
    redis: RedisAdapterOptions | string, { recovery = false, prepare = (_server: RedisTestServer): void => undefined } = {},
  ): Promise<RedisTestServer> {
    const plan = planRedis({ adapter: { redis } }, recovery, { name: 'test', redis: undefined })!;
    const log = new LogBook();
    const layer = new RedisLayer(plan, recovery, log as never, error => log.error(error), recovery ? { order: 'before' } : undefined);
    const server = new RedisTestServer(layer, log, recovery);
    prepare(server);
    await server.listen();
    try {
      await layer.open();
    } catch (error) {
      await server.close();
      throw error;
    }
    return server;
  }

  /** How often it did not hear what was sent, and how often that was mended. */
  get hearing() { return this.layer.hearing; }

  override async close(): Promise<void> {
    this.layer.retire();
    await super.close();
    await this.layer.close();
  }
}

/**
 * Gives each test of a suite two new servers with Redis Streams and recovery.
 *
 * @param use - gets them before each test
 */
export function withTwoServers(use: (a: RedisTestServer, b: RedisTestServer, redis: RedisServer) => void): void {
  let redis: RedisServer;
  let servers: RedisTestServer[] = [];
  needsRedis();
  before(async () => { redis = await RedisServer.start(); });
  after(() => redis?.close());
  beforeEach(async () => {
    servers = [];
    const start = async () => {
      const server = await RedisTestServer.start({ url: redis.url, kind: 'streams' }, { recovery: true });
      servers.push(server);
      return server;
    };
    use(await start(), await start(), redis);
  });
  afterEach(() => Promise.all(servers.map(server => server.close())));
}
