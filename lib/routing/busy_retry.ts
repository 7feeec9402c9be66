/** Milliseconds between attempts, and how many there are. */
const INTERVAL = 50;
const ATTEMPTS = 200;

/**
 * What says that connecting fails for now. A Unix-domain socket refuses connections with EAGAIN while its owner is too busy to take those
 * that wait, where a TCP client would just wait on. The others say that this process, or the machine, has no more files or memory for a
 * connection.
 */
const FOR_NOW = new Set([ 'EAGAIN', 'EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM' ]);

/** Whether connecting has failed for a reason that will pass: the owner lives, and so do its sessions. */
export function isForNow({ code = '', syscall }: NodeJS.ErrnoException): boolean {
  return syscall === 'connect' && FOR_NOW.has(code);
}

/** Connects again after a while, so that no client hears of what passes: most of them begin anew if they do. */
export class BusyRetry {
  private left = ATTEMPTS;
  private timer: NodeJS.Timeout | undefined;

  /** Whether an error means that another attempt is worth it. */
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
