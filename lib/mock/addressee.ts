import type { Socket } from 'socket.io';
import { frameworkOf } from '../boot/framework';
import type { Application as EggApplication } from 'egg';
import type { NamespacePlan } from '../controllers/plan/types';

/** Socket.IO's list of `socket.use()`, which its types keep to themselves. */
interface WithMiddleware { fns: readonly unknown[] }

/** The plan by which a namespace's events are handled. */
export function planOf(app: EggApplication, namespace: string): NamespacePlan | undefined {
  const { plans } = frameworkOf(app);
  return plans.find(({ target }) => target === namespace)
    ?? plans.find(({ target }) => target instanceof RegExp && target.test(namespace));
}

/** Whether something of the app's own gets to see events of any name. */
export function isWatched(socket: Socket): boolean {
  return socket.listenersAny().length > 0 || (socket as unknown as WithMiddleware).fns.length > 0;
}
