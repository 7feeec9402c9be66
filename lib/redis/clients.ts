import { setTimeout as sleep } from 'node:timers/promises';
import { Cluster, Redis, type RedisOptions } from 'ioredis';
import type { Target } from './options';
import type { RedisKind } from './types';

/** Milliseconds without an answer after which a connection counts as lost. */
export const SILENCE = 2000;
/** Milliseconds for which the streams adapter has Redis hold a read that finds nothing; its default. */
const BLOCK = 5000;
/** Milliseconds before a read is tried again that Redis has refused; the engine itself would ask without a pause. */
const READ_AGAIN = 500;
/** Milliseconds for a connection, unless the options say more or less. */
export const CONNECT_LIMIT = 5000;

const SUBSCRIBING: ReadonlySet<string> = new Set([ 'subscribe', 'psubscribe', 'ssubscribe' ]);
const PUBLISHING: ReadonlySet<string> = new Set([ 'publish', 'spublish', 'xadd' ]);

/** What is common to both, and used here. */
export type Client = Redis | Cluster;

/** Hears of the commands of a client. */
export interface CommandListener {
  /** A message was not, or may not have been, handed to Redis. */
  onLost(): void;
  /** Something has to be done before what is published is heard. */
  onSubscribing(done: Promise<unknown>): void;
}

interface SentCommand { name: string; promise: Promise<unknown> }

/** The engines publish and subscribe without looking whether it works: nobody else would take those errors. */
function watch(client: Client, listener: CommandListener): void {
  const send = client.sendCommand.bind(client) as (command: SentCommand, ...rest: unknown[]) => unknown;
  client.sendCommand = ((command: SentCommand, ...rest: unknown[]) => {
    const sent = send(command, ...rest);
    command.promise.catch(() => { if (PUBLISHING.has(command.name)) listener.onLost(); });
    if (SUBSCRIBING.has(command.name)) listener.onSubscribing(command.promise);
    return sent;
  }) as typeof client.sendCommand;
}

/**
 * ioredis keeps the timer of `socketTimeout` when a connection is lost while a command is under way, and then breaks the
 * next connection with it.
 */
function forgettingItsTimer(client: Redis): Redis {
  return client.on('close', () => {
    const holder = client as unknown as { socketTimeoutTimer?: NodeJS.Timeout };
    clearTimeout(holder.socketTimeoutTimer);
    holder.socketTimeoutTimer = undefined;
  });
}

function open(target: Exclude<Target, { type: 'clients' }>, fixed: RedisOptions, sharded = false): Client {
  const retry = (times: number) => Math.min(times * 50, 1000);
  if (target.type === 'node') {
    const options = { connectTimeout: CONNECT_LIMIT, ...target.options, ...fixed, retryStrategy: retry };
    return forgettingItsTimer(target.url === undefined ? new Redis(options) : new Redis(target.url, options));
  }
  const { redisOptions, ...options } = target.options;
  const cluster = new Cluster(target.nodes, {
    ...options, clusterRetryStrategy: retry, shardedSubscribers: sharded, enableOfflineQueue: fixed.enableOfflineQueue,
    redisOptions: { connectTimeout: CONNECT_LIMIT, ...redisOptions, ...fixed },
  });
  return cluster.on('+node', forgettingItsTimer);
}

/** A client that publishes: what cannot be sent now is refused, instead of being kept. */
export function openPublisher(target: Exclude<Target, { type: 'clients' }>, listener: CommandListener): Client {
  const client = open(target, {
    enableOfflineQueue: false, autoResendUnfulfilledCommands: false, maxRetriesPerRequest: 0, socketTimeout: SILENCE,
  });
  watch(client, listener);
  return client.setMaxListeners(0);
}

/** A client that subscribes and reads: it goes on with both when it has come back. */
export function openListener(target: Exclude<Target, { type: 'clients' }>, listener: CommandListener, kind: RedisKind): Client {
  const reads = kind === 'streams';
  const client = open(target, { maxRetriesPerRequest: null, socketTimeout: reads ? BLOCK + SILENCE : SILENCE }, kind !== 'pubsub');
  watch(client, listener);
  if (reads) client.xread = startingNow(client, listener) as typeof client.xread;
  return client.setMaxListeners(0);
}

/**
 * `XREAD` for the streams adapter. That one asks for what comes after `$`, which is the end of the stream at the time of
 * asking: until it has got its first message it would miss what comes between two questions.
 */
function startingNow(client: Client, listener: CommandListener): (...args: unknown[]) => Promise<unknown> {
  const xread = client.xread.bind(client) as (...args: unknown[]) => Promise<unknown>;
  let end: Promise<string> | undefined;
  const endOf = async (stream: string) => (await client.xrevrange(stream, '+', '-', 'COUNT', 1))[0]?.[0] ?? '0-0';
  return async (...args) => {
    try {
      if (args.at(-1) !== '$') return await xread(...args);
      if (!end) listener.onSubscribing(end = endOf(String(args.at(-2))));
      return await xread(...args.slice(0, -1), await end);
    } catch (error) {
      end = undefined;
      if (client.status !== 'end') await sleep(READ_AGAIN, undefined, { ref: false });
      throw error;
    }
  };
}

/** A client of the app's own, from which no rejection gets away that the engines do not look at. */
export function guarded<T extends object>(client: T): T {
  return new Proxy(client, {
    get(target, name) {
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
