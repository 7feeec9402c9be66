import { LOGGER_NAME } from '../lib/base/logger';
import type { SocketIOConfig } from '../lib/boot/config';
import { createDefaults } from '../lib/boot/defaults';

interface Defaults {
  readonly socketio: SocketIOConfig;
  readonly customLogger: Readonly<Record<typeof LOGGER_NAME, { file: string }>>;
  readonly dump: { readonly ignoreKeyPaths: Readonly<Record<string, string>> };
}

export default (): Defaults => ({
  // run/application_config.json would show the password in a URL, and a key that is given as text.
  dump: { ignoreKeyPaths: { 'config.socketio.adapter.redis': '', 'config.socketio.port.https.key': '' } },

  // In config.logger.dir, next to Egg's own logs; errors are in common-error.log as well.
  customLogger: { [LOGGER_NAME]: { file: 'egg-socketio.log' } },

  /** Besides those of lib/boot/defaults.ts, all options of Socket.IO's and Engine.IO's server are accepted; see docs/options.md. */
  socketio: createDefaults(),
});
