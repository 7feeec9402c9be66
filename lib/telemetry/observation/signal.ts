import { type Channel, channel } from 'node:diagnostics_channel';

/** Publishes one kind of message. Check {@link isHeard} first, and only then create the message. */
export interface Teller<T> {
  /** Whether there are subscribers. */
  readonly isHeard: boolean;
  tell(message: T): void;
}

/** A signal without subscribers. */
export const SILENCE: Teller<unknown> = Object.freeze({ isHeard: false, tell: () => undefined });

/** Publishes to the observers of one app, and to the subscribers of a Node.js channel. */
export class Signal<T> implements Teller<T> {
  private listeners: readonly ((message: T) => void)[] = [];
  private readonly channel: Channel;

  /** @param name - the channel's */
  constructor(name: string) {
    this.channel = channel(name);
  }

  get isHeard(): boolean {
    // An array's length and a constant getter: anybody may subscribe at any time, so it is checked each time.
    return this.listeners.length > 0 || this.channel.hasSubscribers;
  }

  tell(message: T): void {
    for (const listener of this.listeners) listener(message);
    this.channel.publish(message);
  }

  /**
   * @param listener - must not throw
   * @return stops listening
   */
  listen(listener: (message: T) => void): () => void {
    this.listeners = [ ...this.listeners, listener ];
    return () => { this.listeners = this.listeners.filter(other => other !== listener); };
  }
}
