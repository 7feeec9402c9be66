'use strict';

/*
 * What many workers cost, on Linux: all figures are sums over all processes of a system with two workers, and what is
 * compared takes turns in one run. README.md says what the parts are.
 *
 *   npm run bench:cluster [-- --only echo,broadcast,handshake,connect --rounds 15 --messages 30000 --clients 50 --docs]
 */
const { requirePackages, requireSameVersions } = require('./installed');

requirePackages();
requireSameVersions();

const { parseArgs } = require('node:util');
const { drawAll } = require('./chart');
const { measurePart, PARTS, stopAll } = require('./cluster/parts');
const { describeRun, headline, IMAGES, keep, print, writeInto } = require('./report');

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: 'echo,broadcast,handshake,connect' },
    rounds: { type: 'string', default: '15' },
    messages: { type: 'string', default: '30000' },
    connections: { type: 'string', default: '40' },
    inflight: { type: 'string', default: '8' },
    broadcasts: { type: 'string', default: '1000' },
    handshakes: { type: 'string', default: '200' },
    clients: { type: 'string', default: '50' },
    windows: { type: 'string', default: '50,100,300,500,1000' },
    docs: { type: 'boolean', default: false },
  },
});
const SIZES = [ 'rounds', 'messages', 'connections', 'inflight', 'broadcasts', 'handshakes', 'clients' ];
const sizes = Object.fromEntries(SIZES.map(key => [ key, Number(options[key]) ]));

async function main() {
  const parts = options.only.split(',');
  for (const part of parts) {
    if (!Object.hasOwn(PARTS, part)) throw new Error(`--only ${part}: the parts are ${Object.keys(PARTS).join(', ')}`);
  }
  const run = describeRun();
  console.log('%s\nThe app runs built, in the environment prod.', headline(run));
  const sections = [];
  for (const part of parts) {
    sections.push(await measurePart(part, { ...sizes, windows: options.windows.split(',') }));
    print(sections.at(-1));
  }
  console.log('\nAll figures: %s', keep('cluster', run, sections));
  if (!options.docs) return;
  drawAll(IMAGES, sections);
  await writeInto(run, sections);
}

for (const signal of [ 'SIGINT', 'SIGTERM' ]) {
  process.once(signal, () => {
    stopAll().finally(() => process.exit(1));
  });
}

main().catch(error => {
  console.error(error);
  process.exitCode = 1;
});
