'use strict';

// Which files of tests there are, and which of them share a process.
const { existsSync, readdirSync, readFileSync, statSync, writeFileSync } = require('node:fs');
const path = require('node:path');

const ROOT = path.join(__dirname, '../..');
const DURATIONS = path.join(ROOT, 'test/durations.json');
/** Each of these installs packages. */
const PACKAGE = [ 'test/package/' ];
/**
 * With Egg 4, these are left out, too. The former installs an Egg of its own; the documentation is compiled with the names of Egg
 * 3's packages.
 */
const NOT_ON_EGG_4 = [ 'test/create/', 'test/docs/code.test.ts' ];
/** How many files share a process at most, and for how many seconds: all of them together would need more memory than a process has. */
const TOGETHER = { files: 8, seconds: 30 };
/** A file that takes longer has a process of its own. */
const SHORT = 10;
/** A file with one of these gets a process of its own: it measures memory, or looks for handles, that other files may leave behind. */
const ALONE = /memoryInUse|memoryUsage|expose-gc|require\.cache|'unhandledRejection'/;

/** The seconds that each file took when they were last recorded. */
function knownDurations() {
  return existsSync(DURATIONS) ? JSON.parse(readFileSync(DURATIONS, 'utf8')) : {};
}

/** Keeps how long files took, but of those that are gone. */
function recordDurations(seconds) {
  const rounded = Object.entries(seconds).map(([ file, took ]) => [ file, Math.round(took) ]);
  const all = Object.entries({ ...knownDurations(), ...Object.fromEntries(rounded) });
  const known = all.filter(([ file ]) => existsSync(path.join(ROOT, file)));
  const sorted = known.sort(([ a, x ], [ b, y ]) => y - x || a.localeCompare(b));
  writeFileSync(DURATIONS, `${JSON.stringify(Object.fromEntries(sorted), null, 2)}\n`);
}

/** All files of tests, with slashes on every system. */
function allFiles() {
  const isFixture = file => file.startsWith('fixtures/') || file.includes('node_modules/');
  const inTest = readdirSync(path.join(ROOT, 'test'), { recursive: true }).map(file => file.split(path.sep).join('/'));
  return inTest.filter(file => file.endsWith('.test.ts') && !isFixture(file)).map(file => `test/${file}`).sort();
}

/** Whether a file of tests, or what it has from `test/support`, starts processes. */
function startsProcesses(file, seen = new Set()) {
  if (seen.has(file)) return false;
  seen.add(file);
  const source = readFileSync(path.join(ROOT, file), 'utf8');
  if (/'node:(child_process|worker_threads)'|'playwright-core'/.test(source)) return true;
  const names = [ ...source.matchAll(/(?:from |import |require\()'(\.\.?\/[^']+)'/g) ].map(([ , name ]) => name);
  const imported = names.map(name => path.posix.join(path.posix.dirname(file), name));
  const isFile = name => statSync(path.join(ROOT, name), { throwIfNoEntry: false })?.isFile();
  const inTest = imported.filter(name => name.startsWith('test/')).flatMap(name => [ name, `${name}.ts`, `${name}.js` ]);
  return inTest.some(name => isFile(name) && startsProcesses(name, seen));
}

/** The files of a kind: `quick`, those that start no process; `package`, those that install packages; all but the latter. */
function filesOf(kind) {
  const leftOut = process.env.EGG_SOCKETIO_TEST_EGG === '4' ? [ ...PACKAGE, ...NOT_ON_EGG_4 ] : PACKAGE;
  const isIn = (list, file) => list.some(start => file.startsWith(start));
  const usual = allFiles().filter(file => (kind === 'package' ? isIn(PACKAGE, file) : !isIn(leftOut, file)));
  return kind === 'quick' ? usual.filter(file => !startsProcesses(file)) : usual;
}

/**
 * Divides files into those of a process each, the longest first. To load mocha, Egg and the plugin takes longer than most files need, so
 * that short ones share a process.
 */
function divide(files) {
  const durations = knownDurations();
  // One that is new, and starts processes, may take any time.
  const secondsOf = file => durations[file] ?? (startsProcesses(file) ? Infinity : 3);
  const groups = [];
  let shared = { files: [], seconds: Infinity };
  for (const file of files) {
    const seconds = secondsOf(file);
    if (seconds > SHORT || ALONE.test(readFileSync(path.join(ROOT, file), 'utf8'))) {
      groups.push({ files: [ file ], seconds });
    } else {
      const isFull = shared.files.length >= TOGETHER.files || shared.seconds + seconds > TOGETHER.seconds;
      if (isFull) groups.push(shared = { files: [], seconds: 0 });
      shared.files.push(file);
      shared.seconds += seconds;
    }
  }
  return groups.sort((a, b) => b.seconds - a.seconds).map(group => group.files);
}

module.exports = { divide, filesOf, knownDurations, recordDurations, ROOT };
