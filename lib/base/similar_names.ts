/** The number of characters of a name that are compared. */
const MOST_CHARACTERS = 100;

/** Returns the edit distance of two texts, ignoring case. Two neighbours in the wrong order are one edit, as in `burts` for `burst`. */
export function distanceBetween(one: string, other: string): number {
  const [ a, b ] = [ one, other ].map(text => text.slice(0, MOST_CHARACTERS).toLowerCase());
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 0; i < a.length; i++) {
    const next = [ i + 1 ];
    for (let j = 0; j < b.length; j++) {
      const isSwapped = i > 0 && j > 0 && a[i] === b[j - 1] && a[i - 1] === b[j];
      next.push(Math.min(next[j] + 1, row[j + 1] + 1, row[j] + (a[i] === b[j] ? 0 : 1), isSwapped ? before[j - 1] + 1 : Infinity));
    }
    before = row;
    row = next;
  }
  return row[b.length];
}

/**
 * Returns the end of a message about an unknown name: ` Did you mean '…'?`, or nothing if no known name is similar.
 *
 * @param known - the names that exist
 * @param show - formats the one that is similar
 */
export function didYouMean(name: string, known: Iterable<string>, show = (nearest: string) => `'${nearest}'`): string {
  const near = [ ...known ].map(candidate => ({ candidate, distance: distanceBetween(name, candidate) }));
  const least = near.reduce((min, { distance }) => Math.min(min, distance), Infinity);
  if (least > Math.max(1, name.length / 3)) return '';
  return ` Did you mean ${near.filter(({ distance }) => distance === least).map(({ candidate }) => show(candidate)).join(' or ')}?`;
}

/** Like {@link didYouMean}, but lists all known names if none is similar, after `title`. */
export function didYouMeanOr(title: string, name: string, known: readonly string[]): string {
  return didYouMean(name, known) || ` ${title} ${known.join(', ')}.`;
}

/** The message about an unknown key. */
export function unknownKey(key: string, known: readonly string[]): string {
  return `unknown key '${key}'.${didYouMeanOr('Known keys:', key, known)}`;
}
