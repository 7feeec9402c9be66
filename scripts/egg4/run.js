'use strict';

// Runs the tests on Egg 4: `node scripts/egg4/run.js [arguments of scripts/test.js]`. They run in a copy of the sources,
// beside which `node_modules` leads to the same packages, but for Egg and its tools: those are of this folder's package.json.
const { spawn } = require('node:child_process');
const { cpSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync } = require('node:fs');
const { tmpdir } = require('node:os');
const path = require('node:path');

const ROOT = path.join(__dirname, '../..');
const NOT_SOURCES = new Set([ 'node_modules', '.git', 'logs', 'coverage', 'inline', '.compiled' ]);

/** What is another package with Egg 4, by the name under which tests and fixtures know it. */
const REPLACED = {
  egg: 'egg',
  'egg-bin': '@eggjs/bin',
  'egg-mock': '@eggjs/mock',
  'egg-passport': 'egg-passport',
  'egg-redis': '@eggjs/redis',
  'egg-scripts': '@eggjs/scripts',
  'egg-ts-helper': 'egg-ts-helper',
  'egg-validate': 'egg-validate',
};

/** Egg writes into folders that are called `run`; a file of that name is something else. */
function isSource(file) {
  const name = path.basename(file);
  return !NOT_SOURCES.has(name) && !(name === 'run' && lstatSync(file).isDirectory());
}

/** The names of all packages in a `node_modules`. */
function packagesIn(folder) {
  return readdirSync(folder).flatMap(name => {
    if (name.startsWith('.')) return [];
    return name.startsWith('@') ? readdirSync(path.join(folder, name)).map(each => `${name}/${each}`) : [ name ];
  });
}

function link(target, location) {
  mkdirSync(path.dirname(location), { recursive: true });
  symlinkSync(target, location, 'junction');
}

function linkPackages(copy) {
  const [ ours, egg4, linked ] = [ ROOT, __dirname, copy ].map(folder => path.join(folder, 'node_modules'));
  for (const name of packagesIn(ours)) {
    if (!(name in REPLACED) && name !== 'egg-socketio') link(path.join(ours, name), path.join(linked, name));
  }
  for (const [ name, replacement ] of Object.entries(REPLACED)) link(path.join(egg4, replacement), path.join(linked, name));
  link(copy, path.join(linked, 'egg-socketio'));
  for (const program of readdirSync(path.join(ours, '.bin'))) {
    const from = /^(egg-(bin|scripts)|ets)$/.test(program) ? egg4 : ours;
    link(path.join(from, '.bin', program), path.join(linked, '.bin', program));
  }
}

function run(copy, files) {
  const options = { cwd: copy, stdio: 'inherit', env: { ...process.env, EGG_SOCKETIO_TEST_EGG: '4' } };
  const child = spawn(process.execPath, [ path.join(copy, 'scripts/test.js'), ...files ], options);
  for (const signal of [ 'SIGINT', 'SIGTERM' ]) process.on(signal, () => child.kill(signal));
  child.once('exit', code => { process.exitCode = code ?? 1; });
  child.once('close', () => rmSync(copy, { recursive: true, force: true }));
}

if (!existsSync(path.join(__dirname, 'node_modules'))) {
  console.error('Egg 4 is missing: run npm ci --prefix scripts/egg4');
  process.exit(1);
}
const copy = mkdtempSync(path.join(realpathSync(tmpdir()), 'egg-socketio-egg4-'));
cpSync(ROOT, copy, { recursive: true, filter: isSource });
linkPackages(copy);
run(copy, process.argv.slice(2));
