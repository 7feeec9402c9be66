import type { Server as HttpServer } from 'node:http';
import type { Socket as Session } from 'engine.io';
import { WebSocketServer } from 'ws';
import { checkInsides } from '../internals/check';
import type { WireLimits } from '../limits/wire';
import { removeEmptyNamespaces } from '../events/namespace/empty_namespaces';
import { holdingMissed } from '../internals/missed_packets';
import { markPollingPids } from '../internals/polling_pids';
import { refusingUnsendable } from '../internals/sendable';
import type { WriteOrder } from '../internals/write_order';
import type { AdapterFactory, Application } from '../types/application';
import type { SocketIOConfig } from './config';
import { createServer, type Engine } from './engine';

/**
 * The options that are not for Socket.IO's server. Its own `cleanupEmptyChildNamespaces` would close a namespace to which a client is
 * about to connect, and the worker would no longer hear what others send there.
 */
const OWN_OPTIONS: ReadonlySet<string> = new Set([
  'port', 'adminUI', 'generateId', 'unknownEvents', 'takeOverWindow', 'drain', 'limits', 'requireOrigin', 'middleware',
  'connectionMiddleware', 'startupTable', 'guards', 'interceptors', 'filters', 'outgoing', 'accessLog', 'health', 'pubClient', 'subClient',
  'cleanupEmptyChildNamespaces',
] satisfies (keyof SocketIOConfig)[]);

/** The other parts of a server. */
interface Parts {
  readonly adapter: AdapterFactory;
  readonly wire: WireLimits;
  readonly stats: Application['stats'];
  readonly health: Application['health'];
  /** Of writes to clients and to other workers; `undefined` if they do not wait for each other. */
  readonly order: WriteOrder | undefined;
  /** Gets a line for the log. */
  readonly warn: (line: string) => void;
}

/** Creates the Socket.IO server, `app.io`, from the checked options. */
export function createIO(
  server: HttpServer, options: SocketIOConfig, { adapter, wire, stats, health, order, warn }: Parts,
): Application & { readonly engine: Engine } {
  const { generateId, connectionStateRecovery: recovery, wsEngine = WebSocketServer } = options;
  const io = Object.assign(createServer(server, {
    ...Object.fromEntries(Object.entries(options).filter(([ key ]) => !OWN_OPTIONS.has(key))),
    // A client that skips the middleware gets it at once.
    adapter: typeof recovery === 'object' && recovery.skipMiddlewares === false ? holdingMissed(adapter) : adapter,
    allowRequest: wire.allowRequest,
    parser: refusingUnsendable(wire.parser),
    // Engine.IO's own `ws` may be an older one.
    wsEngine,
    connectionStateRecovery: typeof recovery === 'boolean' ? recovery ? {} : undefined : recovery,
  }, wire, order), { stats, health });
  checkInsides(io, warn);
  if (recovery) markPollingPids(io, async session => await io.engine.pending?.onlyPolls(session as Session) ?? false);
  if (options.cleanupEmptyChildNamespaces !== false) removeEmptyNamespaces(io);
  wire.attach(io);
  if (generateId) io.engine.generateId = generateId as typeof io.engine.generateId;
  return io;
}
