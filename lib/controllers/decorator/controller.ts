import type { ControllerOptions } from '../../types/handlers';
import type { NamespaceLike } from '../../types/names';
import { type ClassCall, classOf } from './call';
import type { ContextOf, ControllerDecorator } from './class_types';
import { type Constructor, recordController } from './metadata';

/**
 * Makes a class in `app/socket` the controller of a namespace.
 *
 * @param namespace - `'chat'` and `'/chat'` are the same; a RegExp makes a dynamic namespace, matched against the
 * name with its leading slash. Several controllers may share one. Default: `'/'`.
 * @param options - middleware and filters of this controller
 * @throws {SocketIOError} `INVALID_CONTROLLER` if the compiler uses an older version of standard decorators
 * @see docs/controllers.md
 */
export function WSController<const Name extends string | RegExp = '/'>(
  namespace?: NamespaceLike<Name>, options: ControllerOptions<ContextOf<Name>> = {},
): ControllerDecorator<Name> {
  return (...call: ClassCall) => recordController(classOf(call), {
    namespace: namespace ?? '/',
    options: options as ControllerOptions,
  });
}

/**
 * Does nothing; accepted so that classes from a framework with a container compile. Every class in `app/socket` is provided.
 *
 * @param _identifier - ignored
 * @see docs/context-and-injection.md#injection
 */
export function Provide(_identifier?: string) {
  return (_target: Constructor, _context?: ClassDecoratorContext): void => undefined;
}
