/** What a promise gives, or `late` if it takes longer than so many milliseconds. */
export async function deadline<T, L>(promise: Promise<T>, limit: number, late: L): Promise<T | L> {
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<L>(resolve => { timer = setTimeout(resolve, limit, late); });
  return Promise.race([ promise, expired ]).finally(() => clearTimeout(timer));
}
