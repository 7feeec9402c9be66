'use strict';

const { NAMES } = require('./systems');
const { ratios, shuffle, summarise } = require('./statistics');

/**
 * Lets everything that is compared take its turn, in each round in another order, after a turn each that does not count.
 *
 * @param {T[]} turns - what takes turns
 * @param {number} rounds - that count
 * @param {function(T): Promise<R>} measure - one turn
 * @param {object} [options] - `isFresh`: each turn has a server of its own, so that a turn that does not count is of no use
 * @return {Promise<Map<T, R[]>>} the results of the rounds
 * @template T
 * @template R
 */
async function takeTurns(turns, rounds, measure, { isFresh = false } = {}) {
  const results = new Map(turns.map(turn => [ turn, []]));
  for (const turn of isFresh ? [] : turns) await measure(turn);
  for (let round = 0; round < rounds; round++) {
    for (const turn of shuffle(turns)) results.get(turn).push(await measure(turn));
  }
  return results;
}

function spread({ q1, q3 }, digits) {
  return `${q1.toFixed(digits)} – ${q3.toFixed(digits)}`;
}

/** Compares the plugin with each other system. It is level with one if 1 lies between the quartiles of their ratio. */
function standing(results) {
  const ours = results.get(NAMES.ours);
  const places = { 'ahead of': [], 'level with': [], BEHIND: [] };
  for (const [ name, numbers ] of results) {
    if ([ NAMES.ours, NAMES.control, NAMES.floor ].includes(name)) continue;
    const { median, q1, q3 } = summarise(ratios(ours, numbers));
    const place = q3 < 1 ? 'ahead of' : q1 > 1 ? 'BEHIND' : 'level with';
    places[place].push(`${name} (${median.toFixed(2)})`);
  }
  const list = Object.entries(places).filter(([ , names ]) => names.length > 0).map(([ place, names ]) => `${place} ${names.join(', ')}`);
  if (results.has(NAMES.floor)) list.push(`above the floor by ${summarise(ratios(ours, results.get(NAMES.floor))).median.toFixed(2)}`);
  return `${NAMES.ours} compared with each other system, as a ratio in the same round: ${list.join('; ')}.`;
}

/**
 * A section of figures of which less is better.
 *
 * @param {object} what - `name`, `title`, `figure` (what is measured, for the head of the table), `digits`, `notes`
 * @param {Map<string, number[]>} results - by the systems' names
 * @return {import('./report').Section} with the chart
 */
function compare({ name, title, figure, digits, notes = [], reference = NAMES.plain }, results) {
  const against = results.get(reference);
  const summaries = [ ...results ].map(([ system, numbers ]) => ({
    system, figure: summarise(numbers), ratio: summarise(ratios(numbers, against)),
  }));
  return {
    name,
    title,
    head: [ 'system', figure, 'quartiles', `ratio to ${reference}`, 'quartiles' ],
    rows: summaries.map(({ system, figure: numbers, ratio }) => [
      system, numbers.median.toFixed(digits), spread(numbers, digits), ratio.median.toFixed(2), spread(ratio, 2),
    ]),
    notes: [ standing(results), ...notes ],
    chart: {
      line: 1,
      title: `${figure}, ratio to ${reference}`,
      bars: summaries.map(({ system, ratio }) => ({ label: system, isOurs: system === NAMES.ours, ...ratio })),
    },
    data: { summaries, results: Object.fromEntries(results) },
  };
}

module.exports = { compare, spread, takeTurns };
