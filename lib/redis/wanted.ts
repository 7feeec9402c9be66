import type { planRedis } from './options';

/** What {@link planRedis} says, which is not even loaded for an app that names neither an adapter nor clients. */
export const planRedisIfWanted: typeof planRedis = (settings, ...rest) => {
  const { adapter, pubClient, subClient } = settings;
  if (!adapter && !pubClient && !subClient) return undefined;
  return (require('./options') as typeof import('./options')).planRedis(settings, ...rest);
};
