import { startupError } from '../../base/errors';
import { show } from '../../base/issues';
import { unknownKey } from '../../base/similar_names';
import type { ControllerOptions, MessageOptions } from '../../types/handlers';

/** The options of `@WSController()`. */
export const CONTROLLER_OPTIONS = [
  'connectionMiddleware', 'middleware', 'outgoing', 'filters',
] as const satisfies (keyof ControllerOptions)[];

/** The options of `@OnWSMessage()`. */
export const MESSAGE_OPTIONS = [ 'middleware', 'filters', 'args', 'returns', 'stream', 'once' ] as const satisfies (keyof MessageOptions)[];

const MIDDLEWARE = 'expected an array of functions and of file names in app/socket/middleware, but got';
const POLICIES = 'expected an array of functions and classes, but got';
const OBJECT = 'expected an object, but got';

/** The messages about options that have no check of their own, by their keys. */
const MESSAGES: Readonly<Record<string, string>> = {
  connectionMiddleware: MIDDLEWARE, middleware: MIDDLEWARE,
  outgoing: 'expected an array of functions, but got',
  guards: POLICIES, interceptors: POLICIES, filters: POLICIES,
  patterns: 'expected an array of objects with event and handler, but got',
  messages: OBJECT, metadata: OBJECT,
};

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Checks the keys of an object of options, and that those which have to be arrays or objects are. A misspelt key for a guard or a schema
 * would leave a handler without it.
 *
 * @param known - the keys that it may have
 * @param where - for messages; empty for a definition of the plain form, whose file the loader adds
 * @throws {SocketIOError} `INVALID_CONTROLLER`
 */
export function checkOptions(options: unknown, known: readonly string[], where = ''): void {
  const fail = (message: string): never => { throw startupError('INVALID_CONTROLLER', where ? `${where}: ${message}` : message); };
  if (!isObject(options)) return fail(`expected the options to be an object, but got ${show(options)}.`);
  for (const [ key, value ] of Object.entries(options)) {
    if (!known.includes(key)) fail(unknownKey(key, known));
    const message = MESSAGES[key];
    if (message === undefined || value === undefined) continue;
    if (message === OBJECT ? !isObject(value) : !Array.isArray(value)) fail(`${key}: ${message} ${show(value)}.`);
  }
}
