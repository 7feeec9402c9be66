'use strict';

// Checks the models in test/model with spin: every reachable state, in several runs with different faults; then the same models with a
// mistake put in, which spin has to find. `npm run model -- NAME` does one of them, and prints what happened if it fails.
const { execFileSync, spawnSync } = require('node:child_process');
const { mkdtempSync, readFileSync, rmSync } = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const FOLDER = path.join(__dirname, '../test/model');
const PROGRAMS = { spin: 'spin', gcc: 'build-essential' };
/** Megabytes, and steps of the longest run. A search that exceeds one of them is reported, not cut off. */
const [ MEMORY, DEPTH ] = [ 8000, 100_000 ];

/** @typedef {{ name: string, model: string, define: string[], isLarge?: boolean }} Run */

/** @type {{ runs: Run[], mistakes: Run[] }} */
const { runs, mistakes } = JSON.parse(readFileSync(path.join(FOLDER, 'runs.json'), 'utf8'));

/** Whether the program can be started. */
function isInstalled(program) {
  return spawnSync(program, [ '--version' ]).error === undefined;
}

/**
 * Searches all states.
 *
 * @param {Run} run - what to search
 * @return {{ error: string | undefined, history: string, states: number }} what was wrong, and the steps that led there
 */
function search({ model, define, isLarge }) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'egg-socketio-model-'));
  const inFolder = (program, args) => execFileSync(program, args, { cwd: folder, encoding: 'utf8', maxBuffer: 1024 ** 3, stdio: [ 'ignore', 'pipe', 'pipe' ] });
  try {
    const source = path.join(FOLDER, model);
    const flags = define.map(each => `-D${each}`);
    inFolder('spin', [ '-a', ...flags, source ]);
    // With a small search, the compiler takes longest.
    inFolder('gcc', [ isLarge ? '-O1' : '-O0', '-w', '-DSAFETY', '-DCOLLAPSE', `-DMEMLIM=${MEMORY}`, '-o', 'pan', 'pan.c' ]);
    // -q: a message that is never read is an error too.
    const said = inFolder('./pan', [ '-q', `-m${DEPTH}` ]);
    const states = Number(/(\d+) states, stored/.exec(said)?.[1]);
    const [ , error ] = /pan:\d+: (.*?)(?: \(at depth \d+\))?$/m.exec(said) ?? [];
    if (error) return { error, history: inFolder('spin', [ '-t', '-k', path.join(folder, `${model}.trail`), ...flags, source ]), states };
    if (!/errors: 0$/m.test(said) || /max search depth too small|Search not completed|out of memory/i.test(said)) {
      return { error: `the search is not complete: ${said}`, history: '', states };
    }
    return { error: undefined, history: '', states };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function main(wanted) {
  const missing = Object.keys(PROGRAMS).filter(program => !isInstalled(program));
  if (missing.length > 0) {
    const packages = missing.map(program => PROGRAMS[program]).join(' ');
    console.error('The models are not checked, because %s cannot be started: install it, on Debian with `apt-get install %s`.', missing.join(' and '), packages);
    process.exitCode = process.env.CI ? 1 : 0;
    return;
  }
  const isWanted = ({ name }) => wanted === undefined || name === wanted;
  for (const run of runs.filter(isWanted)) {
    const { error, history, states } = search(run);
    console.log('%s: %s, %d states', run.name, error ? 'FAILED' : 'ok', states);
    if (!error) continue;
    console.error('%s\n%s', history, error);
    process.exitCode = 1;
  }
  for (const mistake of mistakes.filter(isWanted)) {
    const { error, history } = search(mistake);
    console.log('%s: %s', mistake.name, error ? 'found' : 'NOT FOUND');
    if (wanted !== undefined) console.log('%s\n%s', history, error);
    if (!error) process.exitCode = 1;
  }
}

module.exports = { runs, mistakes };

if (require.main === module) main(process.argv[2]);
