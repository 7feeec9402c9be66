'use strict';

/** @return {number} interpolated; `share` 0.5 is the median */
function quantile(numbers, share) {
  const sorted = [ ...numbers ].sort((a, b) => a - b);
  const position = (sorted.length - 1) * share;
  const below = Math.floor(position);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (sorted[above] - sorted[below]) * (position - below);
}

function median(numbers) {
  return quantile(numbers, 0.5);
}

/** What is shown of a figure that was taken many times. */
function summarise(numbers) {
  return { median: median(numbers), q1: quantile(numbers, 0.25), q3: quantile(numbers, 0.75), n: numbers.length };
}

/** Figures divided by those of the same rounds. */
function ratios(numbers, reference) {
  return numbers.map((number, round) => number / reference[round]);
}

function shuffle(list) {
  return list.map(value => ({ value, key: Math.random() })).sort((a, b) => a.key - b.key).map(({ value }) => value);
}

module.exports = { median, quantile, ratios, shuffle, summarise };
