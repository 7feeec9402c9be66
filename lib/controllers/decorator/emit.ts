import { type MemberCall, memberOf } from './call';
import { type EmitRecord, type Member, recordMember } from './metadata';
import type { Callable, EmitCheck, ServerEvent } from './method_types';

/** A decorator for methods that return the event's argument. */
interface EmitDecorator<Event extends string> {
  <This extends object, F extends Callable>(
    target: This, method: Member, descriptor: TypedPropertyDescriptor<F> & EmitCheck<This, Event, F>,
  ): void;
  <This extends object, F extends Callable>(
    method: F & EmitCheck<This, Event, F>, context: ClassMethodDecoratorContext<This>, ...none: []
  ): void;
}

/** Anything that is not a list counts as one room, so that its type is checked with the others'. */
function toRooms(rooms: string | readonly string[]): readonly string[] {
  return typeof rooms === 'object' && rooms !== null && Symbol.iterator in rooms ? [ ...rooms ] : [ rooms as string ];
}

function emitter<Event extends string>(kind: EmitRecord['kind'], event: Event, rooms: string | readonly string[]): EmitDecorator<Event> {
  return (...call: MemberCall) => {
    const { metadata, name } = memberOf(call);
    recordMember('emit', metadata, name, { kind, event, rooms: toRooms(rooms) });
  };
}

/**
 * Emits the method's return value. Without rooms it goes to the sender, unless the sender asked for an ack: then the ack gets it. With
 * rooms it goes to everybody in them but the sender, with or without an ack. `undefined` emits nothing.
 *
 * @param event - the event's name; if the app has declared it, the compiler checks the method's return type
 * @param rooms - one room, or several (a client in more than one of them gets the event once)
 * @see docs/answers.md
 */
export function WSEmit<const Event extends string>(
  event: ServerEvent<Event>, rooms: string | readonly string[] = [],
): EmitDecorator<Event> {
  return emitter('emit', event, rooms);
}

/**
 * Emits the method's return value to everybody in the namespace but the sender, or to everybody in `rooms` but the sender, with or
 * without an ack. `undefined` emits nothing.
 *
 * @param event - the event's name; if the app has declared it, the compiler checks the method's return type
 * @param rooms - one room, or several; default: the whole namespace
 * @see docs/answers.md
 */
export function WSBroadCast<const Event extends string>(
  event: ServerEvent<Event>, rooms: string | readonly string[] = [],
): EmitDecorator<Event> {
  return emitter('broadcast', event, rooms);
}
