import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { compiledSupport } from '../compiled_plugin';
import { ownOptions } from '../quick_start';

type Said = Record<string, unknown>;

/** A process with a {@link link_worker}, and a queue of what it has said. */
export class LinkProcess {
  tag = '';
  /** Whether it is the first worker that has loaded what it has. */
  first = false;
  private readonly said: Said[] = [];
  private waiting: { matches: (said: Said) => boolean; resolve: (said: Said) => void }[] = [];

  private constructor(readonly child: ChildProcess) {
    child.on('message', message => {
      const said = message as Said;
      const index = this.waiting.findIndex(({ matches }) => matches(said));
      if (index >= 0) this.waiting.splice(index, 1)[0].resolve(said);
      else this.said.push(said);
    });
  }

  /** @param loaded - a digest of what it has loaded */
  static async start(key: string, loaded = ''): Promise<LinkProcess> {
    const file = path.join(compiledSupport(), 'workers/link_worker.js');
    const link = new LinkProcess(fork(file, [ key, loaded ], { execArgv: [], env: { ...process.env, NODE_OPTIONS: ownOptions() } }));
    Object.assign(link, await link.next('tag').then(({ tag, first }) => ({ tag, first })));
    return link;
  }

  /** The next thing said with this key, and this value if one is given. */
  async next(key: string, value?: unknown): Promise<Said> {
    const matches = (said: Said) => key in said && (value === undefined || said[key] === value);
    const index = this.said.findIndex(matches);
    if (index >= 0) return this.said.splice(index, 1)[0];
    return new Promise(resolve => { this.waiting.push({ matches, resolve }); });
  }

  /** Whether something with this key has been said that nobody has taken yet. */
  hasSaid(key: string): boolean {
    return this.said.some(said => key in said);
  }

  say(command: object): void {
    this.child.send(command);
  }

  async peers(): Promise<unknown> {
    this.say({ peers: true });
    return (await this.next('peers')).peers;
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exit = once(this.child, 'exit');
    this.child.kill(signal);
    await exit;
  }
}
