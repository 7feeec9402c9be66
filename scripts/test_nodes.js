'use strict';

/*
 * Runs the tests on each version of Node.js that the plugin supports, one after the other. The versions come as the npm
 * package `node`, into node_modules/.cache.
 *
 *   npm run test:nodes -- [18.19.0 20 22 24] [--docs]
 *
 * --docs  writes which versions have passed, and when, into the compatibility tables of the READMEs; what these say of other
 *         versions stays
 */
const { spawnSync } = require('node:child_process');
const { mkdirSync, readFileSync, writeFileSync } = require('node:fs');
const path = require('node:path');
const { parseArgs } = require('node:util');

const ROOT = path.join(__dirname, '..');
const CACHE = path.join(ROOT, 'node_modules', '.cache', 'nodes');
const ROW = /^\| Node\.js \|.*$/m;
/** A version and the day on which the tests have passed on it. */
const ENTRY = /(\d+\.\d+\.\d+) \((\d{4}-\d\d-\d\d)\)/g;
const ROWS = {
  'README.md': entries => `| Node.js | 18.19 or newer; the tests passed on ${entries.join(', ')} |`,
  'README.zh-CN.md': entries => `| Node.js | 18.19 及以上；测试通过的版本：${entries.join('、')} |`,
};

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { docs: { type: 'boolean', default: false } },
});
const wanted = positionals.length > 0 ? positionals : [ '18.19.0', '20', '22', '24' ];

function run(command, args, env) {
  return spawnSync(command, args, { cwd: ROOT, stdio: 'inherit', env, shell: process.platform === 'win32' }).status === 0;
}

/** @return {string} the folder that its `node` is in */
function install(version) {
  const folder = path.join(CACHE, version);
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'package.json'), '{ "private": true }\n');
  const args = [ 'install', '--prefix', folder, '--no-package-lock', '--no-audit', '--no-fund', '--loglevel=error', `node@${version}` ];
  if (!run('npm', args, process.env)) throw new Error(`node@${version} could not be installed`);
  return path.join(folder, 'node_modules', 'node', 'bin');
}

/** @return {{ version: string, passed: boolean }} the whole version, and whether the tests have passed on it */
function test(wantedVersion) {
  const bin = install(wantedVersion);
  const version = spawnSync(path.join(bin, 'node'), [ '--version' ], { encoding: 'utf8' }).stdout.trim().slice(1);
  console.log('\n=== Node.js %s', version);
  const PATH = `${bin}${path.delimiter}${process.env.PATH}`;
  const env = { ...process.env, PATH };
  return { version, passed: run('npm', [ 'test' ], env) && run('npm', [ 'run', 'test:package' ], env) };
}

function writeDocs(versions) {
  const today = new Date().toISOString().slice(0, 10);
  for (const [ name, rowOf ] of Object.entries(ROWS)) {
    const file = path.join(ROOT, name);
    const text = readFileSync(file, 'utf8');
    const [ row ] = text.match(ROW) ?? [];
    if (!row) throw new Error(`${name} has no row "| Node.js |" in its compatibility table`);
    const earlier = [ ...row.matchAll(ENTRY) ].map(([ , version, day ]) => ({ version, day }));
    // One of each major version: the last that was tested.
    const all = [ ...earlier, ...versions.map(version => ({ version, day: today })) ];
    const byMajor = new Map(all.map(entry => [ Number.parseInt(entry.version, 10), entry ]));
    const entries = [ ...byMajor ].sort(([ a ], [ b ]) => a - b).map(([ , { version, day }]) => `${version} (${day})`);
    writeFileSync(file, text.replace(ROW, rowOf(entries)));
  }
}

const results = wanted.map(test);
console.log('\n%s', results.map(({ version, passed }) => `Node.js ${version}: ${passed ? 'passed' : 'FAILED'}`).join('\n'));
const passed = results.filter(result => result.passed);
if (options.docs && passed.length > 0) writeDocs(passed.map(({ version }) => version));
if (passed.length < results.length) process.exit(1);
