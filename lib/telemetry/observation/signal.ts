import { type Channel, channel } from 'node:diagnostics_channel';

/** Tells of one kind of thing. Whoever has something to tell asks {@link isHeard} first, and makes the message only then. */
export interface Teller<T> {
  /** Whether anybody would hear of it. */
  readonly isHeard: boolean;
  tell(message: T): void;
}

/** Is never heard. */
export const SILENCE: Teller<unknown> = Object.freeze({ isHeard: false, tell: () => undefined });

/** Tells the observers of one app, and those who have subscribed to a channel of Node's. */
export class Signal<T> implements Teller<T> {
  private listeners: readonly ((message: T) => void)[] = [];
  private readonly channel: Channel;

  /** @param name - the channel's */
  constructor(name: string) {
    this.channel = channel(name);
  }

  get isHeard(): boolean {
    // An array's length and a getter that is a constant: anybody may subscribe at any time, so it is asked each time.
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
