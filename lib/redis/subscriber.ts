import type { EventEmitter } from 'node:events';
import type { RedisClient } from './types';

/** A member that overrides a client's own. */
export type Method = (...args: unknown[]) => unknown;
/** The overriding members, by their names. */
export type Methods = Readonly<Record<string, Method>>;

const SUBSCRIBING = [ 'subscribe', 'psubscribe', 'ssubscribe', 'unsubscribe', 'punsubscribe', 'sunsubscribe' ] as const;

/** An ioredis client, whose status shows the state of its connection; clients of `redis` have none, and need none. */
function isOfIoredis(client: object): client is EventEmitter & { readonly status: string } & Record<string, Method> {
  return 'status' in client;
}

/**
 * Makes an ioredis client subscribe only once its connection is ready, and one after the other until the first is confirmed. By default
 * it writes SUBSCRIBE while the answers to CLIENT SETINFO are missing; if it is confirmed with them, INFO, its ready check, is rejected
 * because the connection is subscribed, and it reconnects, without its subscriptions, and without an error.
 */
export function subscribingWhenReady(client: RedisClient): Methods {
  if (!isOfIoredis(client)) return {};
  let waiting: Promise<void> | undefined;
  const change = () => waiting ??= new Promise<void>(resolve => {
    const changed = () => {
      client.off('ready', changed).off('end', changed);
      waiting = undefined;
      resolve();
    };
    client.on('ready', changed).on('end', changed);
  });
  // A cluster is ready before the connection that it subscribes with.
  let first: Promise<unknown> | undefined;
  client.on('close', () => { first = undefined; });
  const when = async (name: string, args: unknown[]) => {
    while (client.status !== 'ready') {
      if (client.status === 'end') throw new Error('the connection is closed');
      await change();
    }
    const before = first;
    if (before) await before.catch(() => undefined);
    const sent = client[name](...args) as Promise<unknown>;
    if (before === undefined) first = sent;
    return sent;
  };
  return Object.fromEntries(SUBSCRIBING.map((name): [string, Method] => [ name, (...args) => {
    const done = when(name, args);
    // The adapters do not check the result.
    done.catch(() => undefined);
    return done;
  } ]));
}
