'use strict';

// Builds the plugin and an app beside it as they are in production: JavaScript, the plugin in the app's node_modules.
const { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const ts = require('typescript');

const ROOT = path.join(__dirname, '..');
const PLUGIN = [ 'index.ts', 'app.ts', 'agent.ts', 'app', 'config', 'lib' ];

function readOptions() {
  const { config } = ts.readConfigFile(path.join(ROOT, 'tsconfig.build.json'), ts.sys.readFile);
  return { ...ts.parseJsonConfigFileContent(config, ts.sys, ROOT).options, declaration: false };
}

/** Compiles a file or all files of a folder, and copies what is no TypeScript; type errors are the type check's business. */
function compile(source, target, compilerOptions) {
  if (statSync(source).isDirectory()) {
    for (const name of readdirSync(source)) compile(path.join(source, name), path.join(target, name), compilerOptions);
  } else if (source.endsWith('.ts')) {
    const { outputText } = ts.transpileModule(readFileSync(source, 'utf8'), { compilerOptions, fileName: source });
    mkdirSync(path.dirname(target), { recursive: true });
    writeFileSync(target.replace(/\.ts$/, '.js'), outputText);
  } else {
    mkdirSync(path.dirname(target), { recursive: true });
    cpSync(source, target);
  }
}

/** Where a package is, for an app that stands in another folder. */
function folderOf(name) {
  return [ __dirname, ROOT ].map(folder => path.join(folder, 'node_modules', name)).find(existsSync);
}

/**
 * @param {string} app - the folder of its sources: `package.json`, `app` and `config`
 * @param {string[]} [packages] - what else it needs in its node_modules
 * @return {string} the folder to start it in; it is removed when this process ends
 */
module.exports = function build(app, packages = []) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'egg-socketio-benchmark-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  const options = readOptions();
  const plugin = path.join(folder, 'plugin');
  for (const name of PLUGIN) compile(path.join(ROOT, name), path.join(plugin, name), options);
  cpSync(path.join(ROOT, 'package.json'), path.join(plugin, 'package.json'));
  symlinkSync(path.join(ROOT, 'node_modules'), path.join(plugin, 'node_modules'));
  const baseDir = path.join(folder, 'app');
  compile(app, baseDir, options);
  mkdirSync(path.join(baseDir, 'node_modules'));
  symlinkSync(plugin, path.join(baseDir, 'node_modules', 'egg-socketio'));
  for (const name of packages) symlinkSync(folderOf(name), path.join(baseDir, 'node_modules', name));
  return baseDir;
};
