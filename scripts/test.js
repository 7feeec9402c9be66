'use strict';

// Runs tests with egg-bin: `npm test [-- FILE...] [-- --grep TITLE]`.
//
// Without a file it is all of them, but for those of `test/package`, which install packages: `npm run test:package`. With --quick it is
// those that start no process.
// --record writes how long each file took to test/durations.json, from which the next run says how long it will take.
const { spawn } = require('node:child_process');
const { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } = require('node:fs');
const { availableParallelism } = require('node:os');
const path = require('node:path');

const ROOT = path.join(__dirname, '..');
const DURATIONS = path.join(ROOT, 'test/durations.json');
const REPORT = path.join(ROOT, 'node_modules/.mochawesome-reports/mochawesome.json');
/** Each of these installs packages. */
const PACKAGE = [ 'test/package/' ];
/**
 * With Egg 4, these are left out, too. The former installs an Egg of its own; the documentation is compiled with the names of Egg
 * 3's packages.
 */
const NOT_ON_EGG_4 = [ 'test/create/', 'test/docs/code.test.ts' ];

/** The seconds that each file took when they were last recorded. */
function knownDurations() {
  return existsSync(DURATIONS) ? JSON.parse(readFileSync(DURATIONS, 'utf8')) : {};
}

/** All files of tests, with slashes, as mocha wants them on every system. */
function allFiles() {
  const isFixture = file => file.startsWith('fixtures/') || file.includes('node_modules/');
  const inTest = readdirSync(path.join(ROOT, 'test'), { recursive: true }).map(file => file.split(path.sep).join('/'));
  return inTest.filter(file => file.endsWith('.test.ts') && !isFixture(file)).map(file => `test/${file}`);
}

/** Whether a file of tests, or what it has from `test/support`, starts processes. */
function startsProcesses(file, seen = new Set()) {
  if (seen.has(file)) return false;
  seen.add(file);
  const source = readFileSync(file, 'utf8');
  if (/'node:(child_process|worker_threads)'|'playwright-core'/.test(source)) return true;
  const imported = [ ...source.matchAll(/(?:from |import |require\()'(\.\.?\/[^']+)'/g) ].map(([ , name ]) => path.resolve(path.dirname(file), name));
  const inTest = imported.filter(name => name.startsWith(path.join(ROOT, 'test') + path.sep));
  return inTest.some(name => [ '', '.ts', '.js' ].some(end => statSync(name + end, { throwIfNoEntry: false })?.isFile() && startsProcesses(name + end, seen)));
}

/** The tests of a report, each with its file. */
function testsIn({ results }) {
  const tests = [];
  const visit = (suite, file) => {
    const own = (suite.file || file || '').replace(/^\//, '');
    for (const test of [ ...suite.beforeHooks, ...suite.tests, ...suite.afterHooks ]) tests.push({ ...test, file: own });
    for (const inner of suite.suites) visit(inner, own);
  };
  for (const result of results) visit(result);
  return tests;
}

function record(tests) {
  const seconds = {};
  for (const { file, duration } of tests) seconds[file] = (seconds[file] ?? 0) + (duration ?? 0) / 1000;
  const all = Object.entries({ ...knownDurations(), ...seconds }).filter(([ file ]) => existsSync(path.join(ROOT, file)));
  const lasting = all.filter(([ , took ]) => took >= 1).map(([ file, took ]) => [ file, Math.round(took) ]);
  const sorted = lasting.sort(([ a, x ], [ b, y ]) => y - x || a.localeCompare(b));
  writeFileSync(DURATIONS, `${JSON.stringify(Object.fromEntries(sorted), null, 2)}\n`);
}

/** Says how to run just those again that have failed. */
function showFailed(tests) {
  const failed = tests.filter(test => test.fail || test.state === 'failed');
  if (failed.length === 0) return;
  console.log('\nTo run again what has failed:');
  for (const { file, title } of failed) {
    // The title of a hook is not one that can be chosen by.
    const isHook = /^"\w+ \w+" hook/.test(title);
    console.log(`  npx egg-bin test ${file}${isHook ? '' : ` --grep ${JSON.stringify(title.replace(/[.*+?^${}()|[\]\\"'`]/g, '.'))}`}`);
  }
}

/** Resolves with the exit code. */
async function run(files, rest) {
  const manifest = require.resolve('egg-bin/package.json', { paths: [ ROOT ] });
  const program = path.join(path.dirname(manifest), require(manifest).bin['egg-bin']);
  // As arguments, the egg-bin of Egg 3 and that of Egg 4 want several files in different forms.
  const options = { cwd: ROOT, stdio: 'inherit', env: { ...process.env, TESTS: files.join() } };
  const child = spawn(process.execPath, [ program, 'test', ...rest ], options);
  for (const signal of [ 'SIGINT', 'SIGTERM' ]) process.on(signal, () => child.kill(signal));
  return new Promise(resolve => { child.once('exit', code => resolve(code ?? 1)); });
}

async function main(args) {
  const isRecorded = args.includes('--record');
  const options = args.filter(arg => ![ '--record', '--package', '--quick' ].includes(arg));
  const firstOption = options.findIndex(arg => arg.startsWith('-'));
  const named = firstOption < 0 ? options : options.slice(0, firstOption);
  const rest = firstOption < 0 ? [] : options.slice(firstOption);
  const leftOut = process.env.EGG_SOCKETIO_TEST_EGG === '4' ? [ ...PACKAGE, ...NOT_ON_EGG_4 ] : PACKAGE;
  const isIn = (list, file) => list.some(start => file.startsWith(start));
  const usual = () => allFiles().filter(file => (args.includes('--package') ? isIn(PACKAGE, file) : !isIn(leftOut, file)));
  const all = named.length > 0 ? named : usual();
  const files = args.includes('--quick') ? all.filter(file => !startsProcesses(path.join(ROOT, file))) : all;
  if (named.length === 0) {
    const durations = knownDurations();
    const seconds = files.reduce((sum, file) => sum + (durations[file] ?? 0), 0);
    console.log(`${files.length} files of tests, ${availableParallelism() + 1} at a time: about ${Math.ceil(seconds / 60 / (availableParallelism() + 1))} minutes.`);
  }
  rmSync(REPORT, { force: true });
  const code = await run(files, rest);
  if (existsSync(REPORT)) {
    const tests = testsIn(JSON.parse(readFileSync(REPORT, 'utf8')));
    if (isRecorded && code === 0) record(tests);
    showFailed(tests);
  }
  return code;
}

main(process.argv.slice(2)).then(code => { process.exitCode = code; });
