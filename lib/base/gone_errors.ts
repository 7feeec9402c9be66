/** What connecting to a worker, or writing to it, fails with when its process has gone. */
const GONE: ReadonlySet<string | undefined> = new Set([ 'ENOENT', 'ECONNREFUSED', 'ENOTSOCK', 'ECONNRESET', 'EPIPE' ]);

/** Whether an error says that nobody is there any more, which is the ordinary end of a worker. Not so if it is too busy (EAGAIN). */
export function isGone({ code }: NodeJS.ErrnoException): boolean {
  return GONE.has(code);
}
