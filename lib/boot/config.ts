/// <reference path="./egg_esm.d.mts" preserve="true" />
import type { IncomingMessage } from 'node:http';
import type { ServerOptions as SecureServerOptions } from 'node:https';
import type { Context as EggContext, Application as EggApplication } from 'egg';
import type { Namespace, Server, ServerOptions, Socket } from 'socket.io';
import type { AgentEmitter } from '../adapter/agent_emitter';
import type { AppTypes, EventsMap, NamespaceArgument, NamespaceName, Types, TypesOfNamespace } from '../types/event_maps';
import type { AdminUIOptions } from '../admin/types';
import type { FilterRef, GuardRef, MiddlewareRef } from '../types/handlers';
import type { LimitOptions } from '../limits/limits';
import type { AccessLogOptions } from '../telemetry/observation/access_log';
import type { RedisAdapterConfig } from '../redis/config';
import type { RedisAdapterOptions, RedisClient } from '../redis/types';
import type { AppStats, StatsOptions } from '../types/stats';

export type { DefaultSocketData, EventsMap } from '../types/event_maps';
export type * from '../types/handlers';

/** A map that was given in place of the app's; a namespace's name stands for its own. */
type ListenOf<Listen extends EventsMap | NamespaceName> = Listen extends NamespaceName ? TypesOfNamespace<Listen>['clientToServer'] : Listen;

/** What is sent to clients: what is declared beside the map that was given, or, as in Socket.IO, that map. */
type EmitOf<Listen extends EventsMap | NamespaceName> = Listen extends NamespaceName ? TypesOfNamespace<Listen>['serverToClient']
  : [Listen, AppTypes['clientToServer']] extends [AppTypes['clientToServer'], Listen] ? AppTypes['serverToClient'] : Listen;

type Of<Listen extends EventsMap | NamespaceName, Key extends 'interServer' | 'data'> =
  Listen extends NamespaceName ? TypesOfNamespace<Listen>[Key] : AppTypes[Key];

/** `io.of()` for the namespaces that have types of their own. */
interface TypedNamespaces {
  of<Name extends NamespaceArgument>(
    name: Name, connected?: (socket: SocketOf<TypesOfNamespace<Name>>) => void,
  ): NamespaceOf<TypesOfNamespace<Name>>;
}

type SocketOf<T extends Types> = Socket<T['clientToServer'], T['serverToClient'], T['interServer'], T['data']>;
type NamespaceOf<T extends Types> = Namespace<T['clientToServer'], T['serverToClient'], T['interServer'], T['data']>;

/**
 * The Socket.IO server, `app.io`. The parameters are event maps: what clients send, what is sent to them, what
 * servers send each other, and the type of `socket.data`. Without them they are what the app has declared.
 *
 * @see docs/types.md
 */
export type Application<
  ListenEvents extends EventsMap = AppTypes['clientToServer'],
  EmitEvents extends EventsMap = EmitOf<ListenEvents>,
  ServerSideEvents extends EventsMap = AppTypes['interServer'],
  SocketData = AppTypes['data'],
> = ([NamespaceName] extends [never] ? unknown : TypedNamespaces) & Server<ListenEvents, EmitEvents, ServerSideEvents, SocketData> & {
  /**
   * What the workers of this machine have done and hold: of each worker, and of all together. Never rejects; a worker that does
   * not answer in time is in `missing`.
   *
   * @see docs/observability.md#statistics
   */
  stats(options?: StatsOptions): Promise<AppStats>;
};

/** The members of the socket that a context has itself, so that `ctx.join('room')` works. */
export const SOCKET_GETTERS = [
  'id', 'handshake', 'rooms', 'data', 'nsp', 'conn', 'recovered', 'connected', 'broadcast', 'local', 'volatile',
] as const;
/** See {@link SOCKET_GETTERS}. */
export const SOCKET_METHODS = [
  'emit', 'emitWithAck', 'send', 'join', 'leave', 'to', 'in', 'except', 'timeout', 'compress', 'disconnect',
] as const;

type SocketMember = typeof SOCKET_GETTERS[number] | typeof SOCKET_METHODS[number];

/** What an event's context has beyond Egg's. */
interface EventMembers {
  /** The event's name; `connection`, `disconnecting` or `disconnect` for a step of the connection's life. */
  readonly event: string;
  /** The client's arguments, without the ack; a middleware may replace them. */
  args: unknown[];
  /**
   * The client's ack, `undefined` if it asked for none. Reading it takes the answer over: the return value no longer
   * acks. An error still does, as long as nothing was acked.
   */
  readonly ack: ((...values: unknown[]) => void) | undefined;
}

type OwnMember = 'socket' | 'app' | SocketMember | keyof EventMembers;
// Omit would lose every named member of Egg's context, because that one has an index signature.
type EggContextRest = { [K in keyof EggContext as K extends OwnMember ? never : K]: EggContext[K] };

/**
 * The context of one connect, event or disconnect: Egg's context, made from the handshake request, with the members
 * of the socket. The parameters are the same as for {@link Application}; or the only one is the name of a namespace for
 * which the app has declared types, `Context<'/chat'>`.
 *
 * @see docs/context-and-injection.md
 * @see docs/types.md
 */
export type Context<
  ListenEvents extends EventsMap | NamespaceName = AppTypes['clientToServer'],
  EmitEvents extends EventsMap = EmitOf<ListenEvents>,
  ServerSideEvents extends EventsMap = Of<ListenEvents, 'interServer'>,
  SocketData = Of<ListenEvents, 'data'>,
> = EggContextRest & EventMembers & Pick<Socket<ListenOf<ListenEvents>, EmitEvents, ServerSideEvents, SocketData>, SocketMember> & {
  /** Egg's application. The Socket.IO server is `ctx.app.io`. */
  readonly app: EggApplication;
  /** The Socket.IO socket. */
  readonly socket: Socket<ListenOf<ListenEvents>, EmitEvents, ServerSideEvents, SocketData>;
};

/**
 * An adapter class, or a function `(nsp) => adapter` such as the official adapters' `createAdapter()` returns.
 *
 * @see docs/redis.md#other-adapters
 */
export type AdapterFactory = ServerOptions['adapter'];

/**
 * How connections are closed when a worker stops.
 *
 * @see docs/options.md
 */
export interface DrainOptions {
  /** Connections closed at a time. @default 100 */
  batch?: number;
  /** Milliseconds between two batches, give or take a half at random. @default 50 */
  interval?: number;
  /**
   * Milliseconds for all of it, with the events under way and the disconnect handlers. Egg kills a worker 5000 ms after it is
   * told to stop.
   * @default 4000
   */
  limit?: number;
}

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
 * The server of a port of its own. A number in its place is the `port`, and the rest is as it is for Egg's own server.
 *
 * @see docs/options.md#port
 */
export interface OwnPortOptions {
  /** `0` lets the system choose. */
  port: number;
  /** The address that it listens on. @default `config.cluster.listen.hostname`; without that, all addresses */
  hostname?: string;
  /**
   * What `https.createServer()` takes; `key`, `cert` and `ca` may be paths, as Egg takes them, or the PEM text. `false`: plain HTTP.
   * @default `https` of `startCluster()` and `config.cluster.https`, if they have `key` and `cert`; else plain HTTP
   */
  https?: false | (Omit<SecureServerOptions, 'key' | 'cert' | 'ca'> & {
    key: string | Buffer;
    cert: string | Buffer;
    ca?: string | Buffer;
  });
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
    readonly io: import('./config').Application;
  }

  /** What services and controllers know of an application, in Egg 4. */
  interface EggApplicationCore {
    /** The Socket.IO server of this worker. */
    readonly io: import('./config').Application;
  }

  interface Agent {
    /** Emits to the clients of all workers. */
    readonly io: import('./config').AgentIO;
  }

  interface EggAppConfig {
    socketio: SocketIOConfig;
  }
}
