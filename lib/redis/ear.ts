/** The parts of an adapter or a reader that an {@link Ear} needs. */
export interface EarMeans {
  /** Its name in the log, such as `namespace /chat`. */
  readonly name: string;
  /** The channels, or the stream, that carry messages. */
  readonly channels: readonly string[];
  /** Sends a probe that comes back to this server, and that nobody else takes for a message. */
  probe(channel: string): Promise<unknown>;
  /** Subscribes to the channels again. */
  listenAgain(): void;
}

/** Checks whether the messages of one namespace, or of the stream, reach this server: a probe that it sends has to come back. */
export class Ear {
  /** The number of consecutive rounds without a probe. */
  missed = 0;
  private readonly silent = new Set<string>();
  /** The state of the last probe, unless Redis has only accepted it so far. */
  private failure: string | undefined = 'a probe has not been answered';

  constructor(private readonly means: EarMeans) {
    this.doubt();
  }

  get name(): string { return this.means.name; }

  /** Whether each channel has brought back the last probe. */
  get hears(): boolean { return this.silent.size === 0; }

  /** The problem, for the log. */
  get complaint(): string {
    const [ channel ] = this.silent;
    return `${this.name}, '${channel}': ${this.failure ?? 'what this server sends there does not come back to it'}`;
  }

  /** The step that has failed, for the log. */
  get step(): 'subscribe' | 'publish' {
    return this.failure === undefined ? 'subscribe' : 'publish';
  }

  /** From now on it counts as deaf until a probe has arrived. */
  doubt(): void {
    this.missed = 0;
    for (const channel of this.means.channels) this.silent.add(channel);
  }

  /** Sends a probe on each channel, or again on those that were silent. */
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
