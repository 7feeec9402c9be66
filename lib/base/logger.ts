import type { Agent, Application as EggApplication, EggLogger } from 'egg';

/** The key in `config.customLogger`. */
export const LOGGER_NAME = 'socketioLogger';

/**
 * Returns the plugin's own logger, `egg-socketio.log`: config/config.default.ts defines it, and an app may define it differently. Errors
 * of the app's own code go to the app's log, as everywhere in Egg.
 */
export function loggerOf(app: EggApplication | Agent): EggLogger {
  return (app.getLogger(LOGGER_NAME) as EggLogger | null) ?? app.coreLogger;
}

/** The part of Egg's loggers that writes to files. */
interface Transport { flush?(): void }

/** Writes pending lines to their file at once. Egg does that once a second, but a worker under attack may not live that long. */
export function flush(logger: EggLogger): void {
  const { get } = logger as Partial<Pick<Map<string, Transport>, 'get'>>;
  get?.call(logger, 'file')?.flush?.();
}
