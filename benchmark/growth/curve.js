'use strict';

const { takeTurns } = require('../compare');
const { NAMES } = require('../systems');
const { median, ratios, summarise } = require('../statistics');

/** As a factor, about what the same system differs by from itself. */
const FLAT = 1.15;

const show = ({ median: middle, q1, q3 }, digits) => `${middle.toFixed(digits)} (${q1.toFixed(digits)} – ${q3.toFixed(digits)})`;

/** How a figure has grown from the first size to the last, as a ratio in the same round. */
function growthOf(lists, sizes) {
  const { median: ratio, q1, q3 } = summarise(ratios(lists.at(-1), lists[0]));
  const times = `× ${ratio.toFixed(2)} (${q1.toFixed(2)} – ${q3.toFixed(2)})`;
  if (ratio <= FLAT) return `${ratio < 1 / FLAT ? 'falls' : 'flat'}, ${times}`;
  const power = Math.log(ratio) / Math.log(sizes.at(-1) / sizes[0]);
  return `GROWS, ${times}, as n^${power.toFixed(2)}`;
}

/** What each further one has added, from size to size. The same everywhere is linear. */
function addedOf(lists, sizes, { digits, factor, label }) {
  const middles = lists.map(median);
  const steps = sizes.slice(1).map((size, i) => `${((middles[i + 1] - middles[i]) / (size - sizes[i]) * factor).toFixed(digits)} up to ${size}`);
  return `each further one adds ${label}: ${steps.join(', ')}`;
}

/**
 * A curve: figures of several systems by the size of something, sizes and systems taking turns in a random order.
 *
 * @param {object} what - of the section `name` and `title`; `axis` says what grows
 * @param {object[]} what.systems - each with a `name`
 * @param {number[]} what.sizes - from small to large
 * @param {object[]} what.metrics - what is measured: each with `key`, `label` and `digits`, and `from` which size on, if not from the
 * first. What is a sum over what grows has `added`: with which `label`, `factor` and `digits` it is said what a further one adds
 * @param {number} what.rounds - of turns
 * @param {function(object, number): Promise<object>} what.measure - gets a system and a size, gives the figures by their keys
 * @return {Promise<import('../report').Section>} with the chart
 */
module.exports = async function measureCurve({ name, axis, title, systems, sizes, metrics, notes = [], rounds, measure }) {
  const turns = systems.flatMap(system => sizes.map(size => ({ system, size })));
  const results = await takeTurns(turns, rounds, ({ system, size }) => measure(system, size), { isFresh: true });
  const listsOf = (system, { from = 0, key }) => turns.filter(turn => turn.system === system && turn.size >= from)
    .map(turn => results.get(turn).map(figures => figures[key]));
  const sizesOf = ({ from = 0 }) => sizes.filter(size => size >= from);
  const standings = metrics.flatMap(metric => systems.map(system => {
    const { added, label } = metric;
    const [ lists, its ] = [ listsOf(system, metric), sizesOf(metric) ];
    return `${label}, ${system.name}: ${added ? addedOf(lists, its, added) : growthOf(lists, its)}.`;
  }));
  return {
    name,
    title: `${title} Median (quartiles) of ${rounds} rounds.`,
    head: [ 'system', axis, ...metrics.map(({ label }) => label) ],
    rows: turns.map(turn => [
      turn.system.name, String(turn.size),
      ...metrics.map(({ digits, from = 0, key }) => (
        turn.size < from ? '–' : show(summarise(results.get(turn).map(figures => figures[key])), digits)
      )),
    ]),
    notes: [ ...standings, `A change of at most × ${FLAT} is called flat.`, ...notes ],
    chart: {
      title: `Growth with ${axis}`,
      axis,
      panels: metrics.map(metric => ({
        title: metric.label,
        isLinear: Boolean(metric.added),
        lines: systems.map(system => ({
          label: system.name,
          isOurs: system.name.startsWith(NAMES.ours),
          points: listsOf(system, metric).map((list, i) => ({ x: sizesOf(metric)[i], ...summarise(list) })),
        })),
      })),
    },
    data: { rounds, results: turns.map(turn => ({ system: turn.system.name, size: turn.size, rounds: results.get(turn) })) },
  };
};
