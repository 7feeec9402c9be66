'use strict';

// Loaded into each process of a cluster under test: to find the files of a thousand modules takes a quarter of the CPU time in which Egg
// is loaded, and the other processes of this run have found them already. They are in the file TEST_KNOWN_MODULES, a line of JSON for
// each process that has found some that were not there.
const { appendFileSync, existsSync, readFileSync } = require('node:fs');
const Module = require('node:module');
const path = require('node:path');

const { TEST_KNOWN_MODULES: file } = process.env;
const known = new Map();
const found = [];

if (existsSync(file)) {
  // The last line may not be complete yet.
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  for (const line of lines) for (const [ key, name ] of JSON.parse(line)) known.set(key, name);
}

const { _resolveFilename: resolve } = Module;

Module._resolveFilename = function(request, parent, isMain, options) {
  // Only packages: an app is of its test's own, and the test may change it.
  if (options || !parent?.filename?.includes('node_modules')) return resolve.call(this, request, parent, isMain, options);
  const key = `${path.dirname(parent.filename)} ${request}`;
  let name = known.get(key);
  if (!name) {
    name = resolve.call(this, request, parent, isMain, options);
    known.set(key, name);
    found.push([ key, name ]);
  }
  return name;
};

process.once('exit', () => {
  // A worker that outlives its test for a moment finds the folder gone, and an error here would change its exit code.
  if (found.length > 0 && existsSync(path.dirname(file))) appendFileSync(file, `${JSON.stringify(found)}\n`);
});
