import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { ownOptions } from '../support/quick_start';

/** The example's folder. */
export const EXAMPLE = path.join(__dirname, '../../example/chat');

/** The example, started as `npm start` does it: a process of its own, in which nothing of the test's is set. */
export class ChatProcess {
  /** All that it has printed. */
  output = '';
  private readonly child: ChildProcess;
  private readonly exited: Promise<number>;

  /** @param folder - the example, or a copy of it */
  constructor(env: Record<string, string>, folder = EXAMPLE) {
    const { PATH, HOME, TMPDIR = '/tmp', LATE_SEED } = process.env;
    const own = { PATH, HOME, TMPDIR, LATE_SEED, NODE_OPTIONS: ownOptions() };
    this.child = spawn(process.execPath, [ path.join(folder, 'start.js') ], { env: { ...own, ...env }, stdio: [ 'ignore', 'pipe', 'pipe' ] });
    for (const stream of [ this.child.stdout!, this.child.stderr! ]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
        this.child.emit('printed');
      });
    }
    this.exited = once(this.child, 'close').then(([ code ]) => code as number);
  }

  /**
   * Waits for the line with the address.
   *
   * @return the address
   * @throws with all that was printed, if the process ends instead
   */
  async address(): Promise<string> {
    for (;;) {
      const found = /^chat example: (http:\S+)$/m.exec(this.output);
      if (found) return found[1];
      const ended = await Promise.race([ once(this.child, 'printed').then(() => false), this.exited.then(() => true) ]);
      if (ended) throw new Error(`the chat example ended instead of starting:\n${this.output}`);
    }
  }

  /** Resolves to the exit code. */
  async end(): Promise<number> {
    return this.exited;
  }

  /** Ends it, as a terminal (`SIGINT`) or a supervisor (`SIGTERM`) does, and resolves to the exit code. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number> {
    this.child.kill(signal);
    return this.exited;
  }
}
