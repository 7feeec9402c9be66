/** The errors of connecting to an endpoint on which nobody listens: the process is gone. */
const REFUSED: ReadonlySet<string | undefined> = new Set([ 'ENOENT', 'ECONNREFUSED', 'ENOTSOCK' ]);
/** The errors of a connection that the other side has closed, before or after it has accepted it. */
const RESET: ReadonlySet<string | undefined> = new Set([ 'ECONNRESET', 'EPIPE' ]);

/**
 * Whether nobody listens on an endpoint. Only this proves that a process is gone: one that is busy (EAGAIN), or that has no file
 * descriptors left and closes each new connection (ECONNRESET), still has its sessions.
 */
export function isRefused({ code }: NodeJS.ErrnoException): boolean {
  return REFUSED.has(code);
}

/** Whether the other side has cut a connection off: it may be about to end, or have no file descriptors left. */
export function isCutOff({ code }: NodeJS.ErrnoException): boolean {
  return RESET.has(code);
}

/** Whether an error is one of those that the end of a process causes, which is the normal end of a worker. A busy worker is not gone. */
export function isGone(error: NodeJS.ErrnoException): boolean {
  return isRefused(error) || isCutOff(error);
}
