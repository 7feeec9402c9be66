/** Milliseconds between attempts, and their number. */
const INTERVAL = 50;
const ATTEMPTS = 200;

/**
 * Error codes of a temporary failure to connect. A Unix-domain socket refuses connections with EAGAIN while its owner is too busy to
 * accept the waiting ones, where a TCP client would just wait. The others mean that this process, or the machine, has no more files or
 * memory for a connection.
 */
const FOR_NOW = new Set([ 'EAGAIN', 'EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM' ]);

/** Whether a failure to connect is temporary: the owner lives, and so do its sessions. */
export function isForNow({ code = '', syscall }: NodeJS.ErrnoException): boolean {
  return syscall === 'connect' && FOR_NOW.has(code);
}

/** Connects again after a while, so that clients do not notice a temporary failure: most of them would start a new session. */
export class BusyRetry {
  private left = ATTEMPTS;
  private timer: NodeJS.Timeout | undefined;

  /** Whether another attempt makes sense after an error. */
  isBusy(error: NodeJS.ErrnoException): boolean {
    return isForNow(error) && this.left > 0;
  }

  later(attempt: () => void): void {
    this.left -= 1;
    this.timer = setTimeout(attempt, INTERVAL);
  }

  cancel(): void {
    clearTimeout(this.timer);
  }
}
