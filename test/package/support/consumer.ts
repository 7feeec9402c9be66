import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Lock } from '../../support/dependency_floors';
import { freePort } from '../../support/free_port';
import { type CommandResult, run, runOrThrow } from './command';

/** An Egg app in a folder of its own that has installed the package, as an app of a user's does. */
export class Consumer {
  port = 0;
  private readonly title: string;

  /** @param directory - where the app is; its logs go into its `home` folder */
  constructor(readonly directory: string) {
    this.title = `${path.basename(directory)}-${process.pid}`;
  }

  /**
   * Installs the app's dependencies and the package.
   *
   * @return false if the package registry cannot be reached
   */
  async install(tarball: string): Promise<boolean> {
    const args = [ 'install', '--prefer-offline', '--no-audit', '--no-fund', '--no-package-lock', '--loglevel=error', tarball ];
    const result = await run('npm', args, { cwd: this.directory, timeout: 300000 });
    if (result.code === 0) return true;
    // npm's own message says nothing of the network: what it could not ask for counts as not existing.
    if ((await run('npm', [ 'ping' ], { cwd: this.directory, timeout: 60000 })).code !== 0) return false;
    throw new Error(`npm install ended with exit code ${result.code}\n${result.stdout}\n${result.stderr}`);
  }

  /** What npm has put into the app's node_modules. */
  installed(): Lock {
    return JSON.parse(readFileSync(path.join(this.directory, 'node_modules/.package-lock.json'), 'utf8')) as Lock;
  }

  /** Runs a program that the app has installed, whatever its exit code. */
  bin(name: string, ...args: string[]): Promise<CommandResult> {
    return run(path.join('node_modules/.bin', name), args, { cwd: this.directory, timeout: 240000 });
  }

  /** Runs JavaScript in the app's folder, and returns what it prints as JSON. */
  async evaluate(code: string): Promise<unknown> {
    const { stdout } = await runOrThrow('node', [ '-e', code ], { cwd: this.directory, timeout: 30000 });
    return JSON.parse(stdout);
  }

  /** Runs an ECMAScript module in the app's folder, as in the unittest environment, and returns what it prints as JSON. */
  async evaluateModule(code: string): Promise<unknown> {
    writeFileSync(path.join(this.directory, 'evaluated.mjs'), code);
    const { stdout } = await runOrThrow('node', [ 'evaluated.mjs' ], {
      cwd: this.directory, timeout: 60000, env: { NODE_ENV: 'test', EGG_LOG: 'NONE' },
    });
    return JSON.parse(stdout);
  }

  /** Starts the app as in production, with two workers. */
  async start(): Promise<void> {
    this.port = await freePort();
    await this.eggScripts('start', '--daemon', '--env=prod', '--workers=2', `--port=${this.port}`, '--timeout=60000');
  }

  /** Stops the app, if it was started. */
  async stop(): Promise<void> {
    if (this.port === 0) return;
    await this.eggScripts('stop');
  }

  /** Signs in, and returns the cookies of the session. */
  async signIn(user: string): Promise<string> {
    const response = await fetch(`http://127.0.0.1:${this.port}/login?user=${user}`);
    return response.headers.getSetCookie().map(cookie => cookie.split(';')[0]).join('; ');
  }

  /** The text of a path of Egg's. */
  async get(pathname: string): Promise<string> {
    const response = await fetch(`http://127.0.0.1:${this.port}${pathname}`);
    return response.text();
  }

  /** What the app has logged as errors. */
  errorLog(): string {
    const { name } = JSON.parse(readFileSync(path.join(this.directory, 'package.json'), 'utf8')) as { name: string };
    return readFileSync(path.join(this.home, 'logs', name, 'common-error.log'), 'utf8');
  }

  /** Egg writes the logs of production below the home folder. */
  protected get home(): string {
    return path.join(this.directory, 'home');
  }

  private eggScripts(command: string, ...args: string[]): Promise<CommandResult> {
    return runOrThrow('node_modules/.bin/egg-scripts', [ command, `--title=${this.title}`, ...args ], {
      cwd: this.directory,
      timeout: 90000,
      env: { MOCK_HOME_DIR: this.home },
    });
  }
}
