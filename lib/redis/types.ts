import type { Cluster, ClusterNode, ClusterOptions, Redis, RedisOptions } from 'ioredis';

/**
 * How messages travel through Redis. See docs/redis.md.
 *
 * @see docs/redis.md#which-kind
 */
export type RedisKind = 'pubsub' | 'sharded' | 'streams';

/** Options of ioredis that the plugin sets, because they decide how the adapter behaves in an outage. */
export const FIXED_OPTIONS = [
  'keyPrefix', 'lazyConnect', 'enableOfflineQueue', 'maxRetriesPerRequest', 'autoResubscribe', 'autoResendUnfulfilledCommands',
  'retryStrategy', 'reconnectOnError', 'readOnly', 'monitor', 'enableAutoPipelining', 'autoPipeliningIgnoredCommands',
  'stringNumbers', 'offlineQueue', 'commandQueue', 'scripts', 'showFriendlyErrorStack', 'commandTimeout', 'socketTimeout',
  'blockingTimeout', 'blockingTimeoutGrace', 'enableReadyCheck',
] as const satisfies readonly (keyof RedisOptions)[];

/**
 * The address of Redis, and the credentials: the remaining options of ioredis.
 *
 * @see docs/redis.md#options
 */
export type RedisConnectionOptions = Omit<RedisOptions, typeof FIXED_OPTIONS[number]>;

/**
 * Limits of the stream that `kind: 'streams'` writes to.
 *
 * @see docs/redis.md#options
 */
export interface StreamOptions {
  /** Approximate number of messages that the stream keeps; a server that is cut off for longer misses some. @default 10000 */
  maxLen?: number;
  /**
   * Maximum bytes that the stream takes in Redis; the oldest messages are removed first. It is checked once a second. @default 268435456
   */
  maxBytes?: number;
  /** The number of messages per read. @default 100 */
  readCount?: number;
}

/**
 * Any client that the official adapters support.
 *
 * @see docs/redis.md#other-forms
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type RedisClient = Redis | Cluster | (object & { on(event: string, listener: (...args: any[]) => void): unknown });

/**
 * Options of `createRedisAdapter()` and of `config.socketio.adapter.redis`: those of an ioredis connection, and these.
 *
 * @see docs/redis.md#options
 */
export interface RedisAdapterOptions extends RedisConnectionOptions {
  /** `redis://` or `rediss://` (TLS), with user, password and database if need be. Default: none */
  url?: string;
  /** Nodes of a Redis Cluster; the other connection options apply to each node. Default: none, a single server */
  cluster?: ClusterNode[];
  /** Options of ioredis for the cluster as a whole, such as `natMap`. Default: ioredis's own */
  clusterOptions?: Pick<ClusterOptions, 'natMap' | 'dnsLookup' | 'scaleReads' | 'slotsRefreshTimeout' | 'slotsRefreshInterval'>;
  /** Uses the settings of a client in `config.redis` (egg-redis): its name in `clients`, or true for the only one. Default: none */
  client?: string | true;
  /** The app's own client for publishing; requires `subClient`. The app closes it. Default: none */
  pubClient?: RedisClient;
  /** The app's own client for subscriptions only. The app closes it. Default: none */
  subClient?: RedisClient;
  /** How messages travel. @default 'pubsub' */
  kind?: RedisKind;
  /** The prefix of all channels and keys. @default 'egg-socketio:' and the app's name */
  key?: string;
  /** How long to wait for the responses of other servers, in milliseconds. @default 5000 */
  requestsTimeout?: number;
  /** Whether the app starts without Redis, and keeps trying to connect. @default false */
  optional?: boolean;
  /** Only used with `kind: 'streams'`. Default: see {@link StreamOptions} */
  streams?: StreamOptions;
}
