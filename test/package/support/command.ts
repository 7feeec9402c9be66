import { spawn } from 'node:child_process';

/** How a command is run. */
export interface CommandOptions {
  cwd: string;
  /** Milliseconds after which the command is killed. */
  timeout: number;
  env?: Record<string, string>;
}

/** What a command has printed, and how it ended. */
export interface CommandResult {
  stdout: string;
  stderr: string;
  code: number | null;
}

/** A user's shell knows nothing of the variables that npm and egg-bin set for tests; what is tested here must not either. */
const OF_THE_TEST_RUN = /^(NODE_(ENV|OPTIONS|PATH)|EGG_.*|TS_NODE_.*|ETS_.*|MOCHA_.*|PORT|INIT_CWD|npm_(package|lifecycle)_.*|npm_(command|execpath|config_local_prefix|config_prefix))$/;

export function userEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([ name ]) => !OF_THE_TEST_RUN.test(name)));
}

/** Runs a command to its end, whatever its exit code. It has no standard input. */
export function run(file: string, args: readonly string[], { cwd, timeout, env }: CommandOptions): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd, timeout, env: { ...userEnvironment(), ...env }, stdio: [ 'ignore', 'pipe', 'pipe' ] });
    const result: CommandResult = { stdout: '', stderr: '', code: null };
    child.stdout.setEncoding('utf8').on('data', (text: string) => { result.stdout += text; });
    child.stderr.setEncoding('utf8').on('data', (text: string) => { result.stderr += text; });
    child.once('error', reject);
    child.once('close', code => resolve({ ...result, code }));
  });
}

/**
 * Runs a command that has to succeed.
 *
 * @throws {Error} with everything the command has printed
 */
export async function runOrThrow(file: string, args: readonly string[], options: CommandOptions): Promise<CommandResult> {
  const result = await run(file, args, options);
  if (result.code === 0) return result;
  const end = result.code === null ? `was killed after ${options.timeout} ms` : `ended with exit code ${result.code}`;
  throw new Error(`${file} ${args.join(' ')} (in ${options.cwd}) ${end}\n${result.stdout}\n${result.stderr}`);
}

/** Whether a program is installed. */
export function exists(program: string): Promise<boolean> {
  return run(program, [ '--version' ], { cwd: __dirname, timeout: 10000 }).then(() => true, () => false);
}
