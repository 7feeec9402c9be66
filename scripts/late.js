'use strict';

// Loaded into each process of `npm run test:stress`: timers and files come late, as they do on a machine that has too much to do.
const fs = require('node:fs');

/** Milliseconds. */
const LATE = 30;
/** A timer cannot be set for longer: it would run at once. */
const LONGEST = 2 ** 31 - 1;
const { setTimeout: later } = globalThis;
const late = () => Math.random() * LATE;

globalThis.setTimeout = Object.assign((run, ms, ...args) => later(run, Math.min((Number(ms) || 0) + late(), LONGEST), ...args), later);

for (const name of [ 'readFile', 'writeFile', 'open', 'stat', 'mkdir', 'rename', 'unlink', 'rm' ]) {
  const { [name]: call } = fs.promises;
  fs.promises[name] = async (...args) => {
    await new Promise(resolve => { later(resolve, late()); });
    return call.apply(fs.promises, args);
  };
}
