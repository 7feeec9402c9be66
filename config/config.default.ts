import { DEFAULT_LIMITS } from '../lib/limits/limits';
import type { SocketIOConfig } from '../lib/types';

export default (): { socketio: SocketIOConfig; dump: { ignoreKeyPaths: Record<string, string> } } => ({
  // An URL with a password in it would be shown in run/application_config.json.
  dump: { ignoreKeyPaths: { 'config.socketio.adapter.redis': '' } },

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
    middleware: [],
    connectionMiddleware: [],
    guards: [],
    filters: [],
  },
});
