import type { Adapter } from 'socket.io-adapter';
import { msgpack } from '../base/msgpack';
import { Ear } from './ear';
import type { RedisPlan } from './options';
import { endOf, isAfter, type StreamReader } from './stream_reader';
import type { Method } from './subscriber';
import type { RedisClient } from './types';

/**
 * The adapters have no messages of this type. In addition, the probe names no namespace, and has the sender's own id: another server,
 * also one with an older version or only the official adapter, ignores it.
 */
const PROBE = 0;

const encoder = msgpack({ variableMapSize: true });

interface Probe { readonly uid: string; readonly nsp: ''; readonly type: typeof PROBE; readonly data: { readonly channel: string } }

/** The parts of the adapters for `sharded` and `streams` that are not in their types. */
interface OfficialAdapter extends Adapter {
  readonly uid: string;
  onMessage(message: object, offset?: string): void;
  onResponse(response: object): void;
}

function call(client: RedisClient, names: readonly string[], ...args: unknown[]): Promise<unknown> {
  const members = client as unknown as Record<string, Method | undefined>;
  return Promise.resolve(members[names.find(name => members[name])!]!(...args));
}

/** Publishes to a channel. */
export function publish(client: RedisClient, sharded: boolean, channel: string, payload: string | Buffer): Promise<unknown> {
  return call(client, sharded ? [ 'spublish', 'sPublish' ] : [ 'publish' ], channel, payload);
}

/** Returns a function that sends a message to one server, in the namespace of an adapter for `streams`. */
export function sendTo(
  adapter: Adapter, { key, target }: RedisPlan, client: RedisClient,
): (uid: string, message: object) => Promise<unknown> {
  const [ channel ] = channelsOf(adapter, key);
  return (uid, message) => publish(client, target.type === 'cluster', `${channel}${uid}#`, encoder.pack(message));
}

/** The facts about the kind that {@link earOf} needs. */
export interface Channels {
  /** The channel to which the adapter publishes. */
  readonly pub: RedisClient;
  readonly plan: Pick<RedisPlan, 'kind' | 'key'>;
  /** Whether the channels are those of sharded PUB/SUB. */
  readonly sharded: boolean;
  listenAgain(channels: readonly string[]): void;
}

/** The channels of a namespace, for the kinds `sharded` and `streams`. */
export function channelsOf(adapter: Adapter, key: string): string[] {
  const channel = `${key}#${(adapter.nsp as { name: string }).name}#`;
  return [ channel, `${channel}${(adapter as OfficialAdapter).uid}#` ];
}

/** The ear of a namespace, for the kinds `sharded` and `streams`. */
export function earOf(adapter: Adapter, { pub, plan, sharded, listenAgain }: Channels): Ear {
  const official = adapter as OfficialAdapter;
  const { onMessage, onResponse, uid } = official;
  const channels = channelsOf(adapter, plan.key);
  const ear = new Ear({
    name: `namespace ${(adapter.nsp as { name: string }).name}`,
    channels,
    probe(channel) {
      const probe: Probe = { uid, nsp: '', type: PROBE, data: { channel } };
      return publish(pub, sharded, channel, plan.kind === 'streams' ? encoder.pack(probe) : JSON.stringify(probe));
    },
    listenAgain: () => listenAgain(channels),
  });
  const isOwnProbe = (message: object) => {
    const { uid: sender, type, data } = message as Probe;
    if (type !== PROBE || sender !== uid) return false;
    ear.heard(data.channel);
    return true;
  };
  official.onMessage = (message, offset) => { if (!isOwnProbe(message)) onMessage.call(official, message, offset); };
  official.onResponse = response => { if (!isOwnProbe(response)) onResponse.call(official, response); };
  return ear;
}

/**
 * The ear for the stream of the kind `streams`. It writes one entry at start-up, and reads it. Later it only compares: each entry would
 * take the place of a message that somebody may have to recover.
 */
export function earOfStream(reader: StreamReader, pub: RedisClient, { key, streams: { maxLen } }: RedisPlan): Ear {
  let hasWritten = false;
  let before = reader.position;
  const write = (): Promise<unknown> => (
    'xAdd' in pub
      ? call(pub, [ 'xAdd' ], key, '*', { probe: '' }, { TRIM: { strategy: 'MAXLEN', strategyModifier: '~', threshold: maxLen } })
      : call(pub, [ 'xadd' ], key, 'MAXLEN', '~', maxLen, '*', 'probe', '')
  );
  const ear = new Ear({
    name: 'all namespaces',
    channels: [ key ],
    async probe() {
      if (!hasWritten) {
        const id = await write() as string;
        hasWritten = true;
        void reader.reaches(id).then(() => ear.heard(key));
        return;
      }
      const position = reader.position;
      const hasAdvanced = isAfter(position, before);
      before = position;
      const end = await endOf(pub, key);
      if (isAfter(position, end)) reader.goBackTo(end);
      if (hasAdvanced) ear.heard(key);
      else void reader.reaches(end).then(() => ear.heard(key));
    },
    listenAgain: () => reader.again(),
  });
  return ear;
}
