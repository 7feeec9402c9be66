import type { Socket } from 'socket.io';
import { frameworkOf } from '../boot/framework';
import type { Application as EggApplication } from 'egg';
import type { NamespacePlan } from '../controllers/plan/types';

/** Socket.IO's list of `socket.use()`, which is not in its types. */
interface WithMiddleware { fns: readonly unknown[] }

/** The plan that handles a namespace's events. */
export function planOf(app: EggApplication, namespace: string): NamespacePlan | undefined {
  const { plans } = frameworkOf(app);
  return plans.find(({ target }) => target === namespace)
    ?? plans.find(({ target }) => target instanceof RegExp && target.test(namespace));
}

/** Whether any of the app's own code gets events of any name. */
export function isWatched(socket: Socket): boolean {
  return socket.listenersAny().length > 0 || (socket as unknown as WithMiddleware).fns.length > 0;
}
