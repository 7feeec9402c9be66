import type { Agent, Application as EggApplication, EggLogger } from 'egg';

/** The key in `config.customLogger`. */
export const LOGGER_NAME = 'socketioLogger';

/**
 * What the plugin itself has to say goes to a logger of its own, `egg-socketio.log`: config/config.default.ts defines it, and an
 * app may do so otherwise. What the app's own code throws goes to the app's log, as anywhere in Egg.
 */
export function loggerOf(app: EggApplication | Agent): EggLogger {
  return (app.getLogger(LOGGER_NAME) as EggLogger | null) ?? app.coreLogger;
}
