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

/** What Egg's loggers write to files by. */
interface Transport { flush?(): void }

/** Has what was logged written to its file at once. Egg does that once a second, and a worker under attack may not live so long. */
export function flush(logger: EggLogger): void {
  const { get } = logger as Partial<Pick<Map<string, Transport>, 'get'>>;
  get?.call(logger, 'file')?.flush?.();
}
