import type { EggLogger } from 'egg';
import { SocketIOError } from '../errors';
import type { Refusals } from './refusals';

interface Deadline {
  readonly at: number;
  readonly expire: () => void;
}

/**
 * Ends the waiting for what takes too long. All have the same time, so that they expire in the order in which they came, and
 * one timer is enough.
 */
export class Deadlines {
  private readonly waiting = new Set<Deadline>();
  private timer: NodeJS.Timeout | undefined;

  /** @param limit - milliseconds; `Infinity` for as long as it takes */
  constructor(private readonly limit: number, private readonly refusals: Refusals, private readonly logger: EggLogger) {}

  /**
   * Gives what a promise gives. What comes too late is thrown away, an error of it logged.
   *
   * @param what - for the log
   * @throws {SocketIOError} `HANDLER_TIMEOUT`
   */
  meet<T>(promise: PromiseLike<T>, what: string): PromiseLike<T> {
    if (this.limit === Infinity) return promise;
    return new Promise<T>((resolve, reject) => {
      const deadline = { at: performance.now() + this.limit, expire: () => reject(this.refuse(what)) };
      this.waiting.add(deadline);
      this.timer ??= setTimeout(this.check, this.limit).unref();
      promise.then(value => {
        this.waiting.delete(deadline);
        resolve(value);
      }, error => {
        if (!this.waiting.delete(deadline)) this.logger.error(error);
        reject(error);
      });
    });
  }

  private refuse(what: string): SocketIOError {
    this.refusals.add('handlerTimeout', () => `${what} has not finished within ${this.limit} ms; its answer is thrown away. See config.socketio.limits.handlerTimeout.`);
    return new SocketIOError('HANDLER_TIMEOUT');
  }

  private readonly check = (): void => {
    const now = performance.now();
    this.timer = undefined;
    for (const deadline of this.waiting) {
      if (deadline.at > now) {
        this.timer = setTimeout(this.check, deadline.at - now).unref();
        return;
      }
      this.waiting.delete(deadline);
      deadline.expire();
    }
  };
}
