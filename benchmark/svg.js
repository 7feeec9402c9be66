'use strict';

// What the charts have in common.
const COLOURS = {
  ours: '#2563eb', other: '#94a3b8', third: '#d97706', line: '#dc2626', text: '#1f2937', whisker: '#334155', grid: '#e2e8f0',
};

function escape(text) {
  return text.replace(/[&<>"]/g, character => `&#${character.charCodeAt(0)};`);
}

/** Three digits that count, and no more than are of use. */
function round(number) {
  return number >= 100 ? number.toFixed(0) : number.toPrecision(3);
}

/** An SVG with a title. It has a background, so that it can be read on any page. */
function frame({ height, title, width }, parts) {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="13" fill="${COLOURS.text}">`,
    `<title>${escape(title)}</title>`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    `<text x="10" y="22" font-size="14" font-weight="bold">${escape(title)}</text>`,
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}

module.exports = { COLOURS, escape, frame, round };
