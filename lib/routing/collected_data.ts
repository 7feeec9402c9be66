import type { Socket as EngineSocket } from 'engine.io';

/** Bytes, and messages, that a client may send before Socket.IO has its session; beyond them Socket.IO gets it at once. */
const MOST_BYTES = 1_000_000;
const MOST_MESSAGES = 1000;

/** Emits the data that a session has received before anybody listened. */
export function replay(session: EngineSocket, received: readonly unknown[]): void {
  for (const data of received) session.emit('data', data);
}

/** Keeps the data of a session without listeners. */
export class CollectedData {
  readonly received: unknown[] = [];
  private bytes = 0;

  /**
   * @param onFull - called when there is more than a session may have waiting
   * @param onData - called with each piece, after it was added
   */
  constructor(
    private readonly session: EngineSocket, private readonly onFull: () => void, private readonly onData?: (data: unknown) => void,
  ) {
    session.on('data', this.collect);
  }

  stop(): void {
    this.session.off('data', this.collect);
  }

  // An empty Engine.IO message has no data.
  private readonly collect = (data: string | Buffer | undefined): void => {
    this.received.push(data);
    this.bytes += data?.length ?? 0;
    if (this.bytes > MOST_BYTES || this.received.length > MOST_MESSAGES) this.onFull();
    else this.onData?.(data);
  };
}
