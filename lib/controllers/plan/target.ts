import type { HandlerTarget } from '../../types/handlers';
import { readValues } from '../decorator/metadata';
import type { ControllerClass } from './types';

/** The target of a guard, a middleware or a filter of the whole app that runs for a connection. */
export const NO_TARGET: HandlerTarget = Object.freeze({ metadata: () => undefined });

/** Returns the target for a controller, or for one of its methods, with the values of `@SetMetadata()` already collected. */
export function targetOf(controller: ControllerClass, method?: string | symbol): HandlerTarget {
  const values = readValues(controller, method);
  return Object.freeze({
    controller,
    ...method === undefined ? {} : { method },
    metadata: <T>(key: string | symbol) => values.get(key) as T | undefined,
  });
}

/** Returns the same middleware or filters for another target. */
export function aimedAt<T extends { readonly target: HandlerTarget }>(target: HandlerTarget, list: readonly T[]): T[] {
  return list.map(each => ({ ...each, target }));
}
