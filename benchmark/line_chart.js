'use strict';

// Line charts as SVG, side by side: medians, with whiskers from quartile to quartile, over a logarithmic axis or a linear one.
const { COLOURS, escape, frame, round } = require('./svg');

/** Pixels: of a chart's plane, and of what stands around it. */
const [ WIDTH, HEIGHT, LEFT, GAP, TOP, BOTTOM, LINE ] = [ 230, 180, 60, 24, 70, 50, 18 ];
/** Pixels between the sizes that are named. */
const APART = 24;
const OTHERS = [ COLOURS.other, COLOURS.third ];

/** A round number of which there are about four up to the largest figure. */
function stepOf(most) {
  const power = 10 ** Math.floor(Math.log10(most / 4));
  return [ 1, 2, 5, 10 ].map(factor => factor * power).find(step => most / step <= 5);
}

function drawLine({ points }, colour, x, y) {
  const at = (figure, scale) => scale(figure).toFixed(1);
  const path = points.map(({ x: size, median }, i) => `${i === 0 ? 'M' : 'L'}${at(size, x)} ${at(median, y)}`).join('');
  const whiskers = points.map(({ x: size, q1, q3 }) => `M${at(size, x)} ${at(q1, y)}V${at(q3, y)}`).join('');
  return [
    `<path d="${path}" stroke="${colour}" stroke-width="2" fill="none"/>`,
    `<path d="${whiskers}" stroke="${colour}" stroke-opacity="0.5" stroke-width="4"/>`,
    ...points.map(({ x: size, median }) => `<circle cx="${at(size, x)}" cy="${at(median, y)}" r="3" fill="${colour}"/>`),
  ];
}

/** The sizes that there is room for under the axis, from the largest down. */
function namesOf(sizes, x) {
  const named = [];
  for (const size of [ ...sizes ].reverse()) {
    if (named.length === 0 || x(named.at(-1)) - x(size) >= APART) named.push(size);
  }
  return named;
}

function drawPanel({ isLinear, lines, title }, colours, axis, left) {
  const points = lines.flatMap(line => line.points);
  const sizes = [ ...new Set(points.map(point => point.x)) ].sort((a, b) => a - b);
  const most = Math.max(...points.map(({ median, q3 }) => Math.max(median, q3))) * 1.05;
  const scale = isLinear ? Number : Math.log;
  const [ first, last ] = [ sizes[0], sizes.at(-1) ].map(scale);
  const x = size => left + (scale(size) - first) / (last - first) * WIDTH;
  const y = figure => TOP + HEIGHT - Math.max(figure, 0) / most * HEIGHT;
  const step = stepOf(most);
  const ticks = Array.from({ length: Math.floor(most / step) + 1 }, (_, i) => i * step);
  return [
    `<text x="${left - LEFT + 20}" y="${TOP - 12}">${escape(title)}</text>`,
    ...ticks.map(tick => `<path d="M${left} ${y(tick).toFixed(1)}h${WIDTH}" stroke="${COLOURS.grid}"/><text x="${left - 6}" y="${(y(tick) + 4).toFixed(1)}" text-anchor="end" font-size="11">${Number(tick.toPrecision(3))}</text>`),
    ...namesOf(sizes, x).map(size => `<path d="M${x(size).toFixed(1)} ${TOP + HEIGHT}v4" stroke="${COLOURS.whisker}"/><text x="${x(size).toFixed(1)}" y="${TOP + HEIGHT + 17}" text-anchor="middle" font-size="11">${size >= 1000 ? `${size / 1000}k` : size}</text>`),
    `<text x="${left + WIDTH / 2}" y="${TOP + HEIGHT + 38}" text-anchor="middle" font-size="12">${escape(axis)}</text>`,
    ...lines.flatMap((line, i) => [
      ...drawLine(line, colours[i], x, y),
      `<title>${escape(`${line.label}: ${line.points.map(({ x: size, median }) => `${size}: ${round(median)}`).join(', ')}`)}</title>`,
    ]),
  ];
}

/**
 * @param {object} chart - of one workload
 * @param {string} chart.title - of it
 * @param {string} chart.axis - what grows
 * @param {object[]} chart.panels - each with `title`, `lines`, and whether the axis of what grows `isLinear`. Each line has
 * `label`, `isOurs`, and `points` of `x`, `median`, `q1` and `q3`; they are the same in all
 * @return {string} the SVG
 */
module.exports = function drawLines({ axis, panels, title }) {
  const { lines } = panels[0];
  const others = lines.filter(({ isOurs }) => !isOurs);
  const ours = lines.filter(({ isOurs }) => isOurs);
  const colourOf = line => (line.isOurs ? [ COLOURS.ours, COLOURS.third ][ours.indexOf(line)] : OTHERS[others.indexOf(line)]);
  const colours = lines.map(colourOf);
  const width = panels.length * (LEFT + WIDTH + GAP) + GAP;
  let at = 10;
  const legend = lines.flatMap(({ label }, i) => {
    const start = at;
    at += 30 + label.length * 7.5;
    return [
      `<path d="M${start} ${TOP - 34}h16" stroke="${colours[i]}" stroke-width="3"/>`,
      `<text x="${start + 20}" y="${TOP - 30}" font-size="12">${escape(label)}</text>`,
    ];
  });
  return frame({ title, width, height: TOP + HEIGHT + BOTTOM + LINE - 8 }, [
    ...legend,
    ...panels.flatMap((panel, i) => drawPanel(panel, colours, axis, LEFT + i * (LEFT + WIDTH + GAP))),
  ]);
};
