'use strict';

/*
 * What the plugin costs beside plain Socket.IO and its peers, and where its targets stand. README.md says what the
 * workloads are; `growth` is no part of the whole run.
 *
 *   npm run bench [-- echo heap-4 --rounds 7 --scale 1 --docs]
 */
const { requirePackages, requireSameVersions } = require('./installed');

requirePackages();
requireSameVersions();

const path = require('node:path');
const { parseArgs } = require('node:util');
const { drawAll } = require('./chart');
const { stopAll } = require('./cluster/parts');
const { describeRun, headline, IMAGES, keep, print, RESULTS, writeInto } = require('./report');
const judge = require('./targets');

/** What is run when nothing else is asked for. */
const WHOLE = {
  ...require('./workloads/echo'),
  ...require('./workloads/broadcast'),
  ...require('./workloads/heap'),
  ...require('./workloads/handshake'),
  ...require('./workloads/boot'),
  ...require('./workloads/cluster'),
};
const WORKLOADS = { ...WHOLE, ...require('./workloads/growth'), ...require('./workloads/limits'), ...require('./workloads/ablation'), ...require('./workloads/sizing'), ...require('./workloads/deploy'), ...require('./workloads/patterns'), ...require('./workloads/streams') };

/** Curves have many points. */
const [ ROUNDS, ROUNDS_OF_CURVES ] = [ 7, 3 ];
const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string' },
    scale: { type: 'string', default: '1' },
    docs: { type: 'boolean', default: false },
  },
});

/** The workloads that are asked for, by their names or by what these begin with; without a name, all of the whole run. */
function choose() {
  const all = Object.keys(WORKLOADS);
  if (positionals.length === 0) return Object.keys(WHOLE);
  for (const word of positionals) {
    if (!all.some(name => name === word || name.startsWith(`${word}-`))) throw new Error(`${word}: the workloads are ${all.join(', ')}`);
  }
  return all.filter(name => positionals.some(word => name === word || name.startsWith(`${word}-`)));
}

async function main() {
  const chosen = choose();
  const run = { ...describeRun(), options };
  console.log('%s\nNODE_ENV is production, the plugin is built, and all options have their defaults.', headline(run));
  const sections = [];
  for (const name of chosen) {
    const start = performance.now();
    const rounds = Number(options.rounds ?? (name in WHOLE ? ROUNDS : ROUNDS_OF_CURVES));
    sections.push(await WORKLOADS[name]({ rounds, scale: Number(options.scale) }));
    print(sections.at(-1));
    console.log('\n(%d s)', ((performance.now() - start) / 1000).toFixed(0));
  }
  const targets = judge(sections);
  if (chosen.some(name => name in WHOLE)) print(targets);
  console.log('\nAll figures: %s', keep('bench', run, [ ...sections, targets ]));
  const isWhole = Object.keys(WHOLE).every(name => chosen.includes(name));
  const files = drawAll(options.docs ? IMAGES : path.join(RESULTS, 'charts'), sections);
  if (files.length > 0) console.log('Charts: %s', path.dirname(files[0]));
  // Where the targets stand is for the docs only when all of them were looked at.
  if (options.docs) await writeInto(run, isWhole ? [ ...sections, targets ] : sections);
}

for (const signal of [ 'SIGINT', 'SIGTERM' ]) {
  // The other processes end when this one does: their channel to it is closed.
  process.once(signal, () => {
    stopAll().finally(() => process.exit(1));
  });
}

main().catch(error => {
  console.error(error);
  process.exit(1);
});
