import type { EggLogger } from 'egg';
import type { Context } from '../types';

const LEVELS = [ 'debug', 'info', 'warn', 'error' ] as const;

/** What comes from a client, such as a dynamic namespace's name, must not break a log line in two. */
export function printable(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replace(/[\u0000-\u001f\u007f]/g, '?');
}

/** What stands in front of each line: Egg's own user, address, trace and time, then namespace, event and socket id. */
function paddingMessage(ctx: Context): string {
  const { tracer, userId, starttime } = ctx;
  return `[${userId || '-'}/${ctx.ip}/${tracer?.traceId || '-'}/${Date.now() - starttime}ms]`
    + ` [${printable(`${ctx.nsp.name} ${ctx.event}`)} ${ctx.id}]`;
}

/** A logger that writes to `logger` with the context's namespace, event and socket id in each line. */
export function createContextLogger(ctx: Context, logger: EggLogger): EggLogger {
  const sink = logger as unknown as { log(level: string, args: unknown[], meta: object): void };
  const contextLogger: Record<string, unknown> = {
    write: (message: string) => logger.write(message),
    log: (level: string, args: unknown[], meta?: object) => sink.log(level, args, { paddingMessage: paddingMessage(ctx), ctx, ...meta }),
  };
  for (const level of LEVELS) {
    contextLogger[level] = (...args: unknown[]) => sink.log(level.toUpperCase(), args, { paddingMessage: paddingMessage(ctx), ctx });
  }
  return contextLogger as unknown as EggLogger;
}
