import type { EggLogger } from 'egg';
import { printable, printableError } from '../base/printable';
import type { Context } from '../types/context';

const LEVELS = [ 'debug', 'info', 'warn', 'error' ] as const;

/** The prefix of each line: Egg's own user, address, trace and time, then namespace, event and socket id. */
function paddingMessage(ctx: Context): string {
  const { tracer, userId, starttime } = ctx;
  return printable(`[${userId || '-'}/${ctx.ip}/${tracer?.traceId || '-'}/${Date.now() - starttime}ms]`
    + ` [${ctx.nsp.name} ${ctx.event} ${ctx.id}]`);
}

/** A handler's error may contain text from its client. */
function shown(args: unknown[]): unknown[] {
  return args[0] instanceof Error ? [ printableError(args[0]), ...args.slice(1) ] : args;
}

/** Returns a logger that writes to `logger` with the context's namespace, event and socket id in each line. */
export function createContextLogger(ctx: Context, logger: EggLogger): EggLogger {
  const sink = logger as unknown as { log(level: string, args: unknown[], meta: object): void };
  const contextLogger: Record<string, unknown> = {
    write: (message: string) => logger.write(message),
    log: (level: string, args: unknown[], meta?: object) => {
      sink.log(level, shown(args), { paddingMessage: paddingMessage(ctx), ctx, ...meta });
    },
  };
  for (const level of LEVELS) {
    contextLogger[level] = (...args: unknown[]) => sink.log(level.toUpperCase(), shown(args), { paddingMessage: paddingMessage(ctx), ctx });
  }
  return contextLogger as unknown as EggLogger;
}
