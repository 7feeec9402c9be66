'use strict';

// Loaded into each process of a cluster under test: whatever Egg gives to a log file is in the file at once. Egg's own streams write
// later, in another thread, and a process does not wait for that when it exits: its last lines may be lost.
const fs = require('node:fs');
const { Writable } = require('node:stream');

const { createWriteStream } = fs;

function streamOf(file) {
  return new Writable({
    decodeStrings: false,
    write(chunk, _encoding, done) {
      fs.appendFileSync(file, chunk);
      done();
    },
  });
}

fs.createWriteStream = (file, options) => (String(file).endsWith('.log') ? streamOf(file) : createWriteStream(file, options));
