import { lazy } from '../base/lazy';
import type { planRedis } from './options';

const options = lazy(() => require('./options') as typeof import('./options'));

/** The result of {@link planRedis}, which is not even loaded for an app that sets neither an adapter nor clients. */
export const planRedisIfWanted: typeof planRedis = (settings, ...rest) => {
  const { adapter, pubClient, subClient } = settings;
  if (!adapter && !pubClient && !subClient) return undefined;
  return options().planRedis(settings, ...rest);
};
