import type { ControllerOptions } from '../types';
import { type Constructor, recordController } from './metadata';

/**
 * Makes a class in `app/socket` the controller of a namespace.
 *
 * @param namespace - `'chat'` and `'/chat'` are the same; a RegExp makes a dynamic namespace, matched against the
 * name with its leading slash. Several controllers may share one. Default: `'/'`.
 * @param options - middleware and filters of this controller
 * @see docs/controllers.md
 */
export function WSController(namespace: string | RegExp = '/', options: ControllerOptions = {}) {
  return (target: Constructor): void => recordController(target, {
    namespace,
    connectionMiddleware: options.connectionMiddleware ?? [],
    middleware: options.middleware ?? [],
    filters: options.filters ?? [],
  });
}

/**
 * Accepted, so that a class can be carried over from a framework with a container. Every class in `app/socket` is
 * provided; the decorator changes nothing.
 *
 * @param _identifier - ignored
 */
export function Provide(_identifier?: string) {
  return (_target: Constructor): void => undefined;
}
