import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

/** A {@link sticky_worker}. */
export class StickyProcess {
  private constructor(readonly tag: string, private readonly child: ChildProcess, readonly port: number) {}

  static async start(tag: string, folder: string): Promise<StickyProcess> {
    const child = fork(path.join(__dirname, 'sticky_worker.ts'), [ tag, folder ], { execArgv: [ '-r', 'ts-node/register/transpile-only' ] });
    const [{ port }] = await once(child, 'message');
    return new StickyProcess(tag, child, port);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill('SIGKILL');
    await once(this.child, 'exit');
  }
}
