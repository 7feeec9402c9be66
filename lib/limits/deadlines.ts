import { SocketIOError } from '../base/errors';
import type { LogThrown } from '../base/app_code';
import type { Refusals } from './refusals';

/** The number of checks within the limit: a time-out is late by one of them at most. */
const PARTS = 8;

/** A pending deadline. The pending ones form a linked list, the oldest first. */
export abstract class Deadline {
  /** The number of the check at which it expires; 0 if it is not pending. */
  look = 0;
  earlier: Deadline | undefined;
  later: Deadline | undefined;

  /** @param what - for the log */
  constructor(readonly what: string) {}

  /** The name in a line that lists several. */
  get name(): string { return this.what; }

  /** Whether it may take longer, because it waits for a client that may come back. */
  get isExcused(): boolean { return false; }

  /** Called once its time is over, with `HANDLER_TIMEOUT`. */
  abstract expire(error: SocketIOError): void;
}

class Meeting extends Deadline {
  constructor(what: string, readonly expire: (error: SocketIOError) => void) {
    super(what);
  }
}

/**
 * Ends the wait for anything that takes too long. All have the same time-out, so they expire in the order of their start, and one timer
 * is enough; it counts its checks, so nobody has to read the clock.
 */
export class Deadlines {
  private eldest: Deadline | undefined;
  private youngest: Deadline | undefined;
  private looks = 0;
  private timer: NodeJS.Timeout | undefined;

  /**
   * @param limit - milliseconds; `Infinity` for as long as it takes
   * @param logThrown - gets late errors
   */
  constructor(private readonly limit: number, private readonly refusals: Refusals, private readonly logThrown: LogThrown) {}

  /** Starts a deadline, which is pending until {@link end} or until it expires. */
  start(deadline: Deadline): void {
    deadline.look = this.looks + PARTS + 1;
    const { youngest } = this;
    deadline.earlier = youngest;
    if (youngest) youngest.later = deadline;
    else this.eldest = deadline;
    this.youngest = deadline;
    if (this.limit < Infinity) this.timer ??= setTimeout(this.check, this.limit / PARTS).unref();
  }

  /** All pending deadlines, the oldest first. */
  get pending(): Deadline[] {
    const pending = [];
    for (let deadline = this.eldest; deadline; deadline = deadline.later) pending.push(deadline);
    return pending;
  }

  /** The awaited result is there. Returns whether it is in time; a late one is to be discarded. */
  end(deadline: Deadline): boolean {
    if (deadline.look === 0) return false;
    deadline.look = 0;
    this.remove(deadline);
    return true;
  }

  /** A pending deadline begins again, because there is progress. */
  renew(deadline: Deadline): void {
    if (this.end(deadline)) this.start(deadline);
  }

  /** It has failed: like {@link end}, but a late error is logged. */
  fail(deadline: Deadline, error: unknown): boolean {
    const isInTime = this.end(deadline);
    if (!isInTime) this.logThrown(error, `${deadline.name}: thrown after config.socketio.limits.handlerTimeout, so the client did not get it`);
    return isInTime;
  }

  /**
   * Resolves to the value of a promise.
   *
   * @param what - for the log
   * @throws {SocketIOError} `HANDLER_TIMEOUT`
   */
  meet<T>(promise: PromiseLike<T>, what: string): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const deadline = new Meeting(what, reject);
      this.start(deadline);
      promise.then(value => {
        if (this.end(deadline)) resolve(value);
      }, error => {
        if (this.fail(deadline, error)) reject(error);
      });
    });
  }

  private remove(deadline: Deadline): void {
    const { earlier, later } = deadline;
    if (earlier) earlier.later = later;
    else this.eldest = later;
    if (later) later.earlier = earlier;
    else this.youngest = earlier;
    deadline.earlier = deadline.later = undefined;
  }

  private refuse(deadline: Deadline): void {
    const { what } = deadline;
    if (deadline.isExcused) {
      this.renew(deadline);
      return;
    }
    this.end(deadline);
    this.refusals.add('handlerTimeout', () => `${what} has not finished within ${this.limit} ms; its result is discarded. See config.socketio.limits.handlerTimeout.`);
    deadline.expire(new SocketIOError('HANDLER_TIMEOUT'));
  }

  private readonly check = (): void => {
    this.looks += 1;
    while (this.eldest && this.eldest.look <= this.looks) this.refuse(this.eldest);
    this.timer = this.eldest && setTimeout(this.check, this.limit / PARTS).unref();
  };
}
