/**
 * Makes something at its first use, and keeps it. With a `require()` it is a module that only some apps use: loading them all would be
 * half of the plugin's part of an app's start.
 *
 * @example const redis = lazy(() => require('../redis/layer') as typeof import('../redis/layer'));
 */
export function lazy<T extends object>(make: () => T): () => T {
  let made: T | undefined;
  return () => made ??= make();
}
