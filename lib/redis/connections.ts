import { EventEmitter } from 'node:events';
import type { EggLogger } from 'egg';
import { startupError } from '../errors';
import { type Client, type CommandListener, CONNECT_LIMIT, guarded, openListener, openPublisher, SILENCE } from './clients';
import type { RedisPlan, Target } from './options';
import { Outage } from './outage';
import type { RedisClient, RedisKind } from './types';

/** Milliseconds for the last farewell. */
const CLOSE_LIMIT = 500;

function addressOf(target: Target): string {
  if (target.type === 'clients') return 'the clients of the app';
  if (target.type === 'cluster') return `${target.nodes.length} cluster node(s)`;
  const { host = 'localhost', port = 6379, path, sentinels } = target.options;
  if (target.url !== undefined) return target.url.replace(/\/\/[^/]*@/, '//').replace(/\?.*/, '');
  return sentinels ? `${sentinels.length} sentinel(s)` : path ?? `${host}:${port}`;
}

/** Unlike `once` of Node.js, an error does not end it: ioredis goes on trying. */
function heard(client: object, event: string): Promise<void> {
  return new Promise(resolve => { (client as EventEmitter).once(event, () => resolve()); });
}

/** Why a connection cannot come up, however often it is tried. */
function isHopeless(error: Error): boolean {
  return /WRONGPASS|NOAUTH|NOPERM|invalid (username-)?password|DB index is out of range/i.test(error.message);
}

/** The connections of one process to Redis, from its start to its end. */
export class Connections {
  /** Is given to an engine that publishes. */
  readonly pub: RedisClient;
  /** Is given to an engine that subscribes. */
  readonly sub: RedisClient;
  readonly outage: Outage;
  private readonly own: Client[] = [];
  /** Those of ours, and those of the app. */
  private readonly used: RedisClient[] = [];
  private readonly subscribing = new Set<Promise<unknown>>();
  private readonly ears: Client[] = [];
  private heart: NodeJS.Timeout | undefined;
  private readonly listener: CommandListener;

  /**
   * Starts to connect.
   *
   * @param deaf - whether nothing is to be heard, as in the agent
   */
  constructor(private readonly plan: RedisPlan, logger: Pick<EggLogger, 'error' | 'warn'>, deaf: boolean) {
    const { target, kind } = plan;
    this.outage = new Outage(logger, addressOf(target));
    this.listener = {
      onLost: () => this.outage.countLost(),
      onSubscribing: done => {
        this.subscribing.add(done);
        done.catch(() => undefined).finally(() => this.subscribing.delete(done));
      },
    };
    if (target.type === 'clients') {
      this.pub = guarded(target.pub);
      this.sub = deaf ? deafClient() : guarded(target.sub);
      this.used.push(...deaf ? [ target.pub ] : [ target.pub, target.sub ]);
      for (const client of this.used) this.outage.watch(client as EventEmitter, isReady(client));
      return;
    }
    const pub = this.add(openPublisher(target, this.listener));
    // The streams adapter makes its own from the one that it is given.
    pub.duplicate = (() => (deaf ? deafClient() : this.addEar(target, kind))) as unknown as typeof pub.duplicate;
    this.pub = pub;
    this.sub = deaf || kind === 'streams' ? deafClient() : this.addEar(target, kind);
  }

  /**
   * Waits until Redis can be reached.
   *
   * @throws {SocketIOError} `REDIS_UNAVAILABLE`
   */
  async open(): Promise<void> {
    try {
      await this.ready();
    } catch (error) {
      if (!this.plan.optional) {
        await this.close();
        throw error;
      }
      this.outage.begin();
    }
    this.heart = setInterval(() => this.own.forEach(client => { if (client.status === 'ready') client.ping().catch(() => undefined); }), SILENCE).unref();
  }

  /** Waits until what was subscribed so far is subscribed. */
  async subscribed(): Promise<void> {
    while (this.subscribing.size > 0 && !this.outage.isOn) {
      await Promise.race([ Promise.allSettled(this.subscribing), ...this.ears.map(ear => heard(ear, 'close')) ]);
    }
  }

  /** Closes the connections that are ours, and waits a moment for Redis to notice: then nobody waits for us any more. */
  async close(): Promise<void> {
    clearInterval(this.heart);
    this.outage.end();
    const ended = Promise.all(this.own.map(client => (client.status === 'end' ? undefined : heard(client, 'end'))));
    for (const client of this.own) client.disconnect();
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([ ended, new Promise(resolve => { timer = setTimeout(resolve, CLOSE_LIMIT); }) ]);
    clearTimeout(timer);
  }

  private async ready(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const failed = new Promise<never>((_resolve, reject) => {
      const fail = (reason: string) => reject(startupError('REDIS_UNAVAILABLE',
        `config.socketio.adapter: Redis at ${addressOf(this.plan.target)} cannot be reached: ${reason}. Start it, correct the options, or set optional: true to start without.`));
      timer = setTimeout(() => fail(this.outage.lastCause), this.limit);
      for (const client of this.used) client.on('error', (error: Error) => { if (isHopeless(error)) fail(error.message); });
    });
    try {
      await Promise.race([ Promise.all(this.used.map(client => this.connected(client))), failed ]);
      await Promise.race([ this.probe(), failed ]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Redis answers what this kind needs. */
  private async probe(): Promise<void> {
    if (this.plan.kind !== 'sharded' || this.plan.target.type === 'clients') return;
    try {
      await (this.pub as Client).call('PUBSUB', 'SHARDNUMSUB', this.plan.key);
    } catch (cause) {
      throw startupError('REDIS_UNAVAILABLE',
        `config.socketio.adapter: kind 'sharded' needs Redis 7 or newer, but Redis at ${addressOf(this.plan.target)} says: ${(cause as Error).message}. Use kind: 'pubsub'.`, cause);
    }
  }

  /** Milliseconds for the first connection. */
  private get limit(): number {
    const { target } = this.plan;
    if (target.type === 'clients') return CONNECT_LIMIT;
    const { connectTimeout } = target.type === 'node' ? target.options : target.options.redisOptions ?? {};
    return connectTimeout ?? CONNECT_LIMIT;
  }

  private async connected(client: RedisClient): Promise<void> {
    if (isReady(client)) return;
    const { status, connect } = client as { status?: string; connect?: () => Promise<unknown> };
    if (status === 'wait') void connect?.call(client).catch(() => undefined);
    await heard(client, 'ready');
  }

  private add<T extends Client>(client: T): T {
    this.own.push(client);
    this.used.push(client);
    this.outage.watch(client, false);
    return client;
  }

  private addEar(target: Exclude<Target, { type: 'clients' }>, kind: RedisKind): Client {
    const ear = this.add(openListener(target, this.listener, kind));
    this.ears.push(ear);
    return ear;
  }
}

function isReady(client: RedisClient): boolean {
  const { status, isReady: ready } = client as { status?: string; isReady?: boolean };
  return ready ?? status === 'ready';
}

/** Stands for a client that subscribes where nothing is to be heard. Redis does not count it among the servers. */
function deafClient(): RedisClient {
  const nothing = () => Promise.resolve();
  return Object.assign(new EventEmitter().setMaxListeners(0), {
    subscribe: nothing, psubscribe: nothing, ssubscribe: nothing, unsubscribe: nothing, punsubscribe: nothing, sunsubscribe: nothing,
    disconnect: nothing, xread: () => new Promise(() => undefined), options: {},
  });
}
