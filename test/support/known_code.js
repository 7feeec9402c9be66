'use strict';

// Loaded into the processes of tests: to compile the modules of packages takes a third of the CPU time in which Egg is loaded, and
// another process of the run has compiled them already. V8's code for them is in the files TEST_KNOWN_CODE.*.0, .1 and so on, each
// written by one process at its end, when it has also compiled the functions that are called at the start. V8 compares no more of a source
// than its length; therefore the files are of one run, and have only the code of packages, which nobody changes meanwhile.
const { existsSync, readFileSync, realpathSync, renameSync, writeFileSync } = require('node:fs');
const Module = require('node:module');
const path = require('node:path');
const { cachedDataVersionTag } = require('node:v8');
const vm = require('node:vm');

const { TEST_KNOWN_CODE: file, NODE_V8_COVERAGE: coverage } = process.env;
const FOLDERS = file ? [ realpathSync(path.join(__dirname, '../../node_modules')), path.join(path.dirname(file), 'node_modules/egg-socketio') ] : [];
/** A process that has compiled fewer modules writes no file, which all others would have to read. */
const MANY = 30;
/** A file begins with how many bytes its list takes, in as many bytes. */
const HEAD = 4;
/** In a module that imports while it runs, such code would find no loader. */
const IMPORTS = /\bimport\s*\(/;

/** A process with other flags, such as --expose-gc, can use none of this one's code. */
const start = `${file}.${cachedDataVersionTag()}`;
const known = new Map();
const compiled = new Map();
let files = 0;

function readKnown(name) {
  const all = readFileSync(name);
  const list = JSON.parse(all.subarray(HEAD, HEAD + all.readUInt32LE(0)));
  let from = HEAD + all.readUInt32LE(0);
  for (const [ filename, bytes ] of list) {
    known.set(filename, all.subarray(from, from + bytes));
    from += bytes;
  }
}

function writeCompiled(name) {
  const codes = [ ...compiled ].map(([ filename, script ]) => [ filename, script.createCachedData() ]);
  const list = Buffer.from(JSON.stringify(codes.map(([ filename, code ]) => [ filename, code.length ])));
  const head = Buffer.alloc(HEAD);
  head.writeUInt32LE(list.length);
  writeFileSync(`${name}.${process.pid}`, Buffer.concat([ head, list, ...codes.map(([ , code ]) => code) ]));
  renameSync(`${name}.${process.pid}`, name);
}

function scriptOf(filename, content) {
  const cachedData = known.get(filename);
  const script = new vm.Script(Module.wrap(content), { filename, cachedData, columnOffset: -Module.wrapper[0].length });
  if (!cachedData || script.cachedDataRejected) compiled.set(filename, script);
  return script;
}

function requireOf(module) {
  const require = id => module.require(id);
  require.resolve = (request, options) => Module._resolveFilename(request, module, false, options);
  require.resolve.paths = request => Module._resolveLookupPaths(request, module);
  return Object.assign(require, { main: process.mainModule, extensions: Module._extensions, cache: Module._cache });
}

if (file && !coverage) {
  for (; existsSync(`${start}.${files}`); files++) readKnown(`${start}.${files}`);

  const { _compile: compile } = Module.prototype;
  Module.prototype._compile = function(content, filename, format) {
    const isOther = format === 'module' || this.id === '.' || !FOLDERS.some(folder => filename.startsWith(folder + path.sep));
    if (isOther || IMPORTS.test(content)) return compile.call(this, content, filename, format);
    let script;
    try {
      script = scriptOf(filename, content);
    } catch {
      // Node.js says what is wrong, or finds that it is an ES module.
      return compile.call(this, content, filename, format);
    }
    const run = script.runInThisContext();
    return run.call(this.exports, this.exports, requireOf(this), this, filename, path.dirname(filename));
  };

  process.once('exit', () => {
    // If another process has written this file meanwhile, it may have had the same modules.
    const name = `${start}.${files}`;
    if (compiled.size >= MANY && existsSync(path.dirname(file)) && !existsSync(name)) writeCompiled(name);
  });
}
