/**
 * Waits for a promise for a limited time.
 *
 * @param milliseconds - the limit
 * @param late - returns the result when the time is over; it may throw. Default: `undefined`
 */
export async function atMost<T, Late = undefined>(milliseconds: number, promise: Promise<T>, late?: () => Late): Promise<T | Late> {
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<Late>((resolve, reject) => {
    timer = setTimeout(() => {
      try {
        resolve(late?.() as Late);
      } catch (error) {
        reject(error);
      }
    }, milliseconds);
  });
  try {
    return await Promise.race([ promise, expired ]);
  } finally {
    // A running timer would keep the process from ending.
    clearTimeout(timer);
  }
}
