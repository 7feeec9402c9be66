import type { MessageOptions } from '../../types/handlers';
import type { ArgSchemas, StandardSchema } from '../../types/standard_schema';
import { type MemberCall, memberOf } from './call';
import type { MethodDecorator } from './forms';
import { type Lifecycle, type ListenerRecord, type Member, recordMember } from './metadata';
import type { Callable, ClientEvent, MessageCheck } from './method_types';

/**
 * A decorator for methods whose parameters match the client's arguments, or the output of the schemas, and whose return type matches the
 * ack.
 */
interface MessageDecorator<Event extends string | RegExp, Args extends ArgSchemas | undefined, Returns extends StandardSchema | undefined> {
  <This extends object, F extends Callable>(
    target: This, method: Member, descriptor: TypedPropertyDescriptor<F> & MessageCheck<This, Event, Args, Returns, F>,
  ): void;
  <This extends object, F extends Callable>(
    method: F & MessageCheck<This, Event, Args, Returns, F>, context: ClassMethodDecoratorContext<This>, ...none: []
  ): void;
}

function listen(call: MemberCall, record: ListenerRecord): void {
  const { metadata, name } = memberOf(call);
  recordMember('listener', metadata, name, record);
}

/**
 * Calls the method for each `event` from a client in the controller's namespace, with the client's arguments (without the ack). One
 * method may have several.
 *
 * @param event - the event's name, or a pattern for events that have no handler of their own: each `*` stands for any text (`\\*` is an
 * asterisk), and a RegExp is searched in the name; the matched parts are in `ctx.match`. If the app has declared the event, or those that
 * an asterisk stands for, the compiler checks the method's parameters and return type
 * @param options - schemas, middleware and filters of this event; with schemas, the compiler checks the method against them
 * @see docs/controllers.md
 */
export function OnWSMessage<
  const Event extends string | RegExp,
  const Args extends ArgSchemas | undefined = undefined,
  Returns extends StandardSchema | undefined = undefined,
>(event: ClientEvent<Event>, options: MessageOptions<Args, Returns> = {}): MessageDecorator<Event, Args, Returns> {
  return (...call: MemberCall) => listen(call, { kind: 'message', event, options });
}

function onLifecycle(kind: Lifecycle): () => MethodDecorator {
  return () => (...call: MemberCall) => listen(call, { kind });
}

/**
 * Calls the method, with the socket, when a client has connected to the namespace; the client's events wait for it.
 *
 * @see docs/controllers.md#events
 */
export const OnWSConnection = onLifecycle('connection');

/**
 * Calls the method with `(reason, details)` when a client is about to leave; its rooms are still in `ctx.rooms`.
 * @see https://socket.io/docs/v4/server-socket-instance/#disconnecting
 * @see docs/controllers.md#events
 */
export const OnWSDisconnecting = onLifecycle('disconnecting');

/**
 * Calls the method with `(reason, details)` when a client has left.
 * @see https://socket.io/docs/v4/server-socket-instance/#disconnect
 * @see docs/controllers.md#events
 */
export const OnWSDisconnection = onLifecycle('disconnect');

/**
 * Calls the method with `(reason)` when a client that has left cannot come back to its session any more: at once, after the disconnect
 * handlers, or with connection state recovery when `maxDisconnectionDuration` has passed without a recovery. It runs once, on the worker
 * that has kept the session. There is no socket any more: `ctx` has its `id`, `rooms`, `data` and `nsp`, and can broadcast.
 *
 * @see docs/controllers.md#clients-that-are-gone
 */
export const OnWSExpired = onLifecycle('expired');

/**
 * An alias of {@link OnWSDisconnection}, in Midway's spelling.
 *
 * @see docs/controllers.md#events
 */
export const OnWSDisConnection = OnWSDisconnection;
