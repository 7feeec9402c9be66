import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { userEnvironment } from './command';

/** A server for development that runs until it is stopped, in a terminal as it were. */
export class DevServer {
  /** All that it has printed. */
  output = '';
  private readonly child: ChildProcess;
  private readonly ended: Promise<unknown>;

  private constructor(cwd: string, args: readonly string[], env: Record<string, string>) {
    // A group of its own, as a terminal makes for a command.
    this.child = spawn('npm', args, { cwd, env: { ...userEnvironment(), ...env }, stdio: [ 'ignore', 'pipe', 'pipe' ], detached: true });
    for (const stream of [ this.child.stdout!, this.child.stderr! ]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
        this.child.emit('printed');
      });
    }
    this.ended = once(this.child, 'close');
  }

  /**
   * Starts it.
   *
   * @return once Egg says that it has started
   * @throws {Error} with all that was printed, if it ends instead or takes more than a minute
   */
  static async start(cwd: string, args: readonly string[], env: Record<string, string>): Promise<DevServer> {
    const server = new DevServer(cwd, args, env);
    const deadline = AbortSignal.timeout(60_000);
    const over = server.ended.then(() => { throw new Error(`ended instead of starting (in ${cwd}):\n${server.output}`); });
    over.catch(() => undefined);
    while (!/egg started on http/.test(server.output)) {
      try {
        await Promise.race([ once(server.child, 'printed', { signal: deadline }), over ]);
      } catch (error) {
        if (!deadline.aborted) throw error;
        await server.stop();
        throw new Error(`not started within a minute (in ${cwd}):\n${server.output}`);
      }
    }
    return server;
  }

  /** Ctrl-C: every process of the terminal gets it. Resolves when all of them have ended. */
  async stop(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) process.kill(-this.child.pid!, 'SIGINT');
    const timer = setTimeout(() => { process.kill(-this.child.pid!, 'SIGKILL'); }, 20_000);
    await this.ended;
    clearTimeout(timer);
  }
}
