import { startupError } from '../../base/errors';
import type { Ack as AckOfEvent } from '../../types/answers';
import { show } from '../../base/issues';
import { memberOf } from './call';
import type { ParameterDecorator } from './forms';
import { type ParamSource, recordMember } from './metadata';

/** @param label - the decorator, for messages */
function fromSource(source: ParamSource, label: string): ParameterDecorator {
  return (target, method, index) => {
    // A standard decorator gets (value, context).
    if (typeof index !== 'number') {
      throw startupError('INVALID_CONTROLLER', `${label} is not on a parameter. Only "experimentalDecorators" has decorators for parameters; with standard`
        + ' decorators use this.ctx, ctx.ack and the order of the arguments.');
    }
    if (method === undefined) {
      throw startupError('INVALID_CONTROLLER', `${label} is on a parameter of the constructor: expected one of a method.`);
    }
    const { metadata, name } = memberOf([ target, method ]);
    recordMember('param', metadata, name, { index, source });
  };
}

/**
 * Passes one of the client's arguments as this parameter. Only with `experimentalDecorators`: standard decorators have none for parameters.
 *
 * @param index - of the argument, from 0; the ack does not count
 * @throws {SocketIOError} `INVALID_CONTROLLER` for anything but a whole number from 0
 * @see docs/controllers.md#parameters
 */
export function Arg(index: number): ParameterDecorator {
  if (!Number.isSafeInteger(index) || index < 0) {
    throw startupError('INVALID_CONTROLLER', `@Arg(): expected the index of an argument, a whole number from 0, but got ${show(index)}.`);
  }
  return fromSource(index, `@Arg(${index})`);
}

/**
 * Passes the context as this parameter. Only with `experimentalDecorators`: standard decorators have none for parameters.
 *
 * @see docs/controllers.md#parameters
 */
export function Ctx(): ParameterDecorator {
  return fromSource('ctx', '@Ctx()');
}

/**
 * The ack of an event, for the map of the events that clients send, and for a parameter with the decorator of this name. The server's
 * handler returns a `T`, and a client has to handle an error as well.
 *
 * @see docs/types.md#errors-in-a-typed-client
 */
export type Ack<T = undefined> = AckOfEvent<T>;

/**
 * Passes the client's ack as this parameter, `undefined` if the client did not ask for one. As with `ctx.ack`, the return value no longer
 * goes to the ack. Only with `experimentalDecorators`: standard decorators have none for parameters.
 *
 * @see docs/controllers.md#parameters
 */
export function Ack(): ParameterDecorator {
  return fromSource('ack', '@Ack()');
}
