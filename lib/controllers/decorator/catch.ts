import { startupError } from '../../base/errors';
import type { AnyContext, Filter, HandlerTarget } from '../../types/handlers';
import { type ClassCall, classOf } from './call';
import { type ErrorClass, recordCatch } from './metadata';

/** The error type that a filter for these classes gets. */
type ErrorOf<Classes extends ErrorClass[]> = Classes extends [] ? unknown : InstanceType<Classes[number]>;

/** A class with a filter's method for these errors. */
type FilterFor<E> = new (...args: never[]) => { catch(error: E, ctx: AnyContext, target: HandlerTarget): unknown };

// No class has this type; its name appears in the compiler's message: "Decorator function return type … is not assignable".
interface FilterNeedsMethodCatch<E> { readonly error: E }

/**
 * Marks a filter, a class or a function, and returns it. The check of a class is in the type of the result: the compiler would explain a
 * constraint for both signatures.
 */
interface Mark<E> {
  (filter: (error: E, ctx: AnyContext, target: HandlerTarget) => unknown): Filter;
  <C extends new (...args: never[]) => object>(
    filter: C, context?: ClassDecoratorContext,
  ): C extends FilterFor<E> ? C : FilterNeedsMethodCatch<E>;
}

/**
 * Limits a filter to some errors: instances of these classes and of their subclasses; without a class, all errors. It decorates a class
 * with `catch(error, ctx)`; for a function, call the result with it: `Catch(TypeError)((error, ctx) => …)`.
 *
 * @param classes - of the errors
 * @return a function that returns its argument
 * @throws {SocketIOError} `INVALID_FILTER` for an argument that is not a class
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
