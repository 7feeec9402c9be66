import { startupError } from '../../base/errors';
import { show } from '../../base/issues';
import { unknownKey } from '../../base/similar_names';
import type { OnceOptions } from '../../types/handlers';
import type { OncePlan } from './types';

/** As long as a client may be away with connection state recovery. */
const DEFAULT_KEEP = 120_000;
const LONGEST_KEEP = 24 * 60 * 60 * 1000;

/** The property of the first argument that is the key by default. */
const PROPERTY = 'idempotencyKey';

function keyOfFirst(first: unknown): unknown {
  return typeof first === 'object' && first !== null ? (first as Record<string, unknown>)[PROPERTY] : undefined;
}

/**
 * Checks the option `once` of a message.
 *
 * @param where - for messages
 * @param isStream - whether the method returns an async iterable
 * @return `undefined` for an event that is handled as often as it comes
 * @throws {SocketIOError} `INVALID_CONTROLLER`
 */
export function planOnce(option: unknown, where: string, isStream: boolean): OncePlan | undefined {
  if (option === undefined || option === false) return undefined;
  const fail = (message: string): never => { throw startupError('INVALID_CONTROLLER', `${where}: ${message}`); };
  if (isStream) fail('a stream has no single answer that could be repeated. Remove once, or return one value.');
  if (option !== true && (typeof option !== 'object' || option === null || Array.isArray(option))) {
    fail(`expected true, false or an object with { key, by, for }, but got ${show(option)}.`);
  }
  const { key, by = 'session', for: keep = DEFAULT_KEEP, ...rest } = (option === true ? {} : option) as OnceOptions;
  for (const name of Object.keys(rest)) fail(unknownKey(name, [ 'key', 'by', 'for' ]));
  if (key !== undefined && typeof key !== 'function') fail(`expected key to be a function (...args) => string, but got ${show(key)}.`);
  if (by !== 'session' && typeof by !== 'function') fail(`expected by to be 'session' or a function (ctx) => string, but got ${show(by)}.`);
  if (typeof keep !== 'number' || !Number.isInteger(keep) || keep < 1 || keep > LONGEST_KEEP) {
    fail(`expected for to be a whole number of milliseconds from 1 to ${LONGEST_KEEP}, but got ${show(keep)}.`);
  }
  return {
    // Before validation, which may remove the property.
    keyOf: key ? ctx => key(...ctx.args) : (_ctx, [ first ]) => keyOfFirst(first),
    keyPlace: key ? 'the result of the function key of its option once' : `${PROPERTY} of its first argument`,
    scopeOf: by === 'session' ? () => undefined : by,
    keep,
  };
}
