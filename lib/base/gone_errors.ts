/** The errors of connecting or writing to a worker whose process is gone. */
const GONE: ReadonlySet<string | undefined> = new Set([ 'ENOENT', 'ECONNREFUSED', 'ENOTSOCK', 'ECONNRESET', 'EPIPE' ]);

/** Whether an error means that the process is gone, which is the normal end of a worker. A busy worker (EAGAIN) is not gone. */
export function isGone({ code }: NodeJS.ErrnoException): boolean {
  return GONE.has(code);
}
