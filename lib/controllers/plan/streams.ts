import { startupError } from '../../base/errors';
import { show } from '../../base/issues';
import { unknownKey } from '../../base/similar_names';
import type { StreamPlan } from './types';

const DEFAULT_WINDOW = 16;
/** A client keeps as many items, and a worker has sent them for nothing if the client leaves. */
const LARGEST_WINDOW = 1000;
const TIME = /^(\d+)\s*(ms|s|m|h)$/;
const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const LONGEST_RESUME = 24 * UNITS.h;

/** Returns milliseconds; `NaN` for anything else than a number or a time. */
function timeOf(value: unknown): number {
  if (typeof value === 'number') return Number.isInteger(value) ? value : NaN;
  const [ , number, unit ] = typeof value === 'string' ? TIME.exec(value) ?? [] : [];
  return Number(number) * UNITS[unit];
}

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
  if (wanted === true) return { window: DEFAULT_WINDOW, resume: 0 };
  if (typeof wanted !== 'object' || wanted === null || Array.isArray(wanted)) {
    throw startupError('INVALID_CONTROLLER', `${where}: expected true, false or an object with { window, resume }, but got ${show(wanted)}.`);
  }
  const { window = DEFAULT_WINDOW, resume = 0, ...rest } = wanted as { window?: unknown; resume?: unknown };
  for (const key of Object.keys(rest)) throw startupError('INVALID_CONTROLLER', `${where}: ${unknownKey(key, [ 'window', 'resume' ])}`);
  if (typeof window !== 'number' || !Number.isInteger(window) || window < 1 || window > LARGEST_WINDOW) {
    throw startupError('INVALID_CONTROLLER', `${where}: expected window to be a whole number from 1 to ${LARGEST_WINDOW}, but got ${show(window)}.`);
  }
  const time = timeOf(resume);
  if (!(time >= 0 && time <= LONGEST_RESUME)) {
    throw startupError('INVALID_CONTROLLER', `${where}: expected resume to be milliseconds or a time such as '2m' (ms, s, m or h), up to 24 hours, but got ${show(resume)}.`);
  }
  return { window, resume: time };
}
