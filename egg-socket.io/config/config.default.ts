import type { IOConfig } from '../../lib/compat/types';

interface Defaults {
  readonly io: IOConfig;
  readonly dump: { readonly ignoreKeyPaths: Readonly<Record<string, string>> };
}

export default (): Defaults => ({
  // run/application_config.json would show the password, which may also be in a URL.
  dump: { ignoreKeyPaths: { 'config.io.redis': '' } },

  /** The options of egg-socket.io 4; see docs/migrating-from-egg-socket.io.md. */
  io: {
    init: {},
    namespace: { '/': { connectionMiddleware: [], packetMiddleware: [] } },
  },
});
