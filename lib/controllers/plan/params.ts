import { startupError } from '../../base/errors';
import { ordinal } from '../../base/ordinal';
import type { ParamRecord, ParamSource } from '../decorator/metadata';

export type { ParamSource };

/** The parameters of a method with parameter decorators. */
export interface ParamsPlan {
  /** The source of each parameter, in order. */
  readonly sources: readonly ParamSource[];
  /** The index of the first of the client's other arguments, which come after them; `undefined` if none do. */
  readonly rest: number | undefined;
}

/**
 * Plans the parameters of a method, `undefined` if none has a decorator. Without `@Arg()`, the other parameters get the client's
 * arguments in their order.
 *
 * @param length - the method's, which does not count parameters with a default
 * @param label - the method, for messages
 * @throws {SocketIOError} `INVALID_CONTROLLER`
 */
export function planParams(records: readonly ParamRecord[], length: number, label: string): ParamsPlan | undefined {
  if (records.length === 0) return undefined;
  const given = new Map<number, ParamSource>();
  for (const { index, source } of records) {
    if (given.has(index)) throw startupError('INVALID_CONTROLLER', `${label}: the ${ordinal(index)} parameter has two decorators. Remove one.`);
    given.set(index, source);
  }
  const hasArg = records.some(({ source }) => typeof source === 'number');
  let next = 0;
  const sources = Array.from({ length: Math.max(length, ...[ ...given.keys() ].map(index => index + 1)) }, (_, index) => {
    const source = given.get(index);
    if (source !== undefined) return source;
    if (!hasArg) return next++;
    throw startupError('INVALID_CONTROLLER', `${label}: the ${ordinal(index)} parameter has no decorator, but another one has @Arg(). Add @Arg(n), or remove @Arg() from`
      + ' all parameters: they then get the arguments in order.');
  });
  return { sources, rest: hasArg ? undefined : next };
}
