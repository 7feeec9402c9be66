/** The answer to an event that is handled once: the values of its ack, packed, because the app may change them later. */
export interface Answer {
  /** A digest of the event's arguments. */
  readonly digest: string;
  readonly values: Buffer;
  /** When it is forgotten, as of `Date.now()`. */
  readonly until: number;
  /** The tag of the worker that has to keep a copy of it on another one; this one, if it has handled the event. */
  owner: string;
}

type Listener = (answer: Answer | undefined) => void;

/** An event that is being handled here, or for which the other workers are still being asked. */
export class Claim {
  /** `asking` until it is certain that no other worker handles the event. */
  state: 'asking' | 'running' = 'asking';
  /** Its place among those that ask at once; see {@link Siblings}. */
  at = 0;
  /** When it is forgotten if its ack has not been called by then. */
  until = Infinity;
  private listeners: Listener[] = [];

  /**
   * @param id - of the event and its key
   * @param digest - of its arguments
   * @param keep - milliseconds for which its answer is kept
   */
  constructor(readonly id: string, readonly digest: string, readonly keep: number) {}

  /** Calls `listener` with the answer; without one, if the event was not handled after all. */
  whenOver(listener: Listener): void {
    this.listeners.push(listener);
  }

  end(answer: Answer | undefined): void {
    for (const listener of this.listeners.splice(0)) listener(answer);
  }
}
