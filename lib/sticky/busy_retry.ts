/** Milliseconds between attempts, and how many there are. */
const INTERVAL = 50;
const ATTEMPTS = 200;

/**
 * A Unix-domain socket refuses connections with EAGAIN while its owner is too busy to take those that wait, where a TCP
 * client would just wait on. That owner lives, and so do its sessions.
 */
export class BusyRetry {
  private left = ATTEMPTS;
  private timer: NodeJS.Timeout | undefined;

  /** Whether an error means that another attempt is worth it. */
  isBusy(error: NodeJS.ErrnoException): boolean {
    return error.code === 'EAGAIN' && error.syscall === 'connect' && this.left > 0;
  }

  later(attempt: () => void): void {
    this.left -= 1;
    this.timer = setTimeout(attempt, INTERVAL);
  }

  cancel(): void {
    clearTimeout(this.timer);
  }
}
