import { startupError } from '../base/errors';
import type { SocketContext } from '../context/socket_context';
import type { NamedMiddleware } from '../controllers/plan/types';
import type { Step } from '../events/dispatch/compose';
import { resolved } from '../events/dispatch/outcome';
import type { Middleware } from '../types/handlers';

type Run = (ctx: SocketContext) => Promise<unknown>;

/** Puts a middleware around what follows it. */
function around({ run, name, target }: NamedMiddleware, follow: Run): Run {
  return async ctx => {
    let behind: Promise<unknown> | undefined;
    let isOver = false;
    const next = () => {
      if (behind) return Promise.reject(startupError('NEXT_CALLED_TWICE', `middleware ${name} called next() more than once.`));
      return behind = follow(ctx).finally(() => { isOver = true; });
    };
    await run(ctx, next as Parameters<Middleware>[1], target);
    // It does not wait for next(), so nobody else would hear of an error.
    if (!isOver) await behind;
  };
}

/**
 * Combines middleware as koa does, the first outermost: an error that a middleware catches is none. In middleware of this plugin, only a
 * value that it returns replaces the error.
 */
export function onion(middleware: readonly NamedMiddleware[], inmost: Step): Step {
  if (middleware.length === 0) return inmost;
  return middleware.reduceRight<Run>((follow, each) => around(each, follow), async ctx => resolved(inmost(ctx)));
}
