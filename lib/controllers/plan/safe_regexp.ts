import { lazy } from '../../base/lazy';

/** The parts of a parsed RegExp that are used here. A repetition has limits and a value, a group and the whole a stack or options. */
interface Token {
  readonly min?: number;
  readonly max?: number;
  readonly value?: Token | number;
  readonly stack?: readonly Token[];
  readonly options?: readonly (readonly Token[])[];
}

// Loaded for the first RegExp only: most apps have none.
const parser = lazy(() => require('ret') as (source: string) => Token);

/** The longest name that a RegExp is tried on. */
export const LONGEST_TRIED = 128;
/** About four times those of three repetitions without an upper limit, one after the other. Trying them all takes milliseconds. */
const MOST_WAYS = 2 ** 23;

function product(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a * b, 1);
}

/** Repeating something with several ways multiplies them: `(a|a)*` and `(a+)+` have more than any machine can try. */
function waysOfRepetition(ways: number, min: number, max: number): number {
  const most = Math.max(min, Math.min(max, LONGEST_TRIED));
  if (ways === 1) return most - min + 1;
  let sum = 0;
  for (let times = min; times <= most; times += 1) sum += ways ** times;
  return sum;
}

/** The number of ways to match a part, at most: backtracking can try all of them before it gives up. */
function waysOf({ min, max, value, stack, options }: Token): number {
  if (typeof value === 'object' && min !== undefined) return waysOfRepetition(waysOf(value), min, max!);
  if (options) return options.map(tokens => product(tokens.map(waysOf))).reduce((a, b) => a + b);
  return product((stack ?? []).map(waysOf));
}

/** Whether a match can only begin at the beginning of the name. */
function isAnchored({ source, flags }: RegExp, { options }: Token): boolean {
  return source.startsWith('^') && !options && !flags.includes('m');
}

/**
 * Returns why a RegExp may take very long on a name that a client could send, in a sentence; `undefined` if it cannot. It is a bound, so
 * it may refuse a RegExp that is fast, but accepts none that is slow.
 */
export function whyUnsafe(regExp: RegExp): string | undefined {
  if (regExp.flags.includes('v')) return 'The flag v cannot be checked: use the flag u.';
  let root: Token;
  try {
    root = parser()(regExp.source);
  } catch {
    return 'It has a part that cannot be checked: write it with simpler parts.';
  }
  const ways = waysOf(root) * (isAnchored(regExp, root) ? 1 : LONGEST_TRIED);
  if (ways <= MOST_WAYS) return undefined;
  return 'Begin it with ^, repeat sets of characters instead of groups ([a-z.]+ instead of ([a-z]+-?)+), and limit the repetitions ({1,20} instead of +).';
}
