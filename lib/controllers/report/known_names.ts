import type { Socket } from 'socket.io';
import type { NamespacePlan } from '../plan/types';
import { eventsOf } from '../plan/find_handler';
import { printable } from '../../base/printable';
import { distanceBetween } from '../../base/similar_names';
import { figuresOf } from '../../telemetry/stats/server_figures';
import type { Application } from '../../types/application';

/** The number of names that a message lists. */
const MOST_NAMES = 20;
/** The number of characters of a name that are shown. */
const MOST_CHARACTERS = 100;

/** Events for which every socket has listeners, or that Socket.IO itself listens to. */
const NOT_SENT: ReadonlySet<string | symbol> = new Set([ 'error', 'disconnect', 'disconnecting' ]);

/** Whether the app itself listens to an event, besides its controllers. */
export function isListenedTo(socket: Socket, event: string): boolean {
  return !NOT_SENT.has(event) && socket.listenerCount(event) > 0;
}

/** Lists the existing names; those most similar to the missing one come first. */
function listOf(names: Iterable<string>, wanted: string, show: (name: string) => string): string {
  const near = [ ...new Set(names) ].map(name => [ distanceBetween(name, wanted), name ] as const).sort(([ a ], [ b ]) => a - b);
  const shown = near.slice(0, MOST_NAMES).map(([ , name ]) => show(name));
  if (near.length > MOST_NAMES) shown.push(`${near.length - MOST_NAMES} more`);
  return shown.join(', ') || 'none';
}

/** Formats a name for the log: clients choose it. */
function showName(name: string): string {
  return printable(name.length > MOST_CHARACTERS ? `${name.slice(0, MOST_CHARACTERS)}…` : name);
}

/** Describes which events are handled, for one that is not. */
export function unknownEvent(plan: Pick<NamespacePlan, 'messages' | 'patterns'> | undefined, socket: Socket, event: string): string {
  const heard = socket.eventNames().filter((name): name is string => typeof name === 'string' && !NOT_SENT.has(name));
  const handled = listOf([ ...plan ? eventsOf(plan) : [], ...heard ], event, name => `'${name}'`);
  return `nobody handles the event '${showName(event)}' in the namespace '${showName(socket.nsp.name)}'; handled are ${handled}`;
}

/** Describes which namespaces exist, for a client that has asked for another one; those of a RegExp are shown as its source. */
export function unknownNamespace(io: Application, namespace: string): string {
  const show = (name: string) => (io._nsps.has(name) ? `'${name}'` : name);
  return `there is no namespace '${showName(namespace)}'; there are ${listOf(Object.keys(figuresOf(io).namespaces), namespace, show)}`;
}
