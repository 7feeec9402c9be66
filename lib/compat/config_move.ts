import type { Agent, Application as EggApplication } from 'egg';
import { moveConfig } from './config';
import { warnOfOldCalls } from './old_calls';

/** The move of `config.io` to `config.socketio` in one process, and what is wrong with it. */
export class ConfigMove {
  private problem: { readonly thrown: unknown } | undefined;

  constructor(private readonly app: EggApplication | Agent) {}

  /** Moves the options, before the hook in which the plugin socketio reads them. In Egg 4, an error of that hook ends the process. */
  run(): void {
    try {
      moveConfig(this.app);
    } catch (thrown) {
      this.problem = { thrown };
    }
  }

  /**
   * Call it in a hook whose errors stop the start.
   *
   * @throws {SocketIOError} `INVALID_CONFIG`
   */
  report({ warn }: { warn: boolean }): void {
    if (this.problem) throw this.problem.thrown;
    if (warn) warnOfOldCalls(this.app);
  }
}
