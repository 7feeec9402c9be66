import type { Socket } from 'socket.io';
import { frameworkOf } from '../framework';
import type { Application as EggApplication } from 'egg';
import type { NamespacePlan } from '../plan/types';

/** Socket.IO's list of `socket.use()`, which its types keep to themselves. */
interface WithMiddleware { fns: readonly unknown[] }

/** What every socket has listeners for, or Socket.IO itself listens to. */
const NOT_SENT: ReadonlySet<string | symbol> = new Set([ 'error', 'disconnect', 'disconnecting' ]);

function quote(names: Iterable<unknown>): string {
  return [ ...names ].map(name => (typeof name === 'string' ? `'${name}'` : String(name))).join(', ') || 'none';
}

/** The plan by which a namespace's events are handled. */
export function planOf(app: EggApplication, namespace: string): NamespacePlan | undefined {
  const { plans } = frameworkOf(app);
  return plans.find(({ target }) => target === namespace)
    ?? plans.find(({ target }) => target instanceof RegExp && target.test(namespace));
}

/** Says which namespaces there are, for a client that has asked for another one. */
export function unknownNamespace(app: EggApplication, namespace: string): string {
  const patterns = frameworkOf(app).plans.map(({ target }) => target).filter(target => target instanceof RegExp);
  return `there is no namespace '${namespace}'; there are ${quote([ ...app.io._nsps.keys(), ...patterns ])}`;
}

/** Whether the app listens to an event itself, besides its controllers. */
export function isListenedTo(socket: Socket, event: string): boolean {
  return !NOT_SENT.has(event) && socket.listenerCount(event) > 0;
}

/** Whether something of the app's own gets to see events of any name. */
export function isWatched(socket: Socket): boolean {
  return socket.listenersAny().length > 0 || (socket as unknown as WithMiddleware).fns.length > 0;
}

/** Says which events are handled, for one that is not. */
export function unknownEvent(plan: NamespacePlan | undefined, socket: Socket, event: string): string {
  const heard = socket.eventNames().filter(name => !NOT_SENT.has(name));
  const handled = new Set([ ...plan?.messages.keys() ?? [], ...heard ]);
  return `nobody handles the event '${event}' in the namespace '${socket.nsp.name}'; handled are ${quote(handled)}`;
}
