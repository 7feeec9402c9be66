import type { AsyncLocalStorage } from 'node:async_hooks';
import type { NamespacePlan } from '../../controllers/plan/types';
import { findHandler } from '../../controllers/plan/find_handler';
import type { ContextFactory, SocketContext } from '../../context/socket_context';
import type { LogLine } from './repeated_errors';

/** The parts of an app that find the event of a promise. */
interface Means {
  readonly Context: ContextFactory;
  /** Egg's `app.ctxStorage`, in which handlers run. */
  readonly storage: AsyncLocalStorage<object>;
  readonly namespaces: readonly NamespacePlan[];
  readonly log: LogLine;
}

/** The place of the handler that was called, for an event that has only one. */
function handlerOf({ nsp, event, match }: SocketContext, namespaces: readonly NamespacePlan[]): string {
  const plan = namespaces.find(({ target }) => target === nsp.name)
    ?? namespaces.find(({ target }) => target instanceof RegExp && target.test(nsp.name));
  return (plan && findHandler(plan, event, match === undefined))?.label ?? `a handler of '${event}' in the namespace ${nsp.name}`;
}

function messageOf(reason: unknown): string {
  try {
    return reason instanceof Error ? String(reason.message) : String(reason);
  } catch {
    return 'its reason cannot be read';
  }
}

/**
 * Names the event of each promise that is rejected without anything that waits for it, most often because a handler lacks an `await`. Egg
 * logs the error itself, without a hint at the event. Costs nothing until there is one: the promise carries the context already.
 *
 * @return a function that ends it
 */
export function nameForgottenAwaits({ Context, storage, namespaces, log }: Means): () => void {
  const name = (reason: unknown): void => {
    const ctx = storage.getStore();
    if (!(ctx instanceof Context)) return;
    log(ctx, reason, `[egg-socketio] ${handlerOf(ctx, namespaces)}: a promise was rejected that nothing waits for (${messageOf(reason)}).`
      + ' The client does not get the error. Add the missing await, or handle the rejection; Egg logs the stack as unhandledRejectionError.');
  };
  // Before Egg's own listener, whose line then follows.
  process.prependListener('unhandledRejection', name);
  return () => process.off('unhandledRejection', name);
}
