import type { SocketIOConfig } from '../types';

/** `origin` of the cors package: https://github.com/expressjs/cors#configuration-options */
export type OriginRule = boolean | string | RegExp | readonly OriginRule[] | OriginFunction;
type OriginFunction = (origin: string | undefined, callback: (error: Error | null, rule?: OriginRule) => void) => void;
type Cors = SocketIOConfig['cors'] | boolean;
/** `cors` that is asked for its options, for each request. */
export type CorsFunction = Extract<Cors, (...args: never[]) => unknown>;

type Settle<T> = (error: unknown, result?: T) => void;

/**
 * Makes functions in `config.socketio.cors` harmless: an error of theirs, which Engine.IO would answer to everybody or let end
 * the worker, is logged and allows nobody. They are not asked about a request without an origin.
 *
 * @return to be Socket.IO's `cors`
 */
export function guardCors(cors: Cors, onError: (error: unknown) => void): Cors {
  /** Calls a function of the app that is to call back; what it throws counts as what it calls back with. */
  function ask<T>(call: (settle: Settle<T>) => void, done: (result: T | undefined) => void): void {
    const settle: Settle<T> = (error, result) => {
      if (error) onError(error);
      done(error ? undefined : result);
    };
    try {
      call(settle);
    } catch (error) {
      settle(error);
    }
  }

  function guardOptions(options: object | undefined): object | undefined {
    const { origin } = (options ?? {}) as { origin?: OriginRule };
    if (typeof origin !== 'function') return options;
    const guarded: OriginFunction = (name, callback) => {
      if (name === undefined) callback(null, false);
      else ask<OriginRule>(settle => origin(name, settle), rule => callback(null, rule ?? false));
    };
    return { ...options, origin: guarded };
  }

  if (typeof cors === 'object') return guardOptions(cors);
  if (typeof cors !== 'function') return cors;
  const guarded: CorsFunction = (req, callback) => {
    if (req.headers.origin === undefined) callback(null, { origin: false });
    else ask<object>(settle => cors(req, settle as never), options => callback(null, guardOptions(options) ?? { origin: false }));
  };
  return guarded;
}
