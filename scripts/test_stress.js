'use strict';

// Runs files of tests again and again on a busy machine: `npm run test:stress -- FILE... [--times 20] [--grep TITLE]`.
//
// Beside them, one busy loop for each core takes processor time, and in each of their processes timers and files come late
// (scripts/late.js). A test that fails here and not alone waits for time to pass, or has found what users see at night.
const { spawn } = require('node:child_process');
const { existsSync } = require('node:fs');
const { availableParallelism } = require('node:os');
const path = require('node:path');

const ROOT = path.join(__dirname, '..');
const USAGE = 'npm run test:stress -- test/basic.test.ts --times 20';
/** Ends with its parent, however that ends. */
const BUSY = 'const { ppid } = process; while (process.ppid === ppid) for (let i = 0; i < 1e8; i++);';
/** Milliseconds that a run has to end when it is told to. */
const PATIENCE = 6000;

/** Reads the arguments; `mistake` says what is wrong with them. */
function read(args) {
  const at = args.indexOf('--times');
  const times = at < 0 ? 20 : Number(args[at + 1]);
  const rest = at < 0 ? args : [ ...args.slice(0, at), ...args.slice(at + 2) ];
  const firstOption = rest.findIndex(arg => arg.startsWith('-'));
  const files = firstOption < 0 ? rest : rest.slice(0, firstOption);
  const wrong = files.find(file => !file.endsWith('.test.ts') || !existsSync(path.join(ROOT, file)));
  let mistake;
  if (!(Number.isSafeInteger(times) && times > 0)) mistake = `--times: expected a whole number above 0, but got ${args[at + 1] ?? 'nothing'}.`;
  else if (wrong !== undefined) mistake = `${wrong}: expected a file of tests, as seen from the folder of the package, that ends with .test.ts.`;
  else if (files.length === 0) mistake = 'Expected at least one file of tests, before all options.';
  return { times, rest, files, mistake };
}

/** One run, in a process group of its own, so that all of it can be ended. */
class Run {
  constructor(args, seed) {
    // Some tests give their processes options of their own, and this one with them.
    const LATE_OPTION = `--require=${JSON.stringify(path.join(__dirname, 'late.js'))}`;
    const env = { ...process.env, LATE_SEED: String(seed), LATE_OPTION, NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} ${LATE_OPTION}` };
    const said = [];
    this.child = spawn(process.execPath, [ path.join(__dirname, 'test.js'), ...args ], {
      cwd: ROOT, env, detached: true, stdio: [ 'ignore', 'pipe', 'pipe' ],
    });
    for (const stream of [ this.child.stdout, this.child.stderr ]) stream.on('data', chunk => said.push(chunk));
    this.ended = new Promise(resolve => {
      this.child.once('close', code => resolve({ code, output: Buffer.concat(said).toString() }));
    });
  }

  async stop() {
    this.kill('SIGTERM');
    const timer = setTimeout(() => this.kill('SIGKILL'), PATIENCE);
    await this.ended;
    clearTimeout(timer);
    // What its tests have started, and what they have not ended.
    this.kill('SIGKILL');
  }

  kill(signal) {
    try {
      process.kill(-this.child.pid, signal);
    } catch (error) {
      if (error.code !== 'ESRCH') throw error;
    }
  }
}

/** The commands that stress just what has failed, with the same seed. */
function replaysOf(output, seed, times) {
  const failed = [ ...output.matchAll(/^ {2}(?:npx egg-bin test|node scripts\/test\.js) (.*?)(?: {3}#.*)?$/gm) ].map(([ , what ]) => what);
  return failed.map(what => `LATE_SEED=${seed} npm run test:stress -- ${what} --times ${times}`);
}

async function main(args) {
  const { mistake, rest, times } = read(args);
  if (mistake) {
    console.error('%s\n  %s', mistake, USAGE);
    return 1;
  }
  const loops = Array.from({ length: availableParallelism() }, () => spawn(process.execPath, [ '-e', BUSY ], { stdio: 'ignore' }));
  process.once('exit', () => loops.forEach(loop => loop.kill('SIGKILL')));
  let run;
  const stop = () => { run.stop().finally(() => process.exit(1)); };
  for (const signal of [ 'SIGINT', 'SIGTERM', 'SIGHUP' ]) process.once(signal, stop);
  const seed = Number(process.env.LATE_SEED ?? Date.now() % 1e9);
  const replays = new Set();
  let failed = 0;
  for (let i = 0; i < times; i++) {
    run = new Run(rest, seed + i);
    const { code, output } = await run.ended;
    if (/^0 passed, 0 failed/m.test(output)) {
      console.error('%s\nNo test was run: expected a file with tests, and a --grep that some of their titles match.', output);
      return 1;
    }
    if (code !== 0) {
      failed += 1;
      console.log(output);
      for (const replay of replaysOf(output, seed + i, times)) replays.add(replay);
    }
    console.log('%d of %d, LATE_SEED=%d: %s', i + 1, times, seed + i, code === 0 ? 'passed' : 'FAILED');
  }
  console.log('%d of %d passed', times - failed, times);
  if (failed === 0) return 0;
  console.log('\nTo stress again what has failed:');
  for (const replay of replays) console.log('  %s', replay);
  return 1;
}

main(process.argv.slice(2)).then(code => process.exit(code));
