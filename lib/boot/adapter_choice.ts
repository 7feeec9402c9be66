import { createLoneAdapter } from '../adapter/lone_adapter';
import type { Caught } from '../base/app_code';
import type { RedisLayer } from '../redis/layer';
import type { AdapterFactory } from '../types/application';
import type { Clustered } from './clustered';
import type { SocketIOConfig } from './config';

/** Socket.IO calls the factory with `new`, which an arrow function does not support. */
function toAdapterClass(factory: AdapterFactory): AdapterFactory {
  if (factory.prototype) return factory;
  const create = factory as (namespace: unknown) => object;
  return function(namespace: unknown) { return create(namespace); } as unknown as AdapterFactory;
}

/** The adapters that may carry broadcasts. */
interface Choices {
  readonly redis: RedisLayer | undefined;
  readonly clustered: Clustered | undefined;
  /** Handles errors of the app's own code that messages of other workers have run. */
  readonly caught: Caught;
}

/** Chooses the adapter that carries broadcasts to other servers: Redis, the app's own, the links between workers, or none. */
export function chooseAdapter({ adapter, connectionStateRecovery }: SocketIOConfig, { redis, clustered, caught }: Choices): AdapterFactory {
  if (redis) return toAdapterClass(redis.adapter as unknown as AdapterFactory);
  if (adapter) return toAdapterClass(adapter as AdapterFactory);
  return (clustered?.adapter ?? createLoneAdapter(Boolean(connectionStateRecovery), caught)) as AdapterFactory;
}
