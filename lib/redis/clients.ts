import { Cluster, Redis, type RedisOptions } from 'ioredis';
import { timeAnswers } from './answer_timeout';
import type { Target } from './options';
import type { Methods } from './subscriber';
import type { RedisKind } from './types';

/** Milliseconds without an answer after which a connection counts as lost. */
export const SILENCE = 2000;
/** Milliseconds for which the streams adapter lets Redis hold a read without results; its default. */
const BLOCK = 5000;
/** Milliseconds for a connection, unless the options set another value. */
export const CONNECT_LIMIT = 5000;

const PUBLISHING: ReadonlySet<string> = new Set([ 'publish', 'spublish', 'xadd' ]);

/** The common members that are used here. */
export type Client = Redis | Cluster;

interface SentCommand { name: string; promise: Promise<unknown> }

/** Is notified about the commands of a client. */
export interface CommandListener {
  /** Whether the current publish is a message, whose loss counts. */
  isMessage(): boolean;
  /** A message was not, or may not have been, passed to Redis. */
  onLost(): void;
}

/** The adapters publish, and ioredis subscribes again, without handling failures: nothing else would catch those errors. */
function watch(client: Client, listener?: CommandListener): void {
  const send = client.sendCommand.bind(client) as (command: SentCommand, ...rest: unknown[]) => unknown;
  client.sendCommand = ((command: SentCommand, ...rest: unknown[]) => {
    const counts = listener?.isMessage() && PUBLISHING.has(command.name);
    const sent = send(command, ...rest);
    command.promise.catch(() => { if (counts) listener?.onLost(); });
    return sent;
  }) as typeof client.sendCommand;
}

function open(target: Exclude<Target, { type: 'clients' }>, fixed: RedisOptions, sharded = false): Client {
  const retry = (times: number) => Math.min(times * 50, 1000);
  if (target.type === 'node') {
    const options = { connectTimeout: CONNECT_LIMIT, ...target.options, ...fixed, retryStrategy: retry };
    return timeAnswers(target.url === undefined ? new Redis(options) : new Redis(target.url, options));
  }
  const { redisOptions, ...options } = target.options;
  const cluster = new Cluster(target.nodes, {
    ...options, clusterRetryStrategy: retry, shardedSubscribers: sharded, enableOfflineQueue: fixed.enableOfflineQueue,
    redisOptions: { connectTimeout: CONNECT_LIMIT, ...redisOptions, ...fixed },
  });
  return cluster.on('+node', timeAnswers);
}

/** A client for publishing: a message that cannot be sent now is rejected, instead of being kept. */
export function openPublisher(target: Exclude<Target, { type: 'clients' }>, listener: CommandListener): Client {
  const client = open(target, {
    enableOfflineQueue: false, autoResendUnfulfilledCommands: false, maxRetriesPerRequest: 0, socketTimeout: SILENCE,
  });
  watch(client, listener);
  return client.setMaxListeners(0);
}

/** A client for subscribing and reading: it continues with both when it has reconnected. */
export function openListener(target: Exclude<Target, { type: 'clients' }>, kind: RedisKind): Client {
  const reads = kind === 'streams';
  const client = open(target, { maxRetriesPerRequest: null, socketTimeout: reads ? BLOCK + SILENCE : SILENCE }, kind !== 'pubsub');
  watch(client);
  return client.setMaxListeners(0);
}

/**
 * The client that an adapter gets: rejections that the adapters do not handle are caught.
 *
 * @param methods - override the client's own
 */
export function guarded<T extends object>(client: T, methods: Methods = {}): T {
  return new Proxy(client, {
    get(target, name) {
      if (typeof name === 'string' && Object.hasOwn(methods, name)) return methods[name];
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function' || name === 'constructor') return member;
      return (...args: unknown[]) => {
        const result: unknown = Reflect.apply(member, target, args);
        if (result instanceof Promise) result.catch(() => undefined);
        return result;
      };
    },
  });
}
