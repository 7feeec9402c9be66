import { lazy } from '../base/lazy';
import type { OnceStore } from '../events/once/once_store';
import type { Limits } from '../limits/limits';
import type { RedisLayer } from '../redis/layer';
import type { Clustered } from './clustered';

const stores = lazy(() => require('../events/once/once_store') as typeof import('../events/once/once_store'));
const shared = lazy(() => require('../events/once/shared') as typeof import('../events/once/shared'));
const siblings = lazy(() => require('../events/once/siblings') as typeof import('../events/once/siblings'));

/**
 * Creates the store of events that are handled once. With Redis, the workers of all machines share the keys; without it, those of this
 * machine ask each other.
 */
export function createOnceStore(
  { onceKeys: keys, onceBytes: bytes }: Limits, redis: RedisLayer | undefined, clustered: Clustered | undefined,
): OnceStore {
  return new (stores().OnceStore)({ keys, bytes }, entries => {
    if (redis) return new (shared().Shared)(redis.keys);
    return clustered && new (siblings().Siblings)(clustered.channel('once'), entries);
  });
}
