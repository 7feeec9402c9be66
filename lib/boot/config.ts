import type { IncomingMessage } from 'node:http';
import type { ServerOptions } from 'socket.io';
import type { AgentEmitter } from '../adapter/agent_emitter';
import type { AdminUIOptions } from '../admin/types';
import type { LimitOptions } from '../limits/limits';
import type { RedisAdapterConfig } from '../redis/config';
import type { RedisAdapterOptions, RedisClient } from '../redis/types';
import type { AccessLogOptions } from '../telemetry/observation/access_log';
import type { AdapterFactory, Application } from '../types/application';
import type { DrainOptions } from '../types/drain';
import type { FilterRef, GuardRef, MiddlewareRef } from '../types/handlers';
import type { OwnPortOptions } from '../types/own_port';

/**
 * `config.socketio.connectionStateRecovery`.
 * @see docs/options.md#connectionstaterecovery
 */
export interface RecoveryOptions {
  /** Milliseconds for which the state of a lost connection is kept. @default 120000 */
  maxDisconnectionDuration?: number;
  /** Whether a recovered connection skips connection middleware. @default true */
  skipMiddlewares?: boolean;
  /**
   * The most bytes that a worker keeps of packets that clients may have missed, and of their sessions, of all namespaces together. A
   * client that has missed some that are kept no more is not recovered. The adapters for Redis do not use it.
   * @default 67108864
   */
  maxLogBytes?: number;
  /**
   * The most bytes of `ctx.data` of one client, as it is sent to another worker. A client with more is not recovered, which is logged.
   * @default 1048576
   */
  maxDataBytes?: number;
}

/**
 * `config.socketio`. Every option of Socket.IO's and Engine.IO's server is taken as well and handed on as it is.
 * @see docs/options.md
 */
export interface SocketIOConfig extends Omit<Partial<ServerOptions>, 'connectionStateRecovery' | 'adapter'> {
  /**
   * What carries broadcasts between servers: what `createRedisAdapter()` returns, `{ redis: options }`, or any adapter for
   * Socket.IO 4. Default: the workers of one app are linked directly.
   * @see docs/redis.md
   */
  adapter?: AdapterFactory | RedisAdapterConfig | { redis: RedisAdapterOptions | string };
  /** A Redis client that publishes; the same as in `adapter: { redis: { pubClient, subClient } }`. Default: none */
  pubClient?: RedisClient;
  /** A Redis client that is given up to subscriptions; goes with `pubClient`. Default: none */
  subClient?: RedisClient;
  /**
   * Whether a client that comes back soon gets its rooms, data and missed packets; true for the defaults.
   * @default false
   */
  connectionStateRecovery?: RecoveryOptions | boolean;
  /**
   * A port of its own for Socket.IO, alone or with more of the server that listens there; Egg's server is left alone then.
   * `0` lets the system choose. Default: none, Egg's own server is used.
   */
  port?: number | OwnPortOptions;
  /**
   * Makes the id of an engine session (not the `socket.id`). Must be unique over all servers and hard to guess.
   * @default 20 characters from 15 random bytes, Engine.IO's own
   */
  generateId?: (req: IncomingMessage) => string | Promise<string>;
  /**
   * What happens to an event that nobody handles and whose sender waits for an ack: `'answer'` acks
   * `EVENT_NOT_FOUND`, `'ignore'` leaves it without an answer, as bare Socket.IO does. Where listeners of `onAny()`
   * have the ack as well, `EVENT_NOT_FOUND` waits `limits.handlerTimeout` for them.
   * @default 'answer'
   */
  unknownEvents?: 'answer' | 'ignore';
  /**
   * Whether a handshake must say by which page it is made (`Origin`, or `Sec-Fetch-Site: same-origin`); apps and servers do not.
   * Which pages may connect is decided by `cors`: without it, those of the server's own host.
   * @default false
   * @see docs/options.md#cors
   */
  requireOrigin?: boolean;
  /**
   * Milliseconds for which a session that began with polling waits for its client's WebSocket, before Socket.IO hears of
   * it: so long it can move to the worker to which the WebSocket comes. Counts with several workers only.
   * @default 300
   */
  takeOverWindow?: number;
  /**
   * Whether a table of what was loaded from `app/socket` is logged at the start, once an app. The same stands in
   * `run/socketio.json` in any case.
   * @default true
   * @see docs/controllers.md#what-was-loaded
   */
  startupTable?: boolean;
  /**
   * Lets the Socket.IO project's admin UI in: what `instrument()` of `@socket.io/admin-ui` takes, which the app has to install.
   * Default: nobody can connect one
   * @see docs/observability.md#admin-ui
   */
  adminUI?: AdminUIOptions;
  /** How connections are closed when a worker stops. Default: {@link DrainOptions}'s own */
  drain?: DrainOptions;
  /** What one client may make the worker do and keep. Default: {@link LimitOptions}'s own */
  limits?: LimitOptions;
  /**
   * Whether each event is written to `egg-socketio.log`; true for the defaults.
   * @default false
   */
  accessLog?: AccessLogOptions | boolean;
  /** Runs for every event of every controller, first of all. @default [] */
  middleware?: readonly MiddlewareRef[];
  /** Runs before every connection to any namespace is accepted. @default [] */
  connectionMiddleware?: readonly MiddlewareRef[];
  /** Asked before every connection to any namespace, and every event of every controller, whether they may be. @default [] */
  guards?: readonly GuardRef[];
  /** Asked about every error, last of all. @default [] */
  filters?: readonly FilterRef[];
}

/**
 * `agent.io`. In Egg 4 an agent extends the same class as an application, which says that there is an {@link Application}; use no more
 * of it than {@link AgentEmitter} has.
 */
export type AgentIO = 'EggApplicationCore' extends keyof typeof import('egg') ? AgentEmitter & Application : AgentEmitter;

declare module 'egg' {
  interface Application {
    /** The Socket.IO server of this worker. */
    readonly io: import('../types/application').Application;
  }

  /** What services and controllers know of an application, in Egg 4. */
  interface EggApplicationCore {
    /** The Socket.IO server of this worker. */
    readonly io: import('../types/application').Application;
  }

  interface Agent {
    /** Emits to the clients of all workers. */
    readonly io: AgentIO;
  }

  interface EggAppConfig {
    socketio: SocketIOConfig;
  }
}
