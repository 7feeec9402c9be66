'use strict';

// The charts of a run as SVG. A bar chart has medians, and whiskers from quartile to quartile.
const { mkdirSync, writeFileSync } = require('node:fs');
const path = require('node:path');
const drawLines = require('./line_chart');
const { COLOURS, escape, frame, round } = require('./svg');

/** Pixels: of the bars and what stands right of them, of a title above them, and of a letter where letters are wide. */
const [ BARS, RIGHT, TOP, BAR, GAP, LETTER ] = [ 400, 70, 44, 20, 10, 7.8 ];

/**
 * @param {object} chart - of one workload
 * @param {string} chart.title - of it
 * @param {object[]} chart.bars - each with `label`, `median`, `q1`, `q3`, and `isOurs`
 * @param {number} [chart.line] - a figure to compare with
 * @return {string} the SVG
 */
function drawBars({ bars, line, title }) {
  const most = Math.max(line ?? 0, ...bars.map(({ median, q3 }) => Math.max(median, q3))) * 1.05;
  const left = Math.ceil(Math.max(...bars.map(({ label }) => label.length)) * LETTER) + 20;
  const width = left + BARS + RIGHT;
  const x = figure => left + Math.max(figure, 0) / most * BARS;
  const at = figure => x(figure).toFixed(1);
  const height = TOP + bars.length * (BAR + GAP) + GAP;
  const parts = bars.map(({ isOurs, label, median, q1, q3 }, i) => {
    const y = TOP + i * (BAR + GAP);
    const middle = y + BAR / 2;
    const end = Math.max(x(median), x(q3)) + 8;
    return [
      `<text x="${left - 10}" y="${middle + 4}" text-anchor="end"${isOurs ? ' font-weight="bold"' : ''}>${escape(label)}</text>`,
      `<rect x="${left}" y="${y}" width="${(x(median) - left).toFixed(1)}" height="${BAR}" fill="${isOurs ? COLOURS.ours : COLOURS.other}"/>`,
      `<path d="M${at(q1)} ${middle}H${at(q3)}M${at(q1)} ${middle - 5}v10M${at(q3)} ${middle - 5}v10" stroke="${COLOURS.whisker}" fill="none"/>`,
      `<text x="${end.toFixed(1)}" y="${middle + 4}">${round(median)}</text>`,
    ].join('\n');
  });
  const ruler = line === undefined ? [] : [
    `<path d="M${at(line)} ${TOP - 6}V${height - GAP / 2}" stroke="${COLOURS.line}" stroke-dasharray="4 3"/>`,
  ];
  return frame({ title, width, height }, [ ...parts, ...ruler ]);
}

/**
 * Draws the charts of sections into a folder.
 *
 * @return {string[]} the files
 */
function drawAll(folder, sections) {
  mkdirSync(folder, { recursive: true });
  return sections.filter(({ chart }) => chart).map(({ chart, name }) => {
    const file = path.join(folder, `${name}.svg`);
    writeFileSync(file, chart.panels ? drawLines(chart) : drawBars(chart));
    return file;
  });
}

module.exports = { drawAll };
