import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Findings } from './work';

/** MiB of new objects; more than a window makes, because bytes can only be counted as long as none are collected. */
const NURSERY = 64;

/**
 * What makes bytes countable. What the optimising compilers spare depends on what they have seen when they came to it: with
 * them, the same event took 4013 to 4660 bytes.
 */
const FLAGS = [
  '--expose-gc', '--single-threaded-gc', `--min-semi-space-size=${NURSERY}`, `--max-semi-space-size=${NURSERY}`, '--no-opt',
  ...Number.parseInt(process.versions.node) >= 20 ? [ '--no-maglev' ] : [],
];

/** Measures in a process of its own, see {@link worker}. */
export async function measureWork(): Promise<Findings> {
  const home = mkdtempSync(path.join(os.tmpdir(), 'work-'));
  const child = fork(path.join(__dirname, 'worker.ts'), {
    // tsc's own output: esbuild's has a call more for each function with a name, which would be counted.
    execArgv: [ ...FLAGS, '-r', 'ts-node/register/transpile-only', '-r', path.join(__dirname, 'own_sources.js') ],
    env: { ...process.env, EGG_HOME: home, EGG_SERVER_ENV: 'prod', EGG_TYPESCRIPT: 'true', NODE_ENV: 'production', NODE_OPTIONS: '', NODE_V8_COVERAGE: undefined },
    // Egg tells of its start there.
    stdio: [ 'ignore', 'ignore', 'inherit', 'ipc' ],
  });
  try {
    const exited = once(child, 'exit').then(([ code, signal ]) => { throw new Error(`the process that measures ended with ${code ?? signal}`); });
    const [ findings ] = await Promise.race([ once(child, 'message'), exited ]) as [Findings];
    if (findings.error) throw new Error(findings.error);
    return findings;
  } finally {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    rmSync(home, { recursive: true, force: true });
  }
}
