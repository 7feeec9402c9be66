import type { MessageOptions } from '../../types/handlers';
import type { ArgSchemas, StandardSchema } from '../../types/standard_schema';
import { type MemberCall, memberOf } from './call';
import type { MethodDecorator } from './forms';
import { type Lifecycle, type ListenerRecord, type Member, recordMember } from './metadata';
import type { ClientEventName, MessageMethod } from './method_types';

/** A decorator of methods that take what clients send, or what schemas make of it, and return what may be answered. */
interface MessageDecorator<Event extends string, Args extends ArgSchemas | undefined, Returns extends StandardSchema | undefined> {
  <This extends object, F extends MessageMethod<This, Event, Args, Returns>>(
    target: This, method: Member, descriptor: TypedPropertyDescriptor<F>,
  ): void;
  <This extends object, F extends MessageMethod<This, Event, Args, Returns>>(
    method: F, context: ClassMethodDecoratorContext<This>, ...none: []
  ): void;
}

function listen(call: MemberCall, record: ListenerRecord): void {
  const { metadata, name } = memberOf(call);
  recordMember('listener', metadata, name, record);
}

/**
 * Calls the method for each `event` of a client in the controller's namespace, with the client's arguments (without
 * the ack). May stand on one method several times.
 *
 * @param event - the event's name, matched to the letter; where the app has declared it, the compiler checks the method's
 * parameters and what it returns
 * @param options - schemas, middleware and filters of this event; with schemas, the compiler checks the method against them
 * @see docs/controllers.md
 */
export function OnWSMessage<
  const Event extends ClientEventName,
  const Args extends ArgSchemas | undefined = undefined,
  Returns extends StandardSchema | undefined = undefined,
>(event: Event, options: MessageOptions<Args, Returns> = {}): MessageDecorator<Event, Args, Returns> {
  const { middleware = [], filters = [], args, returns } = options;
  return (...call: MemberCall) => listen(call, { kind: 'message', event, middleware, filters, args, returns });
}

function onLifecycle(kind: Lifecycle): () => MethodDecorator {
  return () => (...call: MemberCall) => listen(call, { kind });
}

/**
 * Calls the method, with the socket, once a client is connected to the namespace; the client's messages wait for it.
 *
 * @see docs/controllers.md#events
 */
export const OnWSConnection = onLifecycle('connection');

/**
 * Calls the method with `(reason, details)` when a client goes, while its rooms can still be read from `ctx.rooms`.
 * @see https://socket.io/docs/v4/server-socket-instance/#disconnecting
 * @see docs/controllers.md#events
 */
export const OnWSDisconnecting = onLifecycle('disconnecting');

/**
 * Calls the method with `(reason, details)` when a client is gone.
 * @see https://socket.io/docs/v4/server-socket-instance/#disconnect
 * @see docs/controllers.md#events
 */
export const OnWSDisconnection = onLifecycle('disconnect');

/**
 * The same as {@link OnWSDisconnection}, in Midway's spelling.
 *
 * @see docs/controllers.md#events
 */
export const OnWSDisConnection = OnWSDisconnection;
