const WORDS = [ 'first', 'second', 'third', 'fourth', 'fifth', 'sixth', 'seventh', 'eighth', 'ninth', 'tenth' ];

/** Names a position in a list, which the index of a parameter would not: 'the first parameter', not 'parameter 0'. */
export function ordinal(index: number): string {
  return WORDS[index] ?? `${index + 1}th`;
}
