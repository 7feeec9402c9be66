/** What an {@link Ear} needs from the adapter or the reader that it belongs to. */
export interface EarMeans {
  /** As the log names it, such as `namespace /chat`. */
  readonly name: string;
  /** The channels, or the stream, on which messages come. */
  readonly channels: readonly string[];
  /** Sends a probe that comes back to this server, and that nobody else takes for a message. */
  probe(channel: string): Promise<unknown>;
  /** Asks Redis again for what comes on the channels. */
  listenAgain(): void;
}

/** Knows whether the messages of one namespace, or of the stream, come to this server: a probe that it sends has to come back. */
export class Ear {
  /** In how many rounds in a row a probe was missed. */
  missed = 0;
  private readonly silent = new Set<string>();
  /** What has become of the last probe that was sent, if not more than that Redis has taken it. */
  private failure: string | undefined = 'a probe has not been answered';

  constructor(private readonly means: EarMeans) {
    this.doubt();
  }

  get name(): string { return this.means.name; }

  /** Whether each channel has brought back the last probe. */
  get hears(): boolean { return this.silent.size === 0; }

  /** What is wrong, for the log. */
  get complaint(): string {
    const [ channel ] = this.silent;
    return `${this.name}, '${channel}': ${this.failure ?? 'what this server sends there does not come back to it'}`;
  }

  /** What of the two has not worked, for the log. */
  get step(): 'subscribe' | 'publish' {
    return this.failure === undefined ? 'subscribe' : 'publish';
  }

  /** From now on it counts as deaf until it has heard a probe. */
  doubt(): void {
    this.missed = 0;
    for (const channel of this.means.channels) this.silent.add(channel);
  }

  /** Sends a probe on each channel, or once more on those that were silent. */
  probe(): void {
    if (this.hears) this.doubt();
    else this.missed += 1;
    for (const channel of this.silent) {
      this.means.probe(channel).then(
        () => { this.failure = undefined; },
        (error: Error) => { this.failure = `a probe cannot be sent: ${error.message}`; },
      );
    }
  }

  /** A probe has come back. */
  heard(channel: string): void {
    if (this.silent.delete(channel) && this.hears) this.missed = 0;
  }

  listenAgain(): void {
    this.means.listenAgain();
  }
}
