import type { MessageOptions } from '../types';
import type { ArgSchemas, ArgsOf, ReturnOf, StandardSchema } from '../validation/standard_schema';
import { type Lifecycle, recordMember } from './metadata';

type Method = (target: object, method: string | symbol) => void;

/** A decorator for methods that take what the schemas make of the arguments, and return what may be answered. */
type MessageDecorator<Args extends ArgSchemas | undefined, Returns extends StandardSchema | undefined> =
  <F extends (...args: ArgsOf<Args>) => ReturnOf<Returns>>(
    target: object, method: string | symbol, descriptor: TypedPropertyDescriptor<F>,
  ) => void;

/**
 * Calls the method for each `event` of a client in the controller's namespace, with the client's arguments (without
 * the ack). May stand on one method several times.
 *
 * @param event - the event's name, matched to the letter
 * @param options - schemas, middleware and filters of this event; with schemas, the compiler checks the method's parameters
 * and what it returns
 * @see docs/controllers.md
 */
export function OnWSMessage<
  const Args extends ArgSchemas | undefined = undefined,
  Returns extends StandardSchema | undefined = undefined,
>(event: string, options: MessageOptions<Args, Returns> = {}): MessageDecorator<Args, Returns> {
  const { middleware = [], filters = [], args, returns } = options;
  return (target, method) => recordMember('listener', target, method, { kind: 'message', event, middleware, filters, args, returns });
}

function onLifecycle(kind: Lifecycle): () => Method {
  return () => (target, method) => recordMember('listener', target, method, { kind });
}

/** Calls the method, with the socket, once a client is connected to the namespace; the client's messages wait for it. */
export const OnWSConnection = onLifecycle('connection');

/**
 * Calls the method with `(reason, details)` when a client goes, while its rooms can still be read from `ctx.rooms`.
 * @see https://socket.io/docs/v4/server-socket-instance/#disconnecting
 */
export const OnWSDisconnecting = onLifecycle('disconnecting');

/**
 * Calls the method with `(reason, details)` when a client is gone.
 * @see https://socket.io/docs/v4/server-socket-instance/#disconnect
 */
export const OnWSDisconnection = onLifecycle('disconnect');

/** The same as {@link OnWSDisconnection}, in Midway's spelling. */
export const OnWSDisConnection = OnWSDisconnection;
