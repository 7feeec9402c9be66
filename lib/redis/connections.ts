import { EventEmitter } from 'node:events';
import type { EggLogger } from 'egg';
import { atMost } from '../base/at_most';
import { startupError } from '../base/errors';
import { ChannelListeners } from './channel_listeners';
import { type Client, CONNECT_LIMIT, guarded, openListener, openPublisher, SILENCE } from './clients';
import { Hearing } from './hearing';
import type { RedisPlan, Target } from './options';
import { Outage } from './outage';
import { renewShardedSubscribers } from './sharded_subscribers';
import { StreamBytes } from './stream_bytes';
import { StreamReader } from './stream_reader';
import { subscribingWhenReady } from './subscriber';
import type { RedisClient } from './types';

/** Milliseconds to wait for the last QUIT. */
const CLOSE_LIMIT = 500;

function addressOf(target: Target): string {
  if (target.type === 'clients') return 'the clients of the app';
  if (target.type === 'cluster') return `${target.nodes.length} cluster node(s)`;
  const { host = 'localhost', port = 6379, path, sentinels } = target.options;
  if (target.url !== undefined) return target.url.replace(/\/\/[^/]*@/, '//').replace(/\?.*/, '');
  return sentinels ? `${sentinels.length} sentinel(s)` : path ?? `${host}:${port}`;
}

/** Unlike `once` of Node.js, an error does not end it: ioredis keeps trying. */
function heard(client: object, event: string): Promise<void> {
  return new Promise(resolve => { (client as EventEmitter).once(event, () => resolve()); });
}

/** Errors with which a connection can never succeed. */
function isHopeless(error: Error): boolean {
  return /WRONGPASS|NOAUTH|NOPERM|invalid (username-)?password|DB index is out of range/i.test(error.message);
}

/** The connections of one process to Redis, from its start to its end. */
export class Connections {
  /** The client for an adapter that publishes. */
  readonly pub: RedisClient;
  /** The client for an adapter that subscribes. */
  readonly sub: RedisClient;
  readonly outage: Outage;
  /** Whether messages through Redis are received here; the agent receives none. */
  readonly hearing: Hearing | undefined;
  /** Limits the stream; `undefined` for the other kinds. */
  private readonly bytes: StreamBytes | undefined;
  /** Reads for the streams adapter. */
  readonly reader = new StreamReader(() => this.isClosed);
  /** Subscribes for the streams adapter, which creates this connection itself. */
  channels: ChannelListeners | undefined;
  private readonly own: Client[] = [];
  /** Our connections, and those of the app. */
  private readonly used: RedisClient[] = [];
  /** Those that receive messages. */
  private readonly listeners: RedisClient[] = [];
  /** Clients that were duplicated from the app's, and that it does not know. */
  private readonly copies: RedisClient[] = [];
  private isClosed = false;
  private isMessage = true;
  private heart: NodeJS.Timeout | undefined;

  /**
   * Starts to connect.
   *
   * @param deaf - whether no messages are to be received, as in the agent
   */
  constructor(private readonly plan: RedisPlan, logger: Pick<EggLogger, 'error' | 'warn'>, deaf: boolean) {
    const { target, kind, key, streams } = plan;
    const where = addressOf(target);
    this.outage = new Outage(logger, where);
    if (!deaf) {
      this.hearing = new Hearing({
        logger, where, outage: this.outage, aside: send => this.aside(send), reconnect: () => this.reconnect(),
      });
    }
    // The streams adapter duplicates the client that it gets: first for reading, then for subscribing.
    const duplicate = () => (deaf ? deafClient() : this.listening(this.another()));
    const source = target.type === 'clients' ? this.use(target.pub) : this.keep(openPublisher(target, {
      isMessage: () => this.isMessage, onLost: () => this.outage.countLost(),
    }));
    this.pub = guarded(source, { duplicate });
    if (kind === 'streams' && !deaf) {
      this.bytes = new StreamBytes({
        client: this.pub, name: key, maxBytes: streams.maxBytes, aside: send => this.aside(send), warn: line => logger.warn('[egg-socketio] %s', line),
      });
    }
    if (deaf || (kind === 'streams' && target.type !== 'clients')) this.sub = deafClient();
    else this.sub = this.listening(target.type === 'clients' ? this.use(target.sub) : this.another());
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

  /**
   * Waits until everything that is sent here has been received here; from then on it keeps checking.
   *
   * @throws {SocketIOError} `REDIS_UNAVAILABLE`
   */
  async listen(): Promise<void> {
    const { hearing, plan: { optional }, outage } = this;
    try {
      if (!optional || !outage.isOn) await hearing?.open(this.limit);
    } catch (error) {
      if (!optional) throw error;
    }
    hearing?.watch();
    this.bytes?.watch();
  }

  /** Closes our connections, and waits a moment until Redis notices, so that nobody waits for us any more. */
  async close(): Promise<void> {
    clearInterval(this.heart);
    this.isClosed = true;
    this.hearing?.close();
    this.bytes?.close();
    this.outage.end();
    for (const copy of this.copies) disconnect(copy);
    const ended = Promise.all(this.own.map(client => (client.status === 'end' ? undefined : heard(client, 'end'))));
    for (const client of this.own) client.disconnect();
    await atMost(CLOSE_LIMIT, ended);
  }

  private async ready(): Promise<void> {
    const unreachable = (reason: string) => startupError('REDIS_UNAVAILABLE',
      `config.socketio.adapter: Redis at ${addressOf(this.plan.target)} cannot be reached: ${reason}. Start it, correct the options, or set optional: true to start without.`);
    const hopeless = new Promise<never>((_resolve, reject) => {
      for (const client of this.used) client.on('error', (error: Error) => { if (isHopeless(error)) reject(unreachable(error.message)); });
    });
    const connected = Promise.all(this.used.map(client => this.connected(client))).then(() => this.probe());
    await atMost(this.limit, Promise.race([ connected, hopeless ]), () => {
      throw unreachable(`${this.outage.lastCause} (step: ${this.stepAtStart})`);
    });
  }

  /** The step of a connection that is not ready. ioredis sends INFO once it is connected. */
  private get stepAtStart(): string {
    const late = this.used.filter(client => !isReady(client)) as { status?: string }[];
    return late.length > 0 && late.every(({ status }) => status === 'connect') ? 'INFO' : 'connect';
  }

  /** Redis supports this kind. */
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

  /** A connection for receiving. */
  private another(): RedisClient {
    const { target, kind } = this.plan;
    if (target.type !== 'clients') return this.keep(openListener(target, kind));
    const copy = (target.pub as { duplicate(): RedisClient }).duplicate();
    this.copies.push(copy);
    return this.use(copy);
  }

  private keep(client: Client): Client {
    this.own.push(client);
    return this.use(client);
  }

  private use<T extends RedisClient>(client: T): T {
    this.used.push(client);
    this.outage.watch(client as EventEmitter, isReady(client));
    return client;
  }

  /** The client with which an adapter listens. */
  private listening(client: RedisClient): RedisClient {
    this.listeners.push(client);
    renewShardedSubscribers(client);
    const subscribing = subscribingWhenReady(client);
    if (this.plan.kind !== 'streams') return guarded(client, subscribing);
    this.channels = new ChannelListeners(client, subscribing);
    return guarded(client, { ...this.channels.methods, ...this.reader.methods(client) });
  }

  /** Runs a command whose failure is not a lost message. */
  private aside<T>(send: () => T): T {
    this.isMessage = false;
    try {
      return send();
    } finally {
      this.isMessage = true;
    }
  }

  /** Drops connections on which nothing arrives, so ioredis reconnects. Those of `redis` cannot be made to. */
  private reconnect(): void {
    for (const client of this.listeners) {
      if ('status' in client && client.status === 'ready') (client as Client).disconnect(true);
    }
  }
}

/** Ends a client of ioredis or of `redis`. */
function disconnect(client: RedisClient): void {
  const { destroy, disconnect: end } = client as { destroy?: () => void; disconnect?: () => unknown };
  try {
    Promise.resolve((end ?? destroy)?.call(client)).catch(() => undefined);
  } catch { /* It has ended already. */ }
}

function isReady(client: RedisClient): boolean {
  const { status, isReady: ready } = client as { status?: string; isReady?: boolean };
  return ready ?? status === 'ready';
}

/** Replaces a subscribing client where no messages are to be received. Redis does not count it among the servers. */
function deafClient(): RedisClient {
  const nothing = () => Promise.resolve();
  return Object.assign(new EventEmitter().setMaxListeners(0), {
    subscribe: nothing, psubscribe: nothing, ssubscribe: nothing, unsubscribe: nothing, punsubscribe: nothing, sunsubscribe: nothing,
    disconnect: nothing, xread: () => new Promise(() => undefined), options: {},
  });
}
