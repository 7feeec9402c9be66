/** The channel between workers and owners of sessions; messages of one worker arrive in the order in which it sent them. */
export interface SessionPeers {
  /** The tags of the other live workers. */
  peers(): readonly string[];
  /** Sends to one of the others; to one that is gone, it does nothing. */
  send(to: string, message: unknown): void;
  /** @return stops listening */
  listen(listener: { onMessage(from: string, message: unknown): void; onUp?(tag: string): void; onDown(tag: string): void }): () => void;
}
