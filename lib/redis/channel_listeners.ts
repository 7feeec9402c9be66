import type { EventEmitter } from 'node:events';
import type { Methods } from './subscriber';
import type { RedisClient } from './types';

type Listener = (channel: Buffer, payload: Buffer) => void;

const MESSAGE = /^s?messageBuffer$/;

/**
 * Sits between the streams adapter and the connection on which it subscribes. The adapter adds a listener for all messages with each
 * namespace, and neither removes it nor unsubscribes when the namespace is closed.
 */
export class ChannelListeners {
  private readonly listeners = new Map<string, Listener>();
  /** Channels whose listener comes next. */
  private latest: string[] = [];
  private isAttached = false;

  /** @param own - how the connection subscribes */
  constructor(private readonly client: RedisClient, private readonly own: Methods) {}

  /** Override the connection's own members. */
  get methods(): Methods {
    const { client, own: { subscribe, ssubscribe } } = this;
    // A client of `redis` keeps a listener for each channel itself.
    if (!subscribe) return {};
    const noting = (send: Methods[string]) => (channels: unknown) => {
      this.latest.push(...[ channels ].flat() as string[]);
      return send(channels);
    };
    return {
      ...this.own, subscribe: noting(subscribe), ssubscribe: noting(ssubscribe),
      on: (event, listener) => {
        if (!MESSAGE.test(event as string)) return (client as EventEmitter).on(event as string, listener as Listener);
        for (const channel of this.latest.splice(0)) this.listeners.set(channel, listener as Listener);
        if (!this.isAttached) (client as EventEmitter).on(event as string, this.onMessage);
        this.isAttached = true;
        return client;
      },
    };
  }

  private readonly onMessage: Listener = (channel, payload) => this.listeners.get(channel.toString())?.(channel, payload);

  listenAgain(channels: readonly string[], sharded: boolean): void {
    const { subscribe, ssubscribe } = this.own;
    if (sharded) for (const channel of channels) ssubscribe?.(channel);
    else subscribe?.(channels);
  }

  forget(channels: readonly string[], sharded: boolean): void {
    for (const channel of channels) this.listeners.delete(channel);
    const { unsubscribe, sUnsubscribe } = this.client as unknown as Methods;
    const send = sharded ? this.own.sunsubscribe ?? sUnsubscribe?.bind(this.client) : this.own.unsubscribe ?? unsubscribe.bind(this.client);
    // In a cluster, channels of different slots cannot go in one command.
    for (const channel of channels) Promise.resolve(send?.(channel)).catch(() => undefined);
  }
}
