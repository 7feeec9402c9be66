'use strict';

const Child = require('../child');
const { spread, takeTurns } = require('../compare');
const { summarise } = require('../statistics');
const { folderOf } = require('../systems');

const WITH = 'Egg with the plugin';
const WITHOUT = 'Egg without it';
const CONTROL = 'Egg without it (control)';
const FIGURES = [ 'ms', 'heap', 'rss' ];

async function boot(name) {
  const app = new Child('servers/boot.js', {
    EGG_HOME: folderOf('boot_app'), WITHOUT_PLUGIN: name === WITH ? '' : '1',
  }, [ '--expose-gc' ]);
  try {
    return await app.hear('how it has started');
  } finally {
    await app.stop();
  }
}

/** What the plugin adds to the start of an app, and to what it keeps in memory from then on. */
async function measureBoot({ rounds: wanted }) {
  const rounds = wanted * 4;
  const results = await takeTurns([ WITHOUT, CONTROL, WITH ], rounds, boot);
  const reference = results.get(WITHOUT);
  const summaries = [ ...results ].map(([ name, list ]) => ({
    name,
    figures: Object.fromEntries(FIGURES.map(key => [ key, summarise(list.map(result => result[key])) ])),
    shares: Object.fromEntries(FIGURES.map(key => [ key, summarise(list.map((result, round) => result[key] - reference[round][key])) ])),
  }));
  const show = (summary, digits) => `${summary.median.toFixed(digits)} (${spread(summary, digits)})`;
  return {
    name: 'boot',
    title: `Starting a single-process Egg app with a controller of four handlers, until it listens: median (quartiles) of ${rounds} starts. The plugin's share is the difference in the same round.`,
    head: [ 'app', 'ms', 'MiB of heap', 'MiB of RSS', 'share: ms', 'share: MiB of heap', 'share: MiB of RSS' ],
    rows: summaries.map(({ name, figures, shares }) => [
      name, ...FIGURES.map(key => show(figures[key], key === 'ms' ? 0 : 1)),
      ...FIGURES.map(key => (name === WITHOUT ? '0' : show(shares[key], key === 'ms' ? 0 : 1))),
    ]),
    notes: [ 'Heap is `heapUsed` and `external` after garbage collection; the memory target refers to it.' ],
    chart: {
      title: 'ms until an Egg app listens',
      bars: summaries.map(({ name, figures }) => ({ label: name, isOurs: name === WITH, ...figures.ms })),
    },
    data: { share: summaries.find(({ name }) => name === WITH).shares, summaries, results: Object.fromEntries(results) },
  };
}

module.exports = { boot: measureBoot };
