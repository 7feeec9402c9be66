import type { IncomingMessage } from 'node:http';
import type { ServerOptions } from 'socket.io';
import type { AskApp } from './ask_app';

/** `origin` of the cors package, without a function: https://github.com/expressjs/cors#configuration-options */
export type OriginRule = boolean | string | RegExp | readonly OriginRule[];
type OriginFunction = (origin: string | undefined, callback: (error: Error | null, rule?: OriginRule) => void) => unknown;
/** Options of the cors package from an app, or from its function's callback. */
interface CorsOptions { origin?: OriginRule | OriginFunction }
/** `config.socketio.cors`. */
export type Cors = ServerOptions['cors'] | boolean;
/** A `cors` function that is called for the options of each request. */
export type CorsFunction = (req: IncomingMessage, callback: (error: Error | null, options?: object) => void) => unknown;
type Answered = (options: object) => void;

const NOBODY = Object.freeze({ origin: false });

/**
 * Makes functions in `config.socketio.cors` safe: their errors, which Engine.IO would send to everybody or let end the worker, are logged
 * and allow nobody, and so does a function that does not answer. They are called once per request, and not for one without an origin.
 *
 * @return Socket.IO's `cors`; a function returns options whose `origin` is not a function
 */
export function guardCors(cors: Cors, ask: AskApp): Cors {
  function resolveOrigin(options: CorsOptions | undefined, asked: string, done: Answered): void {
    const { origin } = options ?? {};
    if (typeof origin !== 'function') {
      done(options ?? NOBODY);
      return;
    }
    ask<OriginRule>('config.socketio.cors.origin', settle => origin(asked, settle), (rule = false) => done({ ...options, origin: rule }));
  }

  function resolve(req: IncomingMessage, origin: string, done: Answered): void {
    if (typeof cors !== 'function') {
      resolveOrigin(cors as CorsOptions, origin, done);
      return;
    }
    ask<CorsOptions>('config.socketio.cors', settle => (cors as CorsFunction)(req, settle as never), options => resolveOrigin(options, origin, done));
  }

  const isAsked = typeof cors === 'function' || (typeof cors === 'object' && typeof (cors as CorsOptions | null)?.origin === 'function');
  if (!isAsked) return cors;
  /** The result for a request, or the callbacks waiting for it: the cors package and the origin check ask about the same one. */
  const answers = new WeakMap<IncomingMessage, object | Answered[]>();
  const guarded: CorsFunction = (req, callback) => {
    const { origin } = req.headers;
    if (origin === undefined) {
      callback(null, NOBODY);
      return;
    }
    const known = answers.get(req);
    if (Array.isArray(known)) {
      known.push(options => callback(null, options));
    } else if (known) {
      callback(null, known);
    } else {
      const waiting: Answered[] = [ options => callback(null, options) ];
      answers.set(req, waiting);
      resolve(req, origin, options => {
        answers.set(req, options);
        for (const answer of waiting) answer(options);
      });
    }
  };
  return guarded as Cors;
}
