import { startupError } from '../../base/errors';
import type { AnyContext, Filter } from '../../types/handlers';
import { type ClassCall, classOf } from './call';
import { type ErrorClass, recordCatch } from './metadata';

/** What a filter for these classes is given. */
type ErrorOf<Classes extends ErrorClass[]> = Classes extends [] ? unknown : InstanceType<Classes[number]>;

/** Marks a filter, a class or a function, and gives it back. */
interface Mark<E> {
  (filter: (error: E, ctx: AnyContext) => unknown): Filter;
  <C extends new (...args: never[]) => { catch(error: E, ctx: AnyContext): unknown }>(filter: C, context?: ClassDecoratorContext): C;
}

/**
 * Says for which errors a filter is: instances of these classes and of their subclasses; without a class, all errors. A
 * decorator for a class with `catch(error, ctx)`; a filter that is a function is handed to it: `Catch(TypeError)((error, ctx) => …)`.
 *
 * @param classes - of the errors
 * @return gives back what it is given
 * @throws {SocketIOError} `INVALID_FILTER` for what is no class
 * @see docs/errors.md#filters
 */
export function Catch<Classes extends ErrorClass[]>(...classes: Classes): Mark<ErrorOf<Classes>> {
  classes.forEach((value, index) => {
    if (typeof value === 'function') return;
    throw startupError('INVALID_FILTER', `@Catch(): expected argument ${index + 1} to be a class, but got ${typeof value}. An undefined class usually comes from`
      + ' two files that import each other.');
  });
  return (...call: ClassCall) => {
    recordCatch(classOf(call), classes);
    return call[0] as never;
  };
}
