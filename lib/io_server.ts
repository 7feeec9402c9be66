import type { Server as HttpServer } from 'node:http';
import { Server } from 'socket.io';
import { joinFlushes } from './handshake/joined_frames';
import { JoinedUpgradeServer } from './handshake/joined_upgrade';
import { dropUpgradeLeftovers } from './handshake/upgrade_leftovers';
import type { WireLimits } from './limits/wire';
import { removeEmptyNamespaces } from './namespace/empty_namespaces';
import { holdingMissed } from './namespace/missed_packets';
import { refusingUnsendable } from './sendable';
import type { AdapterFactory, Application, SocketIOConfig } from './types';

/** What is not for Socket.IO's server. */
const OWN_OPTIONS: ReadonlySet<string> = new Set([
  'port', 'adminUI', 'generateId', 'unknownEvents', 'takeOverWindow', 'drain', 'limits', 'requireOrigin', 'middleware',
  'connectionMiddleware', 'startupTable', 'guards', 'filters', 'accessLog', 'pubClient', 'subClient',
] satisfies (keyof SocketIOConfig)[]);

/** What a server is made of besides the options. */
interface Parts {
  readonly adapter: AdapterFactory;
  readonly wire: WireLimits;
  readonly stats: Application['stats'];
}

/** Makes the Socket.IO server, `app.io`, from the checked options. */
export function createIO(server: HttpServer, options: SocketIOConfig, { adapter, wire, stats }: Parts): Application {
  const { generateId, connectionStateRecovery: recovery, wsEngine = JoinedUpgradeServer } = options;
  const io: Application = Object.assign(new Server(server, {
    ...Object.fromEntries(Object.entries(options).filter(([ key ]) => !OWN_OPTIONS.has(key))),
    // Who comes back past the middleware gets it at once.
    adapter: typeof recovery === 'object' && recovery.skipMiddlewares === false ? holdingMissed(adapter) : adapter,
    allowRequest: wire.allowRequest,
    parser: refusingUnsendable(wire.parser),
    // Engine.IO's own `ws` may be an older one.
    wsEngine,
    connectionStateRecovery: typeof recovery === 'boolean' ? recovery ? {} : undefined : recovery,
  }), { stats });
  if (options.cleanupEmptyChildNamespaces !== false) removeEmptyNamespaces(io);
  wire.attach(io);
  joinFlushes(io.engine);
  dropUpgradeLeftovers(io.engine);
  if (generateId) io.engine.generateId = generateId as typeof io.engine.generateId;
  return io;
}
