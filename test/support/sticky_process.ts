import { type ChildProcess, spawn } from 'node:child_process';
import { on, once } from 'node:events';
import path from 'node:path';

/** What a {@link sticky_worker} says. */
export type WorkerMessage = { port: number } | 'asked' | 'short of descriptors' | 'has descriptors';

/** A {@link sticky_worker}. */
export class StickyProcess {
  private constructor(readonly tag: string, private readonly child: ChildProcess, readonly port: number) {}

  /** @param descriptors - how many the process may have; default: as many as this one */
  static async start(tag: string, folder: string, descriptors?: number): Promise<StickyProcess> {
    const limit = descriptors ? `ulimit -n ${descriptors}; ` : '';
    const command = [ process.execPath, '-r', 'tsx/cjs', path.join(__dirname, 'sticky_worker.ts'), tag, folder ];
    const child = spawn('sh', [ '-c', `${limit}exec "$0" "$@"`, ...command ], { stdio: [ 'inherit', 'inherit', 'inherit', 'ipc' ] });
    const [{ port }] = await once(child, 'message') as [{ port: number }];
    return new StickyProcess(tag, child, port);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Waits until the process says something. */
  async says(wanted: WorkerMessage): Promise<void> {
    for await (const [ message ] of on(this.child, 'message') as AsyncIterable<[WorkerMessage]>) {
      if (message === wanted) return;
    }
  }

  /** Leaves the process no descriptor, or gives it those back that it has used up. */
  async leaveDescriptors(some: boolean): Promise<void> {
    this.child.send(some);
    await this.says(some ? 'has descriptors' : 'short of descriptors');
  }

  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill('SIGKILL');
    await once(this.child, 'exit');
  }
}
