import type { LogThrown } from '../base/app_code';
import { isThenable } from '../base/thenable';
import type { Refusals } from './refusals';

/** The arguments of the callback. */
type Settle<T> = (error: unknown, result?: T) => void;

/**
 * Calls a function of the app that has a callback.
 *
 * @param name - the function's key in the configuration, for the log
 * @param call - calls it
 * @param done - is called once, with the function's first answer; with `undefined` if it fails or does not answer in time
 */
export type AskApp = <T>(name: string, call: (settle: Settle<T>) => unknown, done: (result: T | undefined) => void) => void;

/**
 * Returns a caller for the app's own functions that decide about requests. Engine.IO leaves a request open for ever if the function does
 * not call back, answers it twice if the function calls back twice, and lets a thrown error end the worker.
 *
 * @param limit - milliseconds that a function may take
 * @param logThrown - gets errors that a function throws, rejects with or calls back with
 */
export function createAskApp(limit: number, refusals: Refusals, logThrown: LogThrown): AskApp {
  return <T>(name: string, call: (settle: Settle<T>) => unknown, done: (result: T | undefined) => void) => {
    let isOver = false;
    let timer: NodeJS.Timeout | undefined;
    const settle: Settle<T> = (error, result) => {
      if (error) logThrown(error, isOver ? `${name} failed after it had answered or timed out` : `${name} failed and allowed nothing`);
      if (isOver) return;
      isOver = true;
      clearTimeout(timer);
      done(error ? undefined : result);
    };
    try {
      const returned = call(settle);
      if (isThenable(returned)) returned.then(undefined, (error: unknown) => settle(error ?? new Error(`${name} rejected with ${String(error)}`)));
    } catch (error) {
      settle(error ?? new Error(`${name} threw ${String(error)}`));
    }
    if (isOver || limit === Infinity) return;
    timer = setTimeout(() => {
      isOver = true;
      refusals.add('handshakeTimeout', () => `refused a request because ${name} did not call back within ${limit} ms (config.socketio.limits.handshakeTimeout).`);
      done(undefined);
    }, limit);
  };
}
