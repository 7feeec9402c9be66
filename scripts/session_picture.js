'use strict';

// Draws scripts/session_picture.json, the states of a session that is recovered, as docs/images/sessions.svg.
const { readFileSync, writeFileSync } = require('node:fs');
const path = require('node:path');

const FILE = path.join(__dirname, '../docs/images/sessions.svg');
const { title, states, steps } = JSON.parse(readFileSync(path.join(__dirname, 'session_picture.json'), 'utf8'));

const STYLE = `<style>
text { fill: #1f2937; font: 13px sans-serif } .name { font-weight: bold; text-anchor: middle } .small { font-size: 12px; fill: #4b5563 }
.page { fill: #ffffff; stroke: #d1d5db } .here { fill: #eff6ff; stroke: #bfdbfe } .elsewhere { fill: #f1f5f9; stroke: #cbd5e1 }
.arrow { fill: none; stroke: #64748b; stroke-width: 1.5 } .head { fill: #64748b }
@media (prefers-color-scheme: dark) {
text { fill: #e5e7eb } .small { fill: #b6bec9 } .page { fill: #0d1117; stroke: #30363d }
.here { fill: #10233f; stroke: #1f4b8f } .elsewhere { fill: #21262d; stroke: #444c56 } .arrow { stroke: #8b949e } .head { fill: #8b949e }
}
</style>`;
const [ WIDTH, HEIGHT ] = [ 130, 36 ];

function drawState({ name, x, y, elsewhere }) {
  return [
    `<rect class="${elsewhere ? 'elsewhere' : 'here'}" x="${x}" y="${y}" width="${WIDTH}" height="${HEIGHT}" rx="6"/>`,
    `<text class="name" x="${x + WIDTH / 2}" y="${y + 23}">${name}</text>`,
    ...elsewhere ? [ `<text class="small" x="${x}" y="${y + HEIGHT + 16}">${elsewhere}</text>` ] : [],
  ];
}

function drawStep({ label, points, at: [ x, y ] }) {
  const [[ fromX, fromY ], [ toX, toY ]] = points.slice(-2);
  const angle = Math.round(Math.atan2(toY - fromY, toX - fromX) * 180 / Math.PI);
  return [
    `<polyline class="arrow" points="${points.join(' ')}"/>`,
    `<path class="head" d="M0 0L-8 -4.5V4.5Z" transform="translate(${toX} ${toY}) rotate(${angle})"/>`,
    `<text class="small" x="${x}" y="${y}">${label}</text>`,
  ];
}

function draw() {
  return `${[
    '<svg xmlns="http://www.w3.org/2000/svg" width="700" height="330" viewBox="0 0 700 330">',
    `<title>${title}</title>`,
    STYLE,
    '<rect class="page" x="0.5" y="0.5" width="699" height="329" rx="6"/>',
    ...states.flatMap(drawState),
    ...steps.flatMap(drawStep),
    '</svg>',
  ].join('\n')}\n`;
}

/** @return {boolean} whether the picture shows the data */
function isCurrent() {
  return readFileSync(FILE, 'utf8') === draw();
}

module.exports = { states, steps, isCurrent };

if (require.main === module) writeFileSync(FILE, draw());
