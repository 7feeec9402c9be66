/** A worker of this cluster, as the agent's directory lists it. */
export interface Member {
  /** Unique to one life of one worker; part of the ids of its Engine.IO sessions. */
  readonly tag: string;
  readonly pid: number;
  /** Egg's number of the worker; `undefined` for one with an older version of the plugin. */
  readonly number?: number;
  /** The Unix-domain socket or named pipe on which its siblings reach it. */
  readonly endpoint: string;
  /** A digest of what it has loaded. */
  readonly loaded?: string;
}

/** Is notified about messages of the other workers. */
export interface PeerListener {
  /** A message of another worker; messages of one worker arrive in the order in which it sent them. */
  onMessage(from: string, message: unknown): void;
  /** The link to a worker is open: for the first time, or again after it was broken, or messages to it were dropped. */
  onUp?(tag: string): void;
  /**
   * The link to a worker is broken. Once it is open again, messages that have not arrived are sent again, and {@link onUp} follows. They
   * are lost if this process is killed before that.
   */
  onBroken?(tag: string): void;
  /** A worker is gone, and nothing more will come from it; or its link is dropped for now, because it does not read. */
  onDown(tag: string): void;
  /** A worker has left for good, or was killed: all that it has sent has arrived. Called before {@link onDown}. */
  onLeft?(tag: string): void;
  /**
   * More is waiting for another worker than it can take at the moment: slow down whatever makes this worker send. Called with each
   * message sent in this state, in the turn in which it was sent.
   */
  onCongested?(): void;
  /** No worker is behind any more. */
  onDrained?(): void;
}

/**
 * The channel between workers, on which the embedded adapter is built. Messages may contain everything that msgpack supports, including
 * Buffers. Nothing here throws or rejects because a peer is slow or gone; a message that cannot be encoded, or is too large, throws.
 */
export interface PeerPort {
  /** The worker's own tag. */
  readonly tag: string;
  /** The tags of the other live workers. */
  peers(): readonly string[];
  /** Sends to one of the others; to one that is gone, it does nothing. */
  send(to: string, message: unknown): void;
  /** Sends to all others. Encodes once. */
  broadcast(message: unknown): void;
  /**
   * Await it between parts of something large.
   *
   * @return resolves when a worker has read most of what was sent to it, or is gone; `undefined` if it keeps up
   */
  drained(to: string): Promise<void> | undefined;
  /** Lets everything from here on wait for {@link flush}, which must follow. */
  collect(): void;
  /** Passes to the system now what is to be sent at the end of this turn. */
  flush(): void;
  /** Whether the system has not accepted all that was sent to a worker: it would be lost if this process were killed. */
  isBehind(to: string): boolean;
  /** @return stops listening */
  listen(listener: PeerListener): () => void;
}
