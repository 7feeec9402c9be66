/** A worker of this cluster, as the agent's directory lists it. */
export interface Member {
  /** Unique to one life of one worker; stands in the ids of its engine sessions. */
  readonly tag: string;
  readonly pid: number;
  /** The Unix-domain socket or named pipe on which its siblings reach it. */
  readonly endpoint: string;
  /** A digest of what it has loaded. */
  readonly loaded?: string;
}

/** Hears what comes from the other workers. */
export interface PeerListener {
  /** A message of another worker's; messages of one worker come in the order in which it sent them. */
  onMessage(from: string, message: unknown): void;
  /** The way to a worker is open: for the first time, or again after what was sent to it was lost. */
  onUp?(tag: string): void;
  /** A worker is gone, and nothing more will come from it; or it is given up for now, because it does not read. */
  onDown(tag: string): void;
  /**
   * More waits for another worker than it can take at the moment: whatever makes this worker send should be slowed down. Called
   * with each message sent while that is so, in the turn in which it was sent.
   */
  onCongested?(): void;
  /** No worker is behind any more. */
  onDrained?(): void;
}

/**
 * How a worker reaches its siblings; what the embedded adapter is built on. Messages may hold whatever msgpack can
 * carry, Buffers included. Nothing here throws or rejects because a peer is slow or gone; what cannot be encoded, or takes too much
 * in one message, throws.
 */
export interface PeerPort {
  /** The worker's own tag. */
  readonly tag: string;
  /** The tags of the living others. */
  peers(): readonly string[];
  /** Sends to one of the others; to one that is gone: nothing happens. */
  send(to: string, message: unknown): void;
  /** Sends to all others. Encodes once. */
  broadcast(message: unknown): void;
  /**
   * To be awaited between parts of something large.
   *
   * @return resolves once a worker has read most of what was sent to it, or is gone; `undefined` if it keeps up
   */
  drained(to: string): Promise<void> | undefined;
  /** @return stops listening */
  listen(listener: PeerListener): () => void;
}
