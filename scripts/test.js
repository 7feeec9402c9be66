'use strict';

// Runs tests: `npm test [-- FILE...] [-- --grep TITLE]`.
//
// Without a file it is all of them, but for those of `test/package`, which install packages: `npm run test:package`. With --quick it is
// those that start no process. --record writes how long each file took to test/durations.json, by which the longest begin first. --long
// lets a file take hours: `npm run test:long`.
//
// Short files share a process, the others have one of their own; a few run side by side. mocha's own parallel mode gives one
// file after another to the same processes, and memory that one leaves behind made another fail, which measures it. The output of a test
// is shown if it fails; of one that passes, only lines that are meant to be seen, such as a seed.
const { execFileSync, spawn } = require('node:child_process');
const { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } = require('node:fs');
const { availableParallelism, tmpdir } = require('node:os');
const path = require('node:path');
const { divide, filesOf, knownDurations, recordDurations, ROOT } = require('./tests/files');
const { showEnded, showFailed, showSum } = require('./tests/show');

/** Two more than there are cores, as many tests wait. */
const AT_ONCE = availableParallelism() + 2;
/** The first and the number of those that tests take for their servers: each process gets a part, see test/support/free_port.ts. */
const [ FIRST_PORT, PORTS ] = (process.env.TEST_PORTS ?? '20000 10000').split(' ').map(Number);
/** Minutes after which a process is ended, whatever limits its tests have; the second is for --long. */
const LIMITS = [ 20, 300 ];

/** How `egg-bin test` runs mocha. */
function mochaCommand(rest) {
  const manifest = require.resolve('egg-bin/package.json', { paths: [ ROOT ] });
  const program = path.join(path.dirname(manifest), Object.values(require(manifest).bin)[0]);
  const file = 'test/basic.test.ts';
  const env = { ...process.env, TEST_REPORTER: path.join(__dirname, 'tests/reporter.js'), MOCHA_FILE: path.join(__dirname, 'tests/mocha_command.js') };
  const printed = execFileSync(process.execPath, [ program, 'test', file, ...rest ], { cwd: ROOT, env, encoding: 'utf8' });
  const command = JSON.parse(printed.slice(printed.indexOf('{"execArgv"')));
  return { ...command, args: command.args.filter(arg => !arg.endsWith(file)) };
}

/** With these, a process that has the TypeScript compiler loads mocha and Egg in less time. */
function quickStart(folder, { NODE_OPTIONS }) {
  const loaded = [ 'known_modules', 'known_code' ].map(name => `--require ${JSON.stringify(path.join(ROOT, `test/support/${name}.js`))}`);
  return {
    NODE_OPTIONS: [ ...loaded, NODE_OPTIONS ].join(' '),
    // Files of their own: the compiler changes what is found, and the code of some packages.
    TEST_KNOWN_MODULES: path.join(folder, 'known_modules_with_compiler'),
    TEST_KNOWN_CODE: path.join(folder, 'known_code_with_compiler'),
  };
}

/** Runs the files of one process. */
async function runGroup(files, command, folder, children) {
  const name = path.join(folder, files[0].replaceAll('/', '-'));
  const [ results, log ] = [ `${name}.json`, `${name}.log` ];
  const mocha = require.resolve('mocha/bin/_mocha', { paths: [ ROOT ] });
  const began = performance.now();
  const fd = openSync(log, 'a');
  const child = spawn(process.execPath, [ ...command.execArgv, mocha, ...command.args, ...files ], {
    cwd: ROOT, stdio: [ 'ignore', fd, fd ], env: { ...command.env, TEST_RESULTS: results },
  });
  children.add(child);
  const limit = setTimeout(() => { child.kill('SIGKILL'); }, command.minutes * 60_000);
  const code = await new Promise(resolve => { child.once('exit', (ended, signal) => resolve(ended ?? signal)); });
  clearTimeout(limit);
  children.delete(child);
  closeSync(fd);
  const { tests, seconds } = existsSync(results) ? JSON.parse(readFileSync(results, 'utf8')) : { tests: [], seconds: {} };
  const relative = file => path.relative(ROOT, file).split(path.sep).join('/');
  for (const test of tests) test.file = relative(test.file);
  const known = Object.fromEntries(Object.entries(seconds).map(([ file, took ]) => [ relative(file), took ]));
  const whole = files.length === 1 ? { [files[0]]: (performance.now() - began) / 1000 } : {};
  return { files, code, tests, seconds: { ...known, ...whole }, output: readFileSync(log, 'utf8') };
}

/** Packs the package for all files of `test/package`. */
function pack(folder) {
  const program = path.join(ROOT, 'test/package/support/pack_for_all.ts');
  execFileSync(process.execPath, [ '-r', 'tsx/cjs', program, folder ], { cwd: ROOT, stdio: 'inherit' });
  return { TEST_PACKED_IN: folder };
}

async function runAll(groups, command) {
  const folder = mkdtempSync(path.join(tmpdir(), 'test-results-'));
  const compiled = path.join(ROOT, 'test/fixtures/.compiled', `run-${process.pid}`);
  const children = new Set();
  const waiting = [ ...groups ];
  for (const signal of [ 'SIGINT', 'SIGTERM' ]) {
    process.once(signal, () => {
      // Those that are killed would make room for the next.
      waiting.length = 0;
      for (const child of children) child.kill(signal);
    });
  }
  const ended = [];
  try {
    const packed = groups.flat().some(file => file.startsWith('test/package/')) ? pack(folder) : {};
    const work = async (_, place) => {
      const count = Math.floor(PORTS / AT_ONCE);
      const own = { TEST_PORTS: `${FIRST_PORT + place * count} ${count}`, TEST_COMPILED_IN: compiled, ...quickStart(compiled, command.env) };
      for (let files = waiting.shift(); files; files = waiting.shift()) {
        const result = await runGroup(files, { ...command, env: { ...command.env, ...packed, ...own } }, folder, children);
        ended.push(result);
        showEnded(result);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  } finally {
    for (const each of [ folder, compiled ]) rmSync(each, { recursive: true, force: true });
  }
  return ended;
}

async function main(args) {
  const flags = [ '--record', '--package', '--quick', '--long' ];
  const options = args.filter(arg => arg !== '--' && !flags.includes(arg));
  const firstOption = options.findIndex(arg => arg.startsWith('-'));
  const named = firstOption < 0 ? options : options.slice(0, firstOption);
  const rest = firstOption < 0 ? [] : options.slice(firstOption);
  const kind = [ 'quick', 'package' ].find(each => args.includes(`--${each}`));
  const files = named.length > 0 ? named : filesOf(kind);
  const missing = files.filter(file => !existsSync(path.join(ROOT, file)));
  if (missing.length > 0) {
    console.error('there is no file %s', missing.join(', '));
    return 2;
  }
  const durations = knownDurations();
  const usual = files.reduce((sum, file) => sum + (durations[file] ?? 0), 0) / AT_ONCE;
  const time = usual > 90 ? `, usually ${Math.round(usual / 60)} minutes` : usual > 0 ? `, usually ${Math.ceil(usual / 10) * 10} seconds` : '';
  console.log(`${files.length} file(s) of tests, ${AT_ONCE} processes at a time${time}`);
  const began = performance.now();
  const minutes = LIMITS[args.includes('--long') ? 1 : 0];
  const ended = await runAll(divide(files), { ...mochaCommand(rest), minutes });
  const isGreen = ended.every(({ code }) => code === 0);
  if (args.includes('--record') && isGreen) recordDurations(Object.assign({}, ...ended.map(({ seconds }) => seconds)));
  showFailed(ended);
  showSum(ended, (performance.now() - began) / 1000);
  return isGreen ? 0 : 1;
}

main(process.argv.slice(2)).then(code => { process.exitCode = code; });
