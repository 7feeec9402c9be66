'use strict';

// Runs tests with egg-bin: `npm test [-- FILE...] [-- --grep TITLE]`.
//
// Without a file it is all of them, but for those of `test/package`, which install packages: `npm run test:package`. With --quick it is
// those that start no process. --record writes how long each file took to test/durations.json, by which the longest begin first.
//
// Each file has a process of its own, and some run side by side. mocha's own parallel mode gives one file after another to the same
// processes: what the former leave in memory made the latter fail, which measure it. What a file prints is shown if it fails; of one
// that passes, only what its tests say with an indent, such as a seed.
const { spawn } = require('node:child_process');
const { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } = require('node:fs');
const { availableParallelism, tmpdir } = require('node:os');
const path = require('node:path');

const ROOT = path.join(__dirname, '..');
const DURATIONS = path.join(ROOT, 'test/durations.json');
/** One more than there are cores, as many tests wait. */
const AT_ONCE = availableParallelism() + 1;
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

/** All files of tests, with slashes on every system. */
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

/** Runs one file. */
async function runFile(file, rest, folder, children) {
  const manifest = require.resolve('egg-bin/package.json', { paths: [ ROOT ] });
  const program = path.join(path.dirname(manifest), require(manifest).bin['egg-bin']);
  const results = path.join(folder, `${file.replaceAll('/', '-')}.json`);
  const env = { ...process.env, TEST_REPORTER: path.join(__dirname, 'test_reporter.js'), TEST_RESULTS: results };
  const began = performance.now();
  const child = spawn(process.execPath, [ program, 'test', file, ...rest ], { cwd: ROOT, stdio: [ 'ignore', 'pipe', 'pipe' ], env });
  children.add(child);
  const said = [];
  for (const stream of [ child.stdout, child.stderr ]) stream.on('data', chunk => said.push(chunk));
  const code = await new Promise(resolve => { child.once('close', ended => resolve(ended ?? 1)); });
  children.delete(child);
  const tests = existsSync(results) ? JSON.parse(readFileSync(results, 'utf8')) : [];
  return { file, code, tests, output: Buffer.concat(said).toString(), seconds: (performance.now() - began) / 1000 };
}

const countOf = (tests, outcome) => tests.filter(test => test.outcome === outcome).length;

function show({ file, code, tests, output, seconds }) {
  const counts = `${countOf(tests, 'pass')} passed, ${countOf(tests, 'fail')} failed, ${countOf(tests, 'pending')} skipped`;
  if (code !== 0) console.log(output);
  console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${file}: ${counts} (${Math.round(seconds)} s)`);
  const notes = code === 0 ? output.split('\n').filter(line => /^ {6,}\S/.test(line) && !/^\s*(✔|- |at )/.test(line)) : [];
  const noted = notes.filter(line => /[A-Z_]{5,}=|skipped:/.test(line));
  if (noted.length > 0) console.log(noted.join('\n'));
}

/** Says how to run just those again that have failed. */
function showFailed(ended) {
  const failed = ended.filter(({ code }) => code !== 0);
  if (failed.length === 0) return;
  console.log('\nTo run again what has failed:');
  for (const { file, tests } of failed) {
    // A hook cannot be chosen by its title.
    const chosen = tests.filter(({ outcome, isHook }) => outcome === 'fail' && !isHook);
    const titles = chosen.map(({ title }) => title.replace(/[.*+?^${}()|[\]\\"'`]/g, '.'));
    for (const title of titles.length > 0 ? new Set(titles) : [ '' ]) {
      console.log(`  npx egg-bin test ${file}${title && ` --grep ${JSON.stringify(title)}`}`);
    }
  }
}

function record(ended) {
  const durations = knownDurations();
  for (const { file, seconds } of ended) durations[file] = Math.round(seconds);
  const known = Object.entries(durations).filter(([ file ]) => existsSync(path.join(ROOT, file)));
  const sorted = known.sort(([ a, x ], [ b, y ]) => y - x || a.localeCompare(b));
  writeFileSync(DURATIONS, `${JSON.stringify(Object.fromEntries(sorted), null, 2)}\n`);
}

async function runAll(files, rest) {
  const folder = mkdtempSync(path.join(tmpdir(), 'test-results-'));
  const children = new Set();
  for (const signal of [ 'SIGINT', 'SIGTERM' ]) process.once(signal, () => { for (const child of children) child.kill(signal); });
  const waiting = [ ...files ];
  const ended = [];
  const work = async () => {
    for (let file = waiting.shift(); file; file = waiting.shift()) {
      const result = await runFile(file, rest, folder, children);
      ended.push(result);
      show(result);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  rmSync(folder, { recursive: true, force: true });
  return ended;
}

async function main(args) {
  const options = args.filter(arg => ![ '--record', '--package', '--quick' ].includes(arg));
  const firstOption = options.findIndex(arg => arg.startsWith('-'));
  const named = firstOption < 0 ? options : options.slice(0, firstOption);
  const rest = firstOption < 0 ? [] : options.slice(firstOption);
  const durations = knownDurations();
  const leftOut = process.env.EGG_SOCKETIO_TEST_EGG === '4' ? [ ...PACKAGE, ...NOT_ON_EGG_4 ] : PACKAGE;
  const isIn = (list, file) => list.some(start => file.startsWith(start));
  const usual = allFiles().filter(file => (args.includes('--package') ? isIn(PACKAGE, file) : !isIn(leftOut, file)));
  const chosen = usual.filter(file => !args.includes('--quick') || !startsProcesses(path.join(ROOT, file)))
    .sort((a, b) => (durations[b] ?? 0) - (durations[a] ?? 0));
  const files = named.length > 0 ? named : chosen;
  const minutes = Math.ceil(files.reduce((sum, file) => sum + (durations[file] ?? 0), 0) / 60 / AT_ONCE);
  console.log(`${files.length} file(s) of tests, ${AT_ONCE} at a time${minutes > 0 ? `: about ${minutes} min` : ''}`);
  const ended = await runAll(files, rest);
  const tests = ended.flatMap(each => each.tests);
  const isGreen = ended.every(({ code }) => code === 0);
  if (args.includes('--record') && isGreen) record(ended);
  showFailed(ended);
  console.log(`\n${countOf(tests, 'pass')} passed, ${countOf(tests, 'fail')} failed, ${countOf(tests, 'pending')} skipped`);
  return isGreen ? 0 : 1;
}

main(process.argv.slice(2)).then(code => { process.exitCode = code; });
