import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { transformSync, version as compiler } from 'esbuild';

const { writeBundles } = require('../../scripts/bundle') as { writeBundles(folder: string): void };
const ROOT = path.join(__dirname, '../..');
/** Below the repository, so that what the plugin requires is found, and beside a `node_modules` that has the plugin for apps. */
const FOLDER = path.join(ROOT, 'test/fixtures/.compiled', `${process.pid}`);
/** The folder of a whole run of scripts/test.js, in which the first process that needs the plugin compiles it for all. */
const { TEST_COMPILED_IN } = process.env;
const FIXTURES = path.join(ROOT, 'test/fixtures/apps');
/** Output that an earlier test process has compiled, by the content of its source. */
const CACHE = path.join(ROOT, 'node_modules/.cache/egg-socketio-tests');
const SOURCES = [ 'index.ts', 'mock.ts', 'prometheus.ts', 'client.ts', 'app.ts', 'agent.ts', 'app', 'config', 'egg-socket.io', 'lib' ];

let compiled: string | undefined;
let isSupportCompiled = false;
let areFixturesCompiled = false;

function javascriptOf(sourcefile: string): string {
  const source = readFileSync(sourcefile, 'utf8');
  const cached = path.join(CACHE, `${createHash('sha256').update(`${compiler}\n${sourcefile}\n${source}`).digest('hex')}.js`);
  if (existsSync(cached)) return readFileSync(cached, 'utf8');
  const { code } = transformSync(source, {
    loader: 'ts', format: 'cjs', target: 'es2022', sourcefile, sourcemap: 'inline',
    tsconfigRaw: { compilerOptions: { experimentalDecorators: true, useDefineForClassFields: false } },
  });
  mkdirSync(CACHE, { recursive: true });
  // Others may write the same at the same time, or read it.
  const written = `${cached}.${process.pid}`;
  writeFileSync(written, code);
  renameSync(written, cached);
  return code;
}

function compile(file: string, target: string, root = ROOT): void {
  if (statSync(path.join(root, file)).isDirectory()) {
    for (const name of readdirSync(path.join(root, file))) compile(path.join(file, name), target, root);
    return;
  }
  if (!file.endsWith('.ts') || file.endsWith('.d.ts')) return;
  const output = path.join(target, file.replace(/\.ts$/, '.js'));
  mkdirSync(path.dirname(output), { recursive: true });
  writeFileSync(output, javascriptOf(path.join(root, file)));
}

/** The folder of what all processes of a run of tests share; of this process, if it was not started by scripts/test.js. */
export function sharedFolder(): string {
  return TEST_COMPILED_IN ?? FOLDER;
}

function writePlugin(target: string): void {
  for (const file of SOURCES) compile(file, target);
  writeBundles(target);
  const { eggPlugin, exports, name, version } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as Record<string, unknown>;
  writeFileSync(path.join(target, 'package.json'), JSON.stringify({ name, version, exports, eggPlugin }));
  copyFileSync(path.join(ROOT, 'egg-socket.io/package.json'), path.join(target, 'egg-socket.io/package.json'));
}

/** The plugin that all processes of the run share; several may write it at the same time. */
function sharedPlugin(folder: string): string {
  const shared = path.join(folder, 'node_modules/egg-socketio');
  if (existsSync(shared)) return shared;
  const own = `${shared}.${process.pid}`;
  writePlugin(own);
  try {
    renameSync(own, shared);
  } catch (error) {
    if (!existsSync(shared)) throw error;
    rmSync(own, { recursive: true });
  }
  return shared;
}

/**
 * The folder of the plugin as JavaScript, compiled once for each run of the tests: a worker of an app that uses it starts four times
 * as fast as one that compiles the sources, and runs what users run. Apps that are to use it go below `apps`, next to its
 * `node_modules`.
 */
export function compiledPlugin(): string {
  if (compiled) return compiled;
  const target = path.join(FOLDER, 'node_modules/egg-socketio');
  mkdirSync(path.dirname(target), { recursive: true });
  if (TEST_COMPILED_IN) symlinkSync(sharedPlugin(TEST_COMPILED_IN), target, 'junction');
  else writePlugin(target);
  // Without it, Node.js takes the files here for the plugin's own, and its sources for what they import as 'egg-socketio'.
  writeFileSync(path.join(FOLDER, 'package.json'), JSON.stringify({ private: true }));
  // A worker that was still booting when its cluster was stopped outlives the master for a moment, and writes to the app's `run`.
  process.once('exit', () => rmSync(FOLDER, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 }));
  return compiled = target;
}

/** Namespaces that an app has besides those of a fixture, because a user's app seldom has only one. */
const BESIDES = `
  const { defineSocketController } = require('egg-socketio');
  module.exports = [ '/beside', '/beside/another' ].map(namespace => defineSocketController({
    namespace, onConnection(ctx) { ctx.join('besides'); }, messages: { echo: (ctx, value) => value },
  }));
`;

function compileFixture(name: string, target: string): void {
  const fixture = path.join(FIXTURES, name);
  for (const file of [ 'app.ts', 'agent.ts', 'app', 'config' ].filter(each => existsSync(path.join(fixture, each)))) compile(file, target, fixture);
  mkdirSync(path.join(target, 'app/socket'), { recursive: true });
  writeFileSync(path.join(target, 'app/socket/besides.js'), BESIDES);
  writeFileSync(path.join(target, 'package.json'), JSON.stringify({ name, egg: { typescript: false } }));
}

/** The folder of `test/support` as JavaScript, compiled once for each process of tests; its modules find the plugin's own files. */
export function compiledSupport(): string {
  if (!isSupportCompiled) {
    symlinkSync(path.join(compiledPlugin(), 'lib'), path.join(FOLDER, 'lib'), 'junction');
    compile('test/support', FOLDER);
    isSupportCompiled = true;
  }
  return path.join(FOLDER, 'test/support');
}

/**
 * The folder of a fixture as JavaScript, in an app that has {@link compiledPlugin}, and two more namespaces. All are compiled, once for
 * each process of tests, as some have files of others. Each is where it is in the repository, so that a fixture finds `test/support` and
 * the plugin's own files.
 */
export function compiledFixture(name: string): string {
  const apps = path.join(FOLDER, 'test/fixtures/apps');
  if (!areFixturesCompiled) {
    compiledSupport();
    for (const each of readdirSync(FIXTURES)) compileFixture(each, path.join(apps, each));
    areFixturesCompiled = true;
  }
  return path.join(apps, name);
}
