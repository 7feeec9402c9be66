import { SocketIOError } from '../../base/errors';
import { ClientStream } from './channel';
import { CANCELLED } from './pump';
import type { KeptStream } from './kept_stream';
import type { KeptStreams } from './kept_streams';
import type { Reader, Reading, Sink } from './reader';

/** Whether the event has ended because its worker stops: to its readers, the stream is lost. */
function isStopping(answer: unknown): boolean {
  return (answer as { error?: { code?: unknown } } | undefined)?.error?.code === 'WORKER_STOPPING';
}

/** The stream of an event that goes on without its client, from the moment when its handler returns it. */
export class KeptOpening extends ClientStream implements Reading {
  private kept: KeptStream | undefined;
  private reader: Reader | undefined;

  /**
   * @param resume - milliseconds that it is kept without a client
   * @param sink - the way to the client that has opened it
   * @param abort - ends the event
   * @param isThere - whether that client is still connected
   */
  constructor(
    private readonly streams: KeptStreams, private readonly nsp: string, private readonly resume: number, private readonly sink: Sink,
    private readonly abort: (reason: unknown) => void, private readonly isThere: () => boolean,
  ) {
    super();
  }

  override get outlivesClient(): boolean {
    return true;
  }

  override get isWaiting(): boolean {
    return this.kept?.isWaiting ?? false;
  }

  override get isAlone(): boolean {
    return this.kept?.isAlone ?? false;
  }

  override start(window: number): KeptStream {
    // It has not got the key, so nobody could come back.
    if (!this.isThere()) throw new SocketIOError('CLIENT_LEFT');
    const kept = this.streams.create(this.nsp, { window, resume: this.resume }, this.abort);
    this.kept = kept;
    this.reader = kept.attach(this.sink, 1);
    return kept;
  }

  /** The event has ended. */
  finish(answer: unknown): void {
    if (!this.kept) this.sink.end(answer);
    else if (isStopping(answer)) this.kept.stop(undefined);
    else this.kept.finish(answer);
  }

  isDue(items: number): boolean {
    return this.reader?.isDue(items) ?? false;
  }

  take(items: number): void {
    this.reader?.take(items);
  }

  cancel(): void {
    if (this.reader) this.reader.cancel();
    else this.abort(new SocketIOError(CANCELLED));
  }

  leave(): void {
    this.reader?.leave();
  }
}
