import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { freePort } from './free_port';

const { REDIS_PATH = 'redis-server' } = process.env;

function isInstalled(): boolean {
  try {
    execFileSync(REDIS_PATH, [ '--version' ], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** To be called in a suite: skips it where there is no Redis, and says so; on CI that is a failure. */
export function needsRedis(): void {
  before(function() {
    if (isInstalled()) return;
    const reason = `there is no program '${REDIS_PATH}': install redis-server 7 or newer, or set REDIS_PATH.`;
    if (process.env.CI === 'true') throw new Error(reason);
    console.log(`      skipped: ${reason}`);
    this.skip();
  });
}

/** A real redis-server on a free port, which keeps nothing. */
export class RedisServer {
  private readonly folder = mkdtempSync(path.join(os.tmpdir(), 'redis-'));
  private process: ChildProcess | undefined;

  private constructor(readonly port: number, private readonly options: readonly string[], private readonly file?: string) {}

  /** @param options - of the program, such as `--requirepass` */
  static async start(...options: string[]): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), options);
    await server.run();
    return server;
  }

  /** @param file - its configuration, which it changes */
  static async startSentinel(file: string): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), [ '--sentinel' ], file);
    await server.run();
    return server;
  }

  get pid(): number { return this.process!.pid!; }

  get url(): string { return `redis://127.0.0.1:${this.port}`; }

  /** Starts it, or starts it again. */
  async run(): Promise<void> {
    const storage = this.file ? [] : [ '--save', '', '--appendonly', 'no' ];
    const args = [ ...this.file ? [ this.file ] : [], '--port', `${this.port}`, '--bind', '127.0.0.1', '--dir', this.folder, ...storage, ...this.options ];
    const started = this.process = spawn(REDIS_PATH, args, { stdio: [ 'ignore', 'pipe', 'inherit' ] });
    const said: string[] = [];
    const ready = new Promise<void>(resolve => {
      createInterface(started.stdout).on('line', line => {
        if (said.length < 100) said.push(line);
        if (/Ready to accept connections|Sentinel ID is/.test(line)) resolve();
      });
    });
    const exited = once(started, 'exit').then(() => { throw new Error(`redis-server does not start:\n${said.join('\n')}`); });
    await Promise.race([ ready, exited ]);
    exited.catch(() => undefined);
  }

  /** Leaves it alive, and silent. */
  pause(): void { this.process!.kill('SIGSTOP'); }

  resume(): void { this.process!.kill('SIGCONT'); }

  /** Ends it; it can be run again. */
  async stop(): Promise<void> {
    const ended = this.process!;
    if (ended.exitCode !== null || ended.signalCode !== null) return;
    const exited = once(ended, 'exit');
    ended.kill('SIGKILL');
    await exited;
  }

  /** Ends it for good. */
  async close(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
