import { startupError } from '../../base/errors';
import { show } from '../../base/issues';
import { unknownKey } from '../../base/similar_names';
import type { StreamPlan } from './types';

const DEFAULT_WINDOW = 16;
/** A client keeps as many items, and a worker has sent them for nothing if the client leaves. */
const LARGEST_WINDOW = 1000;

/** Whether a function is an async generator, as it is written: one that a compiler has turned into another function is not. */
export function isAsyncGenerator(method: unknown): boolean {
  return Object.prototype.toString.call(method) === '[object AsyncGeneratorFunction]';
}

/**
 * Checks the option `stream` of a message.
 *
 * @param where - for messages
 * @return `undefined` if the method returns one value
 * @throws {SocketIOError} `INVALID_CONTROLLER`
 */
export function planStream(option: unknown, method: unknown, where: string): StreamPlan | undefined {
  const wanted = option ?? isAsyncGenerator(method);
  if (wanted === false) return undefined;
  if (wanted === true) return { window: DEFAULT_WINDOW };
  if (typeof wanted !== 'object' || wanted === null || Array.isArray(wanted)) {
    throw startupError('INVALID_CONTROLLER', `${where}: expected true, false or an object with { window }, but got ${show(wanted)}.`);
  }
  const { window = DEFAULT_WINDOW, ...rest } = wanted as { window?: unknown };
  for (const key of Object.keys(rest)) throw startupError('INVALID_CONTROLLER', `${where}: ${unknownKey(key, [ 'window' ])}`);
  if (typeof window !== 'number' || !Number.isInteger(window) || window < 1 || window > LARGEST_WINDOW) {
    throw startupError('INVALID_CONTROLLER', `${where}: expected window to be a whole number from 1 to ${LARGEST_WINDOW}, but got ${show(window)}.`);
  }
  return { window };
}
