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
import type { FilterRef, GuardRef, InterceptorRef, MiddlewareRef } from '../types/handlers';
import type { HealthOptions } from '../types/health';
import type { OutgoingMiddleware } from '../types/outgoing';
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
   * Maximum bytes that a worker keeps for recovery: packets that clients may have missed, and sessions, of all namespaces together. A
   * client that has missed a dropped packet is not recovered. The Redis adapters do not use it.
   * @default 67108864
   */
  maxLogBytes?: number;
  /**
   * Maximum bytes of one client's `ctx.data`, encoded for another worker. A client with more is not recovered, which is logged.
   * @default 1048576
   */
  maxDataBytes?: number;
  /**
   * The number of siblings to which a worker copies its sessions, so that their clients are recovered when the worker is killed: 0 or 1. An
   * object is 1 with its settings. With `order: 'before'`, a sibling has each change before the client sees it; with `'after'`, a few
   * clients may not be recovered. Not used by the Redis adapters, nor on Windows.
   * @default 1, with the order `'before'`
   */
  replicas?: 0 | 1 | { order?: 'before' | 'after' };
  /**
   * Whether the workers write their recoverable sessions to the app's `run` folder if none of them stays, and the workers of the next
   * start restore them. In an object, `maxBytes` is the maximum size of the file of each worker; default: the same as `maxLogBytes`. An
   * app in a single process, and the Redis adapters, do not use it.
   * @default true
   */
  restart?: boolean | { maxBytes?: number };
}

/**
 * `config.socketio`. Every option of Socket.IO's and Engine.IO's server is accepted as well and passed to it.
 * @see docs/options.md
 */
export interface SocketIOConfig extends Omit<Partial<ServerOptions>, 'connectionStateRecovery' | 'adapter'> {
  /**
   * The adapter that carries broadcasts between servers: the result of `createRedisAdapter()`, `{ redis: options }`, or any Socket.IO 4
   * adapter. Default: the workers of one app are linked directly.
   * @see docs/redis.md
   */
  adapter?: AdapterFactory | RedisAdapterConfig | { redis: RedisAdapterOptions | string };
  /** A Redis client for publishing; the same as in `adapter: { redis: { pubClient, subClient } }`. Default: none */
  pubClient?: RedisClient;
  /** A Redis client for subscriptions only; required with `pubClient`. Default: none */
  subClient?: RedisClient;
  /**
   * Whether a client that reconnects soon gets its rooms, data and missed packets; true for the defaults.
   * @default false
   */
  connectionStateRecovery?: RecoveryOptions | boolean;
  /**
   * A separate port for Socket.IO, alone or with other settings of its server; Egg's server is then left alone. `0` lets the system
   * choose. Default: none, Egg's own server is used.
   */
  port?: number | OwnPortOptions;
  /**
   * Creates the id of an Engine.IO session (not the `socket.id`). Must be unique across all servers and hard to guess.
   * @default 20 characters from 15 random bytes, Engine.IO's own
   */
  generateId?: (req: IncomingMessage) => string | Promise<string>;
  /**
   * The result of an event with an ack but without a handler: `'answer'` acks `EVENT_NOT_FOUND`, `'ignore'` leaves it unanswered, as
   * plain Socket.IO does. If `onAny()` listeners have the ack as well, `EVENT_NOT_FOUND` waits `limits.handlerTimeout` for them.
   * @default 'answer'
   */
  unknownEvents?: 'answer' | 'ignore';
  /**
   * Whether a handshake must name the page that makes it (`Origin`, or `Sec-Fetch-Site: same-origin`); apps and servers do not. `cors`
   * decides which pages may connect; without it, those of the server's own host.
   * @default false
   * @see docs/options.md#cors
   */
  requireOrigin?: boolean;
  /**
   * Milliseconds that a session which began with polling waits for its client's WebSocket before Socket.IO accepts it; until then it can
   * move to the worker that the WebSocket reaches. Only used with several workers.
   * @default 300
   */
  takeOverWindow?: number;
  /**
   * Whether a table of the controllers in `app/socket` is logged at start-up, once per app. `run/socketio.json` always has the same.
   * @default true
   * @see docs/controllers.md#what-was-loaded
   */
  startupTable?: boolean;
  /**
   * Turns on the Socket.IO project's admin UI: the options of `instrument()` of `@socket.io/admin-ui`, which the app has to install.
   * Default: off
   * @see docs/observability.md#admin-ui
   */
  adminUI?: AdminUIOptions;
  /** Settings for closing connections when a worker stops. Default: see {@link DrainOptions} */
  drain?: DrainOptions;
  /** Limits on what one client may make the worker do and keep. Default: see {@link LimitOptions} */
  limits?: LimitOptions;
  /**
   * Whether each event is logged to `egg-socketio.log`; true for the defaults.
   * @default false
   */
  accessLog?: AccessLogOptions | boolean;
  /**
   * Endpoints for the health checks of balancers and orchestrators; true for the default paths.
   * @default false
   * @see docs/observability.md#health
   */
  health?: HealthOptions | boolean;
  /** Runs first, for every event of every controller. @default [] */
  middleware?: readonly MiddlewareRef[];
  /** Runs before every connection to any namespace is accepted. @default [] */
  connectionMiddleware?: readonly MiddlewareRef[];
  /** Run before every connection to any namespace, and before every event of every controller. @default [] */
  guards?: readonly GuardRef[];
  /** Run around the handler of every event of every controller, outside of the controller's own. @default [] */
  interceptors?: readonly InterceptorRef[];
  /** Handle every error, after all other filters. @default [] */
  filters?: readonly FilterRef[];
  /** Runs before each event that is sent to clients, in every namespace, and before those of the agent. @default [] */
  outgoing?: readonly OutgoingMiddleware[];
}

/**
 * `agent.io`. In Egg 4 an agent extends the same class as an application, whose type has an {@link Application}; only use the members of
 * {@link AgentEmitter}.
 */
export type AgentIO = 'EggApplicationCore' extends keyof typeof import('egg') ? AgentEmitter & Application : AgentEmitter;

declare module 'egg' {
  interface Application {
    /** The Socket.IO server of this worker. */
    readonly io: import('../types/application').Application;
  }

  /** The type of an application in services and controllers, in Egg 4. */
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
