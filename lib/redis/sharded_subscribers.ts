import type { RedisClient } from './types';

/** The private part of a cluster of ioredis that subscribes with sharded PUB/SUB. */
interface Group {
  isResetting: boolean;
  stop(): void;
}

/**
 * Makes a cluster of ioredis able to subscribe with sharded PUB/SUB again, whenever it is disconnected. Without this, a cluster that is
 * disconnected while a sharded subscriber connects (ioredis 5.11.1, `ClusterSubscriberGroup#reset`) waits for that subscriber for ever:
 * the cluster becomes ready again, and receives nothing.
 */
export function renewShardedSubscribers(client: RedisClient): void {
  const group = (client as { shardedSubscribers?: Group }).shardedSubscribers;
  if (typeof group?.stop !== 'function') return;
  const { stop } = group;
  group.stop = () => {
    stop.call(group);
    group.isResetting = false;
  };
}
