import { DEFAULT_LIMITS } from '../lib/limits/limits';
import { LOGGER_NAME } from '../lib/base/logger';
import type { SocketIOConfig } from '../lib/boot/config';

interface Defaults {
  readonly socketio: SocketIOConfig;
  readonly customLogger: Readonly<Record<typeof LOGGER_NAME, { file: string }>>;
  readonly dump: { readonly ignoreKeyPaths: Readonly<Record<string, string>> };
}

export default (): Defaults => ({
  // An URL with a password in it would be shown in run/application_config.json.
  // So would a key that is given as text.
  dump: { ignoreKeyPaths: { 'config.socketio.adapter.redis': '', 'config.socketio.port.https.key': '' } },

  // In config.logger.dir, beside Egg's own; errors are in common-error.log as well.
  customLogger: { [LOGGER_NAME]: { file: 'egg-socketio.log' } },

  /**
   * Besides these, every option of Socket.IO's and Engine.IO's server is taken; see docs/options.md.
   */
  socketio: {
    path: '/socket.io',
    connectTimeout: 45000,
    cleanupEmptyChildNamespaces: true,
    unknownEvents: 'answer',
    takeOverWindow: 300,
    startupTable: true,
    drain: { batch: 100, interval: 50, limit: 4000 },
    limits: DEFAULT_LIMITS,
    accessLog: false,
    middleware: [],
    connectionMiddleware: [],
    guards: [],
    filters: [],
  },
});
