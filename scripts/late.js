'use strict';

// Loaded into each process of `npm run test:stress`: timers and files come late, as they do on a machine that has too much to do. What
// happens is a matter of LATE_SEED, as far as the processes do the same again.
const fs = require('node:fs');
const { syncBuiltinESMExports } = require('node:module');
const timers = require('node:timers');
const timersPromises = require('node:timers/promises');

/** Milliseconds. */
const LATE = 30;
/** Milliseconds that a busy disk may take now and then. */
const VERY_LATE = 1000;
/** How many file operations take up to that: one in so many. Those that open a file are few, but a log has no lines before that. */
const ONE_IN = 40;
const ONE_OPENED_IN = 10;
/** Milliseconds within which timers go from the least late to the latest, and back. */
const PERIOD = 500;
/** A timer that is set for longer runs at once. */
const LONGEST = 2 ** 31 - 1;
/** `fs.createWriteStream` has its file opened, written and closed by these, too. */
const FILES = [
  'readFile', 'writeFile', 'appendFile', 'open', 'write', 'writev', 'stat', 'lstat', 'access', 'readdir', 'mkdir', 'rename', 'unlink', 'rm',
];

let state = Number(process.env.LATE_SEED ?? 1);
/** From 0 to 1, by the seed: a linear congruential generator. */
function random() {
  state = (state * 1664525 + 1013904223) % 2 ** 32;
  return state / 2 ** 32;
}

const phase = random() * PERIOD;
/** How late a timer is changes so slowly that timers keep their order: no busy machine changes that. */
const lateAt = time => LATE / 2 * (1 + Math.sin((time + phase) / PERIOD * 2 * Math.PI));

function delayed(ms) {
  const due = Math.max(1, Number(ms) || 0);
  return due > LONGEST ? ms : Math.min(due + lateAt(performance.now() + due), LONGEST);
}

/** How late a file operation begins. */
function lateFile(name) {
  const isVeryLate = random() * (name === 'open' ? ONE_OPENED_IN : ONE_IN) < 1;
  return random() * (isVeryLate ? VERY_LATE : LATE);
}

const { setTimeout: later } = timers;
const { setTimeout: wait } = timersPromises;
timers.setTimeout = globalThis.setTimeout = Object.assign((run, ms, ...args) => later(run, delayed(ms), ...args), later);
timersPromises.setTimeout = (ms, ...args) => wait(delayed(ms), ...args);

for (const name of FILES) {
  const { [name]: call } = fs.promises;
  // These are methods of the file there.
  if (call) {
    fs.promises[name] = async (...args) => {
      await wait(lateFile(name));
      return call.apply(fs.promises, args);
    };
  }
  const { [name]: callWithCallback } = fs;
  fs[name] = Object.assign((...args) => { later(() => callWithCallback.apply(fs, args), lateFile(name)); }, callWithCallback);
}
syncBuiltinESMExports();
