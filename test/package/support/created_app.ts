import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { freePort } from '../../support/free_port';
import { type CommandResult, run, runOrThrow } from './command';
import { Consumer } from './consumer';
import { DevServer } from './dev_server';

/** What the templates leave to Egg: it would listen on all addresses. */
const ON_THIS_MACHINE = {
  EGG_APP_CONFIG: JSON.stringify({ cluster: { listen: { hostname: '127.0.0.1' } } }),
  NODE_OPTIONS: `--require ${path.join(__dirname, 'agent_ports.cjs')}`,
};

/** An app made by `egg-socketio create`, used as its README says. */
export class CreatedApp extends Consumer {
  private isStarted = false;

  constructor(parent: string, readonly name: string, readonly language: 'js' | 'ts', private readonly egg: '3' | '4') {
    super(path.join(parent, name));
  }

  /** Where its page is. */
  get address(): string {
    return `http://127.0.0.1:${this.port}/`;
  }

  /** Makes the app by `npx`, from a packed package. */
  create(tarball: string): Promise<CommandResult> {
    const args = [ 'exec', '--yes', '--prefer-offline', '--package', tarball, '--', 'egg-socketio', 'create', this.name, `--${this.language}`, '--egg', this.egg ];
    return run('npm', args, { cwd: path.dirname(this.directory), timeout: 200_000 });
  }

  /** Runs one of the app's scripts, which has to succeed. */
  npm(script: string, ...args: string[]): Promise<CommandResult> {
    return runOrThrow('npm', [ 'run', script, ...args.length > 0 ? [ '--', ...args ] : [] ], {
      cwd: this.directory, timeout: 120_000, env: { MOCK_HOME_DIR: this.home, ...ON_THIS_MACHINE },
    });
  }

  /** `npm run dev`, until the app answers. */
  async dev(): Promise<DevServer> {
    this.port = await freePort();
    return DevServer.start(this.directory, [ 'run', 'dev', '--', `--port=${this.port}` ], ON_THIS_MACHINE);
  }

  /** Starts the app as in production, with four workers. */
  override async start(): Promise<void> {
    this.port = await freePort();
    this.isStarted = true;
    await this.npm('start', '--workers=4', `--port=${this.port}`);
  }

  /** Stops it, if it was started so. */
  override async stop(): Promise<void> {
    if (!this.isStarted) return;
    this.isStarted = false;
    await this.npm('stop');
  }

  /** Changes a text in the controller, as in an editor. */
  edit(text: string, replacement: string): void {
    const file = path.join(this.directory, `app/socket/chat.${this.language}`);
    const source = readFileSync(file, 'utf8');
    if (!source.includes(text)) throw new Error(`${file} has no ${text}`);
    writeFileSync(file, source.replace(text, replacement));
  }

  /**
   * Compiles copies of the controller and of its test in which an event has another name.
   *
   * @return what the compiler prints
   */
  async compileWithTypo(): Promise<string> {
    const copies = [[ 'app/socket/chat.ts', 'app/socket/typo.ts' ], [ 'test/chat.test.ts', 'test/typo.ts' ]]
      .map(names => names.map(name => path.join(this.directory, name)));
    for (const [ source, copy ] of copies) writeFileSync(copy, readFileSync(source, 'utf8').replaceAll("'say'", "'sya'"));
    const { stdout } = await this.bin('tsc', '--noEmit');
    for (const [ , copy ] of copies) rmSync(copy);
    return stdout;
  }

  /** The scripts next to the sources. */
  scripts(): string[] {
    return [ 'app', 'config', 'test' ].flatMap(folder => (
      readdirSync(path.join(this.directory, folder), { recursive: true, encoding: 'utf8' })
        .filter(file => file.endsWith('.js')).map(file => path.join(folder, file))
    ));
  }
}

/** An app whose files are written by hand, with the packages of another one. */
export class WrittenApp {
  private readonly directory: string;

  constructor(installed: CreatedApp, name: string, files: ReadonlyMap<string, string>) {
    this.directory = path.join(path.dirname(installed.directory), name);
    for (const [ file, content ] of files) {
      mkdirSync(path.dirname(path.join(this.directory, file)), { recursive: true });
      writeFileSync(path.join(this.directory, file), content);
    }
    symlinkSync(path.join(installed.directory, 'node_modules'), path.join(this.directory, 'node_modules'), 'junction');
  }

  /** Runs one of the installed programs, which has to succeed. */
  bin(name: string, ...args: string[]): Promise<CommandResult> {
    return runOrThrow(path.join('node_modules/.bin', name), args, { cwd: this.directory, timeout: 120_000, env: ON_THIS_MACHINE });
  }
}

/** Removes what npm has installed to run the command of a packed package: each one is another package to it. */
export async function forgetNpx(tarball: string): Promise<void> {
  const { stdout } = await runOrThrow('npm', [ 'config', 'get', 'cache' ], { cwd: __dirname, timeout: 30_000 });
  const folder = path.join(stdout.trim(), '_npx');
  for (const name of existsSync(folder) ? readdirSync(folder) : []) {
    const manifest = path.join(folder, name, 'package.json');
    if (existsSync(manifest) && readFileSync(manifest, 'utf8').includes(path.basename(path.dirname(path.dirname(tarball))))) {
      rmSync(path.join(folder, name), { recursive: true, force: true });
    }
  }
}
