import type { Agent, Application as EggApplication } from 'egg';
import * as v from 'valibot';
import { hideInDump } from '../base/egg_compat';
import { startupError } from '../base/errors';
import { describeIssues, show } from '../base/issues';
import type { LimitOptions } from '../limits/limits';
import type { AccessLogOptions } from '../telemetry/observation/access_log';
import { RedisAdapterConfig } from '../redis/config';
import { healthPathsOf } from '../routing/health_endpoints';
import type { HealthOptions } from '../types/health';
import type { OwnPortOptions } from '../types/own_port';
import type { SocketIOConfig } from './config';

const expected = {
  boolean: 'true or false',
  milliseconds: 'a number of milliseconds, 0 or more',
  bytes: 'a number of bytes, 1 or more',
  count: 'a whole number, 1 or more',
  time: 'a number of milliseconds, 1 or more',
  rate: 'a number above 0',
  share: 'a number from 0 to 1',
  ipv6Prefix: 'a whole number from 1 to 128',
  function: 'a function',
  guard: 'a function (ctx) => boolean or a class with canActivate(ctx)',
  interceptor: 'a function (ctx, next) or a class with intercept(ctx, next)',
  filter: 'a function (error, ctx) or a class with catch(error, ctx)',
  outgoing: 'a function (packet)',
  functions: 'an array of functions',
  policies: 'an array of functions and classes',
  middleware: 'a function (ctx, next) or the name of a file in app/socket/middleware',
  middlewares: 'an array of functions and of file names in app/socket/middleware',
} as const;

const boolean = v.boolean(expected.boolean);
const fn = v.function(expected.function);
const isObject = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value);
const object = v.custom<object>(isObject, 'an object');
const milliseconds = v.pipe(v.number(expected.milliseconds), v.finite(expected.milliseconds), v.minValue(0, expected.milliseconds));
const bytes = v.pipe(v.number(expected.bytes), v.finite(expected.bytes), v.minValue(1, expected.bytes));
const rate = v.pipe(v.number(expected.rate), v.finite(expected.rate), v.minValue(Number.MIN_VALUE, expected.rate));
const share = v.pipe(v.number(expected.share), v.minValue(0, expected.share), v.maxValue(1, expected.share));
const count = v.pipe(v.number(expected.count), v.integer(expected.count), v.minValue(1, expected.count));
const ipv6Prefix = v.pipe(
  v.number(expected.ipv6Prefix), v.integer(expected.ipv6Prefix), v.minValue(1, expected.ipv6Prefix), v.maxValue(128, expected.ipv6Prefix),
);
const time = v.pipe(v.number(expected.time), v.finite(expected.time), v.minValue(1, expected.time));
/** A limit, or `false` for none. */
const limit = (schema: v.GenericSchema, name: string) => v.optional(v.union([ v.literal(false), schema ], `${name}, or false`));
const middleware = v.array(v.union([ v.pipe(v.string(), v.nonEmpty()), fn ], expected.middleware), expected.middlewares);
const order = v.picklist([ 'before', 'after' ], "'before' or 'after'");
const replicas = v.union([ v.picklist([ 0, 1 ]), v.strictObject({ order: v.optional(order) }) ], "an object with order ('before' or 'after'), or 0 or 1");
const transport = v.picklist([ 'polling', 'websocket', 'webtransport' ], "'polling', 'websocket' or 'webtransport'");
const pathBelowRoot = "a path below '/', such as '/socket.io'";
const path = v.pipe(v.string(pathBelowRoot), v.regex(/^\/[^/]/, pathBelowRoot));
const port = 'a port number from 0 to 65535';
const transports = "an array of 'polling', 'websocket' and 'webtransport' with at least one entry";
const parser = "an object with Encoder and Decoder, such as require('socket.io-msgpack-parser')";
const adapter = 'an adapter class, a function (nsp) => adapter, the result of createRedisAdapter(), or an object with redis';
const adminAuth = "{ type: 'basic', username, password } with a bcrypt hash for a password, or false";
const adminUI = `an object with auth, which is ${adminAuth}`;
const client = 'a client of ioredis or redis';
const hostname = "a host name or an IP address, such as '127.0.0.1'";
const https = 'false, or an object with key and cert (paths or PEM texts), and other options of https.createServer()';

function isAdminAuth(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return value === false;
  const { type, username, password, ...rest } = value as Record<string, unknown>;
  return type === 'basic' && typeof username === 'string' && typeof password === 'string' && /^\$2[abxy]?\$\d\d\$.{53}$/.test(password)
    && Object.keys(rest).length === 0;
}

function isHttps(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return value === false;
  const { key, cert, ca } = value as Record<string, unknown>;
  const isPem = (pem: unknown) => (typeof pem === 'string' && pem !== '') || Buffer.isBuffer(pem);
  return isPem(key) && isPem(cert) && (ca === undefined || isPem(ca));
}

function isClient(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'on' in value && 'publish' in value;
}

const portNumber = v.pipe(v.number(port), v.integer(port), v.minValue(0, port), v.maxValue(65535, port));
const ownPort = v.strictObject({
  port: portNumber,
  hostname: v.optional(v.pipe(v.string(hostname), v.nonEmpty(hostname))),
  // Checked as one value, so that no message contains a key.
  https: v.optional(v.custom<object | false>(isHttps, https)),
} satisfies Record<keyof OwnPortOptions, v.GenericSchema>, `${port}, or an object with port, hostname and https`);

const accessLog = v.strictObject({
  level: v.optional(v.picklist([ 'debug', 'info', 'warn' ], "'debug', 'info' or 'warn'")),
  sample: v.optional(share),
  slow: limit(milliseconds, expected.milliseconds),
} satisfies Record<keyof AccessLogOptions, v.GenericSchema>, 'true, false or an object with level, sample and slow');

const health = v.pipe(v.strictObject({
  live: v.optional(path), ready: v.optional(path),
} satisfies Record<keyof HealthOptions, v.GenericSchema>, 'true, false or an object with live and ready'), v.check(given => {
  const { live, ready } = healthPathsOf(given);
  return live !== ready;
}, 'an object with different paths for live and ready'));

const cors = 'an object with options of the cors package, a function (req, callback), true or false';
/** The keys that the cors package reads: with a misspelt `origin`, it allows every page. */
const corsOptions = v.strictObject(v.entriesFromList([
  'origin', 'methods', 'allowedHeaders', 'headers', 'exposedHeaders', 'credentials', 'maxAge', 'preflightContinue', 'optionsSuccessStatus',
], v.optional(v.any())), cors);

/** One entry per key: the keys of `config.socketio`, and the accepted values. */
const entries = {
  port: v.lazy(given => (typeof given === 'object' && given !== null ? ownPort : portNumber)),
  generateId: fn,
  unknownEvents: v.picklist([ 'answer', 'ignore' ], "'answer' or 'ignore'"),
  requireOrigin: boolean,
  takeOverWindow: milliseconds,
  startupTable: boolean,
  pubClient: v.custom<object>(isClient, client),
  subClient: v.custom<object>(isClient, client),
  adminUI: v.strictObject({
    // Checked as one value, so that no message contains the password.
    auth: v.custom<object | false>(isAdminAuth, adminAuth),
    namespaceName: v.optional(v.pipe(v.string(), v.nonEmpty())),
    readonly: v.optional(boolean),
    serverId: v.optional(v.string()),
    mode: v.optional(v.picklist([ 'development', 'production' ], "'development' or 'production'")),
  }, adminUI),
  drain: v.strictObject({
    batch: v.optional(count),
    interval: v.optional(milliseconds),
    limit: v.optional(milliseconds),
  }, 'an object with batch, interval and limit'),
  limits: v.strictObject({
    events: limit(v.strictObject({ perSecond: v.optional(rate), burst: v.optional(count) }), 'an object with perSecond and burst'),
    connectionsPerAddress: limit(count, expected.count),
    ipv6Prefix: limit(ipv6Prefix, expected.ipv6Prefix),
    receivedBytes: limit(v.strictObject({ perSecond: v.optional(rate), burst: v.optional(count) }), 'an object with perSecond and burst'),
    payloadPackets: limit(count, expected.count),
    arguments: limit(count, expected.count),
    nameLength: limit(count, expected.count),
    authBytes: limit(bytes, expected.bytes),
    connectionAuthBytes: limit(bytes, expected.bytes),
    handshakeTimeout: limit(time, expected.time),
    pendingConnects: limit(count, expected.count),
    namespaces: limit(count, expected.count),
    rooms: limit(count, expected.count),
    handlerTimeout: limit(time, expected.time),
    streams: limit(count, expected.count),
    streamBytes: limit(bytes, expected.bytes),
    uploadBytes: limit(bytes, expected.bytes),
    keptStreams: limit(count, expected.count),
    keptStreamBytes: limit(bytes, expected.bytes),
    keptBytes: limit(bytes, expected.bytes),
    onceKeys: limit(count, expected.count),
    onceBytes: limit(bytes, expected.bytes),
    ackTimeout: limit(time, expected.time),
    ackBytes: limit(bytes, expected.bytes),
    bufferedBytes: limit(bytes, expected.bytes),
    waitingBytes: limit(bytes, expected.bytes),
    attachmentTimeout: limit(time, expected.time),
    depth: limit(count, expected.count),
  } satisfies Record<keyof LimitOptions, v.GenericSchema>, 'an object of limits'),
  accessLog: v.lazy(given => (typeof given === 'boolean' ? boolean : accessLog)),
  health: v.lazy(given => (typeof given === 'boolean' ? boolean : health)),
  middleware,
  connectionMiddleware: middleware,
  guards: v.array(v.function(expected.guard), expected.policies),
  interceptors: v.array(v.function(expected.interceptor), expected.policies),
  filters: v.array(v.function(expected.filter), expected.policies),
  outgoing: v.array(v.function(expected.outgoing), expected.functions),

  path,
  serveClient: boolean,
  adapter: v.union([
    fn,
    v.instance(RedisAdapterConfig),
    // lib/redis/options.ts checks its content.
    v.strictObject({ redis: v.union([ v.string(), object ]) }),
  ], adapter),
  parser: v.custom<object>(p => typeof p === 'object' && p !== null && 'Encoder' in p && 'Decoder' in p, parser),
  // Socket.IO treats 0 as not set.
  connectTimeout: time,
  connectionStateRecovery: v.union([
    v.strictObject({
      maxDisconnectionDuration: v.optional(milliseconds),
      skipMiddlewares: v.optional(boolean),
      maxLogBytes: v.optional(bytes),
      maxDataBytes: v.optional(bytes),
      replicas: v.optional(replicas),
      restart: v.optional(v.union([ boolean, v.strictObject({ maxBytes: v.optional(bytes) }) ], 'true, false or an object with maxBytes')),
    }),
    boolean,
  ], 'an object with maxDisconnectionDuration (milliseconds), skipMiddlewares (boolean), maxLogBytes and maxDataBytes (numbers of bytes), replicas and restart, or true or false'),
  cleanupEmptyChildNamespaces: boolean,

  pingTimeout: milliseconds,
  pingInterval: milliseconds,
  upgradeTimeout: milliseconds,
  maxHttpBufferSize: bytes,
  allowRequest: fn,
  transports: v.pipe(v.array(transport, transports), v.minLength(1, transports)),
  allowUpgrades: boolean,
  perMessageDeflate: v.union([ boolean, object ], 'true, false or an object with options of ws'),
  httpCompression: v.union([ boolean, object ], 'true, false or an object with options of zlib'),
  wsEngine: v.function('a WebSocket server class with the interface of ws.Server'),
  initialPacket: v.any(),
  cookie: v.union([ boolean, object ], 'true, false or an object with name and cookie options'),
  cors: v.lazy(given => (isObject(given) ? corsOptions : v.union([ boolean, fn ], cors))),
  allowEIO3: boolean,
  destroyUpgrade: boolean,
  destroyUpgradeTimeout: milliseconds,
  addTrailingSlash: boolean,
} satisfies Record<keyof SocketIOConfig, v.GenericSchema>;

/** Keeps what `config.socketio` may contain, checked or not, out of the files in which Egg writes down the configuration. */
export function hideSecrets(app: EggApplication | Agent): void {
  const { port } = (app.config.socketio ?? {}) as SocketIOConfig;
  // A URL with a password in it.
  hideInDump(app, 'redis');
  if (typeof port === 'object' && port?.https) hideInDump(app, 'key');
}

/** The keys that `config.socketio` may have. */
export const OPTION_KEYS = Object.keys(entries) as (keyof SocketIOConfig)[];

const schema = v.strictObject(v.entriesFromObjects([ v.partial(v.object(entries)) ]));

/**
 * Checks `config.socketio`.
 *
 * @param config - as Egg merged it; keys set to `undefined` count as absent
 * @return a copy without the absent keys
 * @throws {SocketIOError} `INVALID_CONFIG`, with each invalid key and the accepted values
 */
export function checkOptions(config: unknown): SocketIOConfig {
  if (typeof config !== 'object' || config === null || Array.isArray(config)) {
    throw startupError('INVALID_CONFIG', `config.socketio: expected an object, but got ${show(config)}.`);
  }
  const given = Object.fromEntries(Object.entries(config).filter(([ , value ]) => value !== undefined));
  const result = v.safeParse(schema, given, { abortPipeEarly: true });
  if (result.success) return result.output as SocketIOConfig;
  throw startupError('INVALID_CONFIG', describeIssues(result.issues, 'config.socketio', schema));
}
