'use strict';

// Puts the measured figures of docs/performance.md into the comparisons at its beginning and in both READMEs, and into their chart.
// A row with `<!-- figure: NAME -->` gets the medians of that measurement, one with `<!-- ratio: NAME -->` the ratios. The measured
// sections of the Chinese pages, and their charts, are made from the English ones. `--check` writes nothing and fails if a file is
// outdated.
const { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } = require('node:fs');
const path = require('node:path');
const { translateChart, translateSection } = require('./chinese_figures');

const ROOT = path.join(__dirname, '..');
const PAGE = 'docs/performance.md';
const FILLED = [ PAGE, 'docs/zh/performance.md', 'README.md', 'README.zh-CN.md' ];
/** The pages whose sections are measured, with their translations. */
const TRANSLATED = { [PAGE]: 'docs/zh/performance.md', 'docs/limits.md': 'docs/zh/limits.md', 'docs/operations.md': 'docs/zh/operations.md' };

/** The columns of the comparison, in its order: the name in the chart, and the name in the measurements. */
const SYSTEMS = [
  [ 'egg-socketio', 'egg-socketio' ],
  [ 'plain Socket.IO', 'plain Socket.IO' ],
  [ 'Midway', '@midwayjs/socketio' ],
  [ 'Nest', '@nestjs/platform-socket.io' ],
  [ 'egg-socket.io', 'egg-socket.io (Socket.IO 2)' ],
];
const CHARTS = [
  { name: 'echo-pipelined', title: 'CPU µs per event with an ack' },
  { name: 'broadcast', title: 'CPU µs per client of a broadcast' },
];
const MARK = /<!-- (figure|ratio): ([\w-]+) -->/;
/** The cells of a measurement's table. */
const [ NAME, MEDIAN, RATIO ] = [ 1, 2, 4 ];

/** A column of a measurement, as the page shows it, for each system. */
function columnOf(page, name, column) {
  const [ , section ] = page.split(`<!-- measured: ${name} -->`);
  const rows = section.split('<!-- end -->')[0].split('\n').filter(line => line.startsWith('| ')).map(line => line.split('|').map(cell => cell.trim()));
  return SYSTEMS.map(([ , system ]) => {
    const row = rows.find(cells => cells[NAME] === system);
    if (!row) throw new Error(`${PAGE}: the table of ${name} has no row for ${system}`);
    return row[column];
  });
}

const KINDS = {
  figure: (page, name) => columnOf(page, name, MEDIAN).map(median => `${median} ${name.startsWith('heap-') ? 'kB' : 'µs'}`),
  ratio: (page, name) => columnOf(page, name, RATIO),
};

/** The text with figures in the rows that have the name of a measurement. */
function fill(text, page) {
  return text.split('\n').map(line => {
    const [ , kind, name ] = MARK.exec(line) ?? [];
    return kind ? `|${line.split('|')[1]}| ${KINDS[kind](page, name).join(' | ')} |` : line;
  }).join('\n');
}

const SECTION = /(<!-- measured: ([\w-]+) -->)([^]*?)(?=<!-- end -->)/g;

/** The text of a Chinese page with the measured sections of the English one. */
function fillSections(text, english) {
  const sections = new Map([ ...english.matchAll(SECTION) ].map(([ , , name, section ]) => [ name, section ]));
  return text.replace(SECTION, (_, mark, name) => {
    if (!sections.has(name)) throw new Error(`the English page has no measured section ${name}`);
    return mark + translateSection(sections.get(name));
  });
}

const STYLE = `<style>
text { fill: #1f2937; font: 13px sans-serif } .title { font-weight: bold } .ours { font-weight: bold }
.page { fill: #ffffff; stroke: #d1d5db } rect.other { fill: #94a3b8 } rect.ours { fill: #2563eb }
@media (prefers-color-scheme: dark) {
text { fill: #e5e7eb } .page { fill: #0d1117; stroke: #30363d } rect.other { fill: #64748b } rect.ours { fill: #60a5fa }
}
</style>`;
/** Pixels: names, bars, figures; a row, and a panel's head. */
const [ NAMES, BARS, FIGURES, ROW, HEAD ] = [ 130, 180, 60, 26, 44 ];
const PANEL = NAMES + BARS + FIGURES;
const PANEL_HEIGHT = HEAD + SYSTEMS.length * ROW;

function drawPanel({ medians, title }, left, top) {
  const most = Math.max(...medians);
  const bars = medians.map((median, i) => {
    const y = top + HEAD + i * ROW;
    const kind = i === 0 ? 'ours' : 'other';
    const width = Number((median / most * BARS).toFixed(1));
    return [
      `<text class="${kind}" x="${left + NAMES - 8}" y="${y + 14}" text-anchor="end">${SYSTEMS[i][0]}</text>`,
      `<rect class="${kind}" x="${left + NAMES}" y="${y}" width="${width}" height="18" rx="2"/>`,
      `<text class="${kind}" x="${left + NAMES + width + 6}" y="${y + 14}">${median}</text>`,
    ].join('\n');
  });
  return [ `<text class="title" x="${left + 16}" y="${top + 26}">${title}: less is better</text>`, ...bars ].join('\n');
}

/** An SVG with the panels beside each other or, for phones, below each other. It follows the reader's colour scheme. */
function draw(measured, { columns }) {
  const rows = measured.length / columns;
  const [ width, height ] = [ PANEL * columns + 10, PANEL_HEIGHT * rows + 10 ];
  const panels = measured.map((each, i) => drawPanel(each, (i % columns) * PANEL, Math.floor(i / columns) * PANEL_HEIGHT));
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    `<title>${measured.map(({ title }) => title).join(', ')}</title>`,
    STYLE,
    `<rect class="page" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="6"/>`,
    ...panels,
    '</svg>',
  ].join('\n')}\n`;
}

const read = file => readFileSync(path.join(ROOT, file), 'utf8');
/** Pictures that do not show measured figures. */
const PICTURES = [ 'architecture', 'sessions' ];
/** The charts of measured figures. */
const chartNames = () => readdirSync(path.join(ROOT, 'docs/images'))
  .filter(name => name.endsWith('.svg') && !PICTURES.some(picture => name.startsWith(picture)));

/** Each file that has measured figures in it, and what it has to say. */
async function expectedFiles() {
  const prettier = require('prettier');
  const page = read(PAGE);
  const measured = CHARTS.map(chart => ({ ...chart, medians: columnOf(page, chart.name, MEDIAN) }));
  const files = new Map([
    [ 'docs/images/comparison.svg', draw(measured, { columns: 2 }) ],
    [ 'docs/images/comparison-narrow.svg', draw(measured, { columns: 1 }) ],
  ]);
  for (const file of FILLED) files.set(file, fill(read(file), page));
  for (const [ english, chinese ] of Object.entries(TRANSLATED)) {
    files.set(chinese, fillSections(files.get(chinese) ?? read(chinese), read(english)));
  }
  for (const name of chartNames()) files.set(`docs/zh/images/${name}`, translateChart(files.get(`docs/images/${name}`) ?? read(`docs/images/${name}`)));
  for (const [ file, text ] of files) {
    if (!file.endsWith('.md')) continue;
    const style = await prettier.resolveConfig(path.join(ROOT, file));
    files.set(file, await prettier.format(text, { ...style, filepath: file }));
  }
  return files;
}

/** @return {Promise<string[]>} the files that are out of date */
async function outdatedFiles() {
  const wrong = [];
  for (const [ file, text ] of await expectedFiles()) {
    if (!existsSync(path.join(ROOT, file)) || read(file) !== text) wrong.push(file);
  }
  return wrong;
}

async function writeFigures() {
  const files = await expectedFiles();
  mkdirSync(path.join(ROOT, 'docs/zh/images'), { recursive: true });
  for (const [ file, text ] of files) writeFileSync(path.join(ROOT, file), text);
}

module.exports = { outdatedFiles, writeFigures };

if (require.main === module) {
  const run = process.argv.includes('--check') ? outdatedFiles() : writeFigures().then(() => []);
  run.then(wrong => {
    for (const file of wrong) console.error('%s does not have the figures that %s has measured: run `node scripts/readme_figures.js`', file, PAGE);
    process.exitCode = wrong.length > 0 ? 1 : 0;
  }, error => {
    console.error(error);
    process.exitCode = 1;
  });
}
