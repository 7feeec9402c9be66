import type { ClusterNode, ClusterOptions, RedisOptions } from 'ioredis';
import * as v from 'valibot';
import { startupError } from '../base/errors';
import { describeIssues } from '../base/issues';
import { RedisAdapterConfig } from './config';
import { FIXED_OPTIONS, type RedisAdapterOptions, type RedisClient, type RedisConnectionOptions, type RedisKind, type StreamOptions } from './types';

/** The keys of `config.socketio` that concern Redis. */
export interface RedisSettings {
  adapter?: unknown;
  pubClient?: RedisClient;
  subClient?: RedisClient;
}

/** The address of Redis. */
export type Target =
  | { type: 'clients'; pub: RedisClient; sub: RedisClient }
  | { type: 'node'; url: string | undefined; options: RedisOptions }
  | { type: 'cluster'; nodes: ClusterNode[]; options: ClusterOptions };

/** {@link RedisAdapterOptions}, checked and with defaults. */
export interface RedisPlan {
  readonly target: Target;
  readonly kind: RedisKind;
  readonly key: string;
  readonly requestsTimeout: number;
  readonly optional: boolean;
  readonly streams: Required<StreamOptions>;
}

const text = 'a non-empty string';
const key = 'letters, digits and any of _ . : @ / { } -';
const milliseconds = 'a number of milliseconds from 1 to 2147483647';
const count = 'a whole number, 1 or more';
const nodes = 'an array of nodes, each { host, port } or a URL';
const client = 'a client of ioredis or redis';
const one = "a client's name in config.redis.clients, or true for config.redis.client";

const counted = v.pipe(v.number(count), v.integer(count), v.minValue(1, count));
const object = v.custom<object>(x => typeof x === 'object' && x !== null && !Array.isArray(x), 'an object');
// ioredis also accepts a text, such as an environment variable.
const port = v.custom<number | string>(p => /^[1-9]\d{0,4}$/.test(`${p as string}`) && Number(p) < 65536, 'a port number');
const isClient = v.custom<RedisClient>(c => typeof c === 'object' && c !== null && 'on' in c && 'publish' in c, client);
const filled = v.pipe(v.string(text), v.nonEmpty(text));
const array = v.pipe(v.array(v.any(), nodes), v.minLength(1, nodes));
const any = v.any();
const limit = v.pipe(v.number(milliseconds), v.minValue(1, milliseconds), v.maxValue(2 ** 31 - 1, milliseconds));

/** The options that are passed to ioredis, which checks them. */
const connection = {
  host: filled, port, path: filled, family: any, tls: object, username: any, password: any, db: any, connectTimeout: limit,
  disconnectTimeout: any, keepAlive: any, noDelay: any, connectionName: any, disableClientInfo: any, clientInfoTag: any,
  maxLoadingRetryTime: any, Connector: any, sentinels: array, name: filled, role: any, sentinelUsername: any,
  sentinelPassword: any, sentinelRetryStrategy: any, sentinelReconnectStrategy: any, preferredSlaves: any,
  sentinelCommandTimeout: any, enableTLSForSentinelMode: any, sentinelTLS: any, natMap: any, updateSentinels: any,
  sentinelMaxConnections: any, failoverDetector: any,
} satisfies Record<keyof RedisConnectionOptions, v.GenericSchema>;

const own = {
  url: v.pipe(v.string(), v.regex(/^(rediss?|unix):\/\/|^\//, "a URL that begins with 'redis://' or 'rediss://'")),
  cluster: array,
  clusterOptions: object,
  client: v.union([ filled, v.literal(true) ], one),
  pubClient: isClient,
  subClient: isClient,
  kind: v.picklist([ 'pubsub', 'sharded', 'streams' ], "'pubsub', 'sharded' or 'streams'"),
  key: v.pipe(v.string(key), v.regex(/^[\w.:@/{}-]+$/, key)),
  requestsTimeout: limit,
  optional: v.boolean('true or false'),
  streams: v.strictObject({ maxLen: v.optional(counted), maxBytes: v.optional(counted), readCount: v.optional(counted) }, 'an object with maxLen, maxBytes and readCount'),
} satisfies Record<Exclude<keyof RedisAdapterOptions, keyof RedisConnectionOptions>, v.GenericSchema>;

const schema = v.strictObject(v.entriesFromObjects([ v.partial(v.object({ ...own, ...connection })) ]));

/** The alternatives for the address of Redis; one of them is chosen. */
const WAYS = [ 'url', 'cluster', 'sentinels', 'client', 'pubClient' ] as const;

function invalid(message: string): Error {
  return startupError('INVALID_CONFIG', message);
}

function check(given: object, where: string): RedisAdapterOptions {
  const present = Object.fromEntries(Object.entries(given).filter(([ , value ]) => value !== undefined));
  for (const name of FIXED_OPTIONS) {
    if (!(name in present)) continue;
    throw invalid(name === 'keyPrefix'
      ? `${where}.keyPrefix: ioredis would not recognise its own channels with it. Remove it, and set key instead.`
      : `${where}.${name}: this is set by the plugin, whose behaviour without Redis depends on it. Remove it, or pass clients of your own as pubClient and subClient.`);
  }
  const result = v.safeParse(schema, present, { abortPipeEarly: true });
  if (!result.success) throw invalid(describeIssues(result.issues, where, schema));
  const options = result.output as RedisAdapterOptions;
  const ways = WAYS.filter(way => options[way] !== undefined);
  if (ways.length > 1) throw invalid(`${where}: expected one of ${WAYS.join(', ')}, but got ${ways.join(' and ')}. Keep one of them.`);
  for (const [ a, b ] of [[ 'pubClient', 'subClient' ], [ 'subClient', 'pubClient' ]] as const) {
    if (options[a] && !options[b]) throw invalid(`${where}.${a}: expected ${b} as well, because a client that subscribes cannot do anything else. Make a second one, such as ${a}.duplicate().`);
  }
  if (options.pubClient && options.pubClient === options.subClient) {
    throw invalid(`${where}.subClient: expected another client than pubClient, because a client that subscribes cannot do anything else. Use pubClient.duplicate().`);
  }
  return options;
}

/** The Redis settings of `config.socketio`, and their key. */
function find({ adapter, pubClient, subClient }: RedisSettings): { options: RedisAdapterOptions; where: string } | undefined {
  const clients = pubClient || subClient ? { pubClient, subClient } : undefined;
  if (adapter instanceof RedisAdapterConfig) {
    return { options: { ...RedisAdapterConfig.optionsOf(adapter), ...clients }, where: 'config.socketio.adapter: createRedisAdapter()' };
  }
  if (typeof adapter === 'object' && adapter !== null) {
    const { redis } = adapter as { redis: string | object };
    return { options: { ...typeof redis === 'string' ? { url: redis } : redis, ...clients }, where: 'config.socketio.adapter.redis' };
  }
  if (clients && adapter !== undefined) {
    throw invalid('config.socketio.pubClient: expected no other adapter, but there is one that is not for Redis. Remove one of the two.');
  }
  return clients && { options: clients, where: 'config.socketio' };
}

/** The settings of an egg-redis client. */
function settingsOf(name: string | true, redis: unknown, where: string): { options: RedisOptions; nodes?: ClusterNode[]; prefix: string } {
  const { client: only, clients, default: defaults } = (redis ?? {}) as {
    client?: object; clients?: Record<string, object>; default?: object;
  };
  const found = name === true ? only : clients?.[name];
  const wanted = name === true ? 'config.redis.client' : `config.redis.clients.${name}`;
  if (!found) {
    const names = Object.keys(clients ?? {});
    throw invalid(`${where}.client: expected ${wanted} to exist${names.length > 0 ? `; there are: ${names.join(', ')}` : ''}. Add it, and enable egg-redis.`);
  }
  const { cluster, nodes: list, keyPrefix = '', ...rest } = { ...defaults, ...found } as RedisOptions & { cluster?: boolean; nodes?: ClusterNode[] };
  const known = Object.fromEntries(Object.entries(rest).filter(([ option, value ]) => option in connection && value !== undefined));
  return { options: known, nodes: cluster ? list : undefined, prefix: keyPrefix };
}

function targetOf(options: RedisAdapterOptions, redis: unknown, where: string): { target: Target; prefix: string } {
  const { url, cluster, clusterOptions, client: name, pubClient, subClient, ...rest } = options;
  if (pubClient && subClient) return { target: { type: 'clients', pub: pubClient, sub: subClient }, prefix: '' };
  const known = Object.fromEntries(Object.entries(rest).filter(([ option ]) => option in connection)) as RedisOptions;
  const taken = name === undefined ? undefined : settingsOf(name, redis, where);
  const all = { ...taken?.options, ...known };
  const members = cluster ?? taken?.nodes;
  const target: Target = members
    ? { type: 'cluster', nodes: members, options: { ...clusterOptions, redisOptions: all } }
    : { type: 'node', url, options: all };
  return { target, prefix: taken?.prefix ?? '' };
}

/**
 * Reads the Redis settings from `config.socketio`.
 *
 * @param recovery - whether connection state recovery is on
 * @param app - its name, for the default of `key`, and `config.redis`
 * @return `undefined` if Redis is not used
 * @throws {SocketIOError} `INVALID_CONFIG`
 */
export function planRedis(settings: RedisSettings, recovery: boolean, app: { name: string; redis: unknown }): RedisPlan | undefined {
  const found = find(settings);
  if (!found) return undefined;
  const { where } = found;
  const options = check(found.options, where);
  const { kind = 'pubsub', key: given, requestsTimeout = 5000, optional = false, streams } = options;
  if (recovery && kind !== 'streams') {
    throw invalid(`config.socketio.connectionStateRecovery: kind '${kind}' of the Redis adapter cannot recover anything. Set kind: 'streams', or remove the option.`);
  }
  const { target, prefix } = targetOf(options, app.redis, where);
  return {
    target, kind, requestsTimeout, optional,
    key: `${prefix}${given ?? `egg-socketio:${app.name.replace(/[^\w.:@/-]/g, '_')}`}`,
    streams: { maxLen: 10_000, maxBytes: 256 * 1024 * 1024, readCount: 100, ...streams },
  };
}
