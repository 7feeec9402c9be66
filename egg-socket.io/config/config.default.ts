import type { IOConfig } from '../../lib/compat/types';

interface Defaults {
  readonly io: IOConfig;
}

export default (): Defaults => ({
  /** The options of egg-socket.io 4; see docs/migrating-from-egg-socket.io.md. */
  io: {
    init: {},
    namespace: { '/': { connectionMiddleware: [], packetMiddleware: [] } },
  },
});
