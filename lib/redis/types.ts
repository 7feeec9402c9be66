import type { Cluster, ClusterNode, ClusterOptions, Redis, RedisOptions } from 'ioredis';

/**
 * How messages travel through Redis. See docs/redis.md.
 *
 * @see docs/redis.md#which-kind
 */
export type RedisKind = 'pubsub' | 'sharded' | 'streams';

/** Options of ioredis that decide how the adapter behaves when Redis does not; the plugin sets them. */
export const FIXED_OPTIONS = [
  'keyPrefix', 'lazyConnect', 'enableOfflineQueue', 'maxRetriesPerRequest', 'autoResubscribe', 'autoResendUnfulfilledCommands',
  'retryStrategy', 'reconnectOnError', 'readOnly', 'monitor', 'enableAutoPipelining', 'autoPipeliningIgnoredCommands',
  'stringNumbers', 'offlineQueue', 'commandQueue', 'scripts', 'showFriendlyErrorStack', 'commandTimeout', 'socketTimeout',
  'blockingTimeout', 'blockingTimeoutGrace', 'enableReadyCheck',
] as const satisfies readonly (keyof RedisOptions)[];

/**
 * Where Redis is, and who we are there: what is left of ioredis' options.
 *
 * @see docs/redis.md#options
 */
export type RedisConnectionOptions = Omit<RedisOptions, typeof FIXED_OPTIONS[number]>;

/**
 * Bounds of the stream that `kind: 'streams'` writes to.
 *
 * @see docs/redis.md#options
 */
export interface StreamOptions {
  /** About how many messages the stream keeps; who is away for longer than that misses some. @default 10000 */
  maxLen?: number;
  /** The most bytes that the stream takes in Redis; the oldest messages go first. It is looked at once a second. @default 268435456 */
  maxBytes?: number;
  /** How many are read at a time. @default 100 */
  readCount?: number;
}

/**
 * Any client that the official adapters take.
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
  /** Nodes of a Redis Cluster; the other connection options are for each node. Default: none, a single server */
  cluster?: ClusterNode[];
  /** Options of ioredis for the cluster as a whole, such as `natMap`. Default: ioredis's own */
  clusterOptions?: Pick<ClusterOptions, 'natMap' | 'dnsLookup' | 'scaleReads' | 'slotsRefreshTimeout' | 'slotsRefreshInterval'>;
  /** Takes the settings of a client of `config.redis` (egg-redis): its name in `clients`, or true for the only one. Default: none */
  client?: string | true;
  /** A client of the app's own that publishes; goes with `subClient`. The app closes it. Default: none */
  pubClient?: RedisClient;
  /** A client of the app's own that is given up to subscriptions. The app closes it. Default: none */
  subClient?: RedisClient;
  /** How messages travel. @default 'pubsub' */
  kind?: RedisKind;
  /** What the names of all channels and keys begin with. @default 'egg-socketio:' and the app's name */
  key?: string;
  /** Milliseconds that answers of other servers are waited for. @default 5000 */
  requestsTimeout?: number;
  /** Whether the app starts without Redis, and goes on trying. @default false */
  optional?: boolean;
  /** Counts with `kind: 'streams'` only. Default: {@link StreamOptions}'s own */
  streams?: StreamOptions;
}
