import type { SocketContext } from '../context/socket_context';

/** The options of a namespace in `config.io.namespace`. */
export interface IONamespaceConfig {
  /** Names of files in `app/io/middleware`. */
  readonly connectionMiddleware?: readonly string[];
  /** Names of files in `app/io/middleware`. */
  readonly packetMiddleware?: readonly string[];
}

/** `config.io`, as egg-socket.io reads it. */
export interface IOConfig {
  /** Options of Engine.IO's server. */
  readonly init?: Readonly<Record<string, unknown>>;
  readonly namespace?: Readonly<Record<string, IONamespaceConfig>>;
  readonly redis?: string | Readonly<Record<string, unknown>>;
  readonly generateId?: (request: object) => string;
}

/** A context with the member that only packet middleware and routed handlers have. */
export type PacketContext = SocketContext & {
  /** `[event, ...args]`, with the client's ack at its end if it asked for one. Packet middleware may change it. */
  packet: unknown[];
};

/** A handler of a route: `this` and the parameter are the context. */
export type RouteHandler = (this: unknown, ctx: unknown) => unknown;

/** A middleware of `app/io/middleware`, which may be a generator function. */
export type OldMiddleware = (...args: never[]) => unknown;
