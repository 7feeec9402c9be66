import { type EmitRecord, recordMember } from './metadata';

type Method = (target: object, method: string | symbol) => void;

function emitter(kind: EmitRecord['kind'], event: string, rooms: string | readonly string[]): Method {
  return (target, method) => recordMember('emit', target, method, {
    kind, event, rooms: typeof rooms === 'string' ? [ rooms ] : [ ...rooms ],
  });
}

/**
 * Emits the method's return value. Without rooms it goes to the sender, unless the sender asked for an ack: then the
 * ack carries it. With rooms it goes to everybody in them but the sender, ack or not. `undefined` emits nothing.
 *
 * @param event - the event's name
 * @param rooms - one room, or several (a client in more than one of them gets the event once)
 * @see docs/answers.md
 */
export function WSEmit(event: string, rooms: string | readonly string[] = []): Method {
  return emitter('emit', event, rooms);
}

/**
 * Emits the method's return value to everybody in the namespace but the sender, or to everybody in `rooms` but the
 * sender; an ack does not change that. `undefined` emits nothing.
 *
 * @param event - the event's name
 * @param rooms - one room, or several; default: the whole namespace
 * @see docs/answers.md
 */
export function WSBroadCast(event: string, rooms: string | readonly string[] = []): Method {
  return emitter('broadcast', event, rooms);
}
