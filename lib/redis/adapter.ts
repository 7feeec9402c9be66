import { createShardedAdapter } from '@socket.io/redis-adapter';
import { createAdapter as createStreamsAdapter } from '@socket.io/redis-streams-adapter';
import type { Adapter } from 'socket.io-adapter';
import { SocketDataCopier } from '../adapter/recovery/socket_data';
import { msgpack } from '../base/msgpack';
import { limitRequests } from './request_timeouts';
import { actLocallyFirst } from './cluster_adapter';
import type { Connections } from './connections';
import { channelsOf, earOf, earOfStream, sendTo } from './ears';
import type { Ear } from './ear';
import type { RedisPlan } from './options';
import { PubSubAdapter } from './pubsub_adapter';
import { limitData } from './session_data';
import { restoreSafely } from './safe_restore';
import { closeRecoveryGap } from './recovery_gap';
import { LiveSessions } from './live_sessions';
import { SessionClaim } from './session_claim';
import { SessionKeys } from './session_keys';
import { keepSessions, watchSessions } from './watch_sessions';
import { SendOrder } from './send_order';
import type { Method } from './subscriber';

/** The adapter's encoding; its own encoder writes wrong numbers from 2 ** 64 on. */
const parser = msgpack({ variableMapSize: true, int64AsType: 'number' });

type OnError = (error: unknown) => void;

/** How the sessions of connected clients are copied to Redis. */
export interface Copies {
  /** Whether Redis has each change before the client sees it. */
  readonly order: 'before' | 'after';
}

/** Creates the adapter of a namespace. */
export type CreateAdapter = (nsp: unknown) => Adapter;

/** In a Redis Cluster, on the node of the stream: what is written on one connection arrives in order. */
function sessionKeys({ key, target }: RedisPlan): string {
  return target.type === 'node' || key.includes('{') ? `${key}:session:` : `{${key}}:session:`;
}

function createEngine(plan: RedisPlan, { pub, sub }: Connections, onError: OnError): CreateAdapter {
  const { kind, key, requestsTimeout, streams: { maxLen, readCount }, target } = plan;
  const pubsub = { key, requestsTimeout, publishOnSpecificResponseChannel: true, parser };
  switch (kind) {
    case 'pubsub':
      return nsp => new PubSubAdapter(nsp, pub, sub, pubsub, onError);
    case 'sharded':
      // With a channel for each room, a message to a room misses servers whose subscription to it is still on its way, and overtakes
      // messages to all.
      return createShardedAdapter(pub, sub, { channelPrefix: key, subscriptionMode: 'static' });
    case 'streams':
      return createStreamsAdapter(pub, {
        maxLen, readCount, streamName: key, channelPrefix: key, sessionKeyPrefix: sessionKeys(plan), useShardedPubSub: target.type === 'cluster',
      });
  }
}

/** How the namespace of an adapter receives messages. */
function listenWith(adapter: Adapter, plan: RedisPlan, { pub, sub, channels }: Connections): Ear {
  if (adapter instanceof PubSubAdapter) return adapter.ear;
  const isStreams = plan.kind === 'streams';
  const sharded = !isStreams || plan.target.type === 'cluster';
  const { ssubscribe } = sub as { ssubscribe?: Method };
  return earOf(adapter, { pub, plan, sharded, listenAgain(names) {
    if (isStreams) channels?.listenAgain(names, sharded);
    // A client of `redis` subscribes again by itself, and only with the adapter's own listener.
    else for (const name of names) ssubscribe?.(name);
  } });
}

/** Removes the namespace of an adapter from Redis when the adapter is closed. */
function endWhenClosed(adapter: Adapter, ear: Ear, plan: RedisPlan, { channels, hearing }: Connections): void {
  const close = adapter.close.bind(adapter) as () => unknown;
  adapter.close = () => {
    hearing?.delete(ear);
    // Nobody waits for Redis, which may be away.
    Promise.resolve(close()).catch(() => undefined);
    if (plan.kind === 'streams') channels?.forget(channelsOf(adapter, plan.key), plan.target.type === 'cluster');
  };
}

/**
 * Creates the adapters of one process: the official adapter of the configured kind, with fixes for outages of Redis or another server.
 *
 * @param recovery - whether connection state recovery is on
 * @param onError - gets errors thrown while a message of another server is handled
 * @param warn - gets a line for the log
 * @param copies - how the sessions of connected clients are copied. Default: not at all
 */
export function createRedisAdapters(
  plan: RedisPlan, connections: Connections, recovery: boolean, onError: OnError, warn: (line: string) => void, copies?: Copies,
): CreateAdapter {
  const create = createEngine(plan, connections, onError);
  const { hearing, reader, pub } = connections;
  const carrier = new SocketDataCopier(warn);
  const order = recovery ? new SendOrder() : undefined;
  const sessions = sessionKeys(plan);
  const keys = new SessionKeys(pub, sessions);
  const live = recovery && copies ? new LiveSessions({
    keys, carrier, order: copies.order === 'before' ? order : undefined,
    outages: () => (connections.outage.isOn ? undefined : connections.outage.count), warn,
  }) : undefined;
  if (plan.kind === 'streams') hearing?.add(earOfStream(reader, pub, plan));
  return nsp => {
    const adapter = create(nsp);
    if (plan.kind !== 'pubsub') actLocallyFirst(adapter, order, onError);
    if (recovery) {
      const claim = live && new SessionClaim(adapter, { keys, live, send: sendTo(adapter, plan, pub) });
      if (live) keepSessions(adapter, live);
      const sinceOf = restoreSafely(adapter, { name: plan.key, sessions, client: pub, position: () => reader.position, claim });
      closeRecoveryGap(adapter);
      limitData(adapter, carrier);
      if (live) watchSessions(adapter, live, sinceOf);
    }
    if (hearing) {
      const ear = listenWith(adapter, plan, connections);
      hearing.add(ear);
      endWhenClosed(adapter, ear, plan, connections);
    }
    limitRequests(adapter, { requestsTimeout: plan.requestsTimeout, isAway: () => connections.outage.isOn });
    return adapter;
  };
}
