import type { RedisKind } from '../../lib/redis/types';
import type { Limit } from './adapter_conformance';

/** What the official engines cannot do, as docs/redis.md says. */
export const REDIS_LIMITS: Record<RedisKind, readonly Limit[]> = {
  pubsub: [ 'half characters' ],
  sharded: [],
  streams: [ 'volatile is recovered', 'events between servers have an order of their own' ],
};
