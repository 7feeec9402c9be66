import type { SocketIOConfig } from '../lib/types';

export default (): { socketio: SocketIOConfig } => ({
  /**
   * Besides these, every option of Socket.IO's and Engine.IO's server is taken; see docs/options.md.
   */
  socketio: {
    path: '/socket.io',
    connectTimeout: 45000,
    cleanupEmptyChildNamespaces: true,
    unknownEvents: 'answer',
    middleware: [],
    connectionMiddleware: [],
    filters: [],
  },
});
