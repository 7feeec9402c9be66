'use strict';

// What a run has found: printed as Markdown, kept as JSON, and written into the docs when that is asked for.
const { existsSync, mkdirSync, readFileSync, writeFileSync } = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const RESULTS = path.join(__dirname, 'results');
const ROOT = path.join(__dirname, '..');
/** The page of sections that name none. */
const DOCS = 'docs/performance.md';
const IMAGES = path.join(__dirname, '../docs/images');
/** The description of a run: the measured packages, and what they run on. */
const PACKAGES = [
  'egg', 'socket.io', 'ws', '@midwayjs/socketio', '@nestjs/platform-socket.io', 'egg-socket.io', 'egg-socket.io/node_modules/socket.io',
  '@socket.io/cluster-adapter', '@socket.io/sticky', '@socket.io/redis-adapter', 'ioredis',
];

/**
 * A table of a run. The first columns are words, the others figures.
 *
 * @typedef {object} Section
 * @property {string} name - of the run's part; where it stands in the docs
 * @property {string} title - with how much was measured
 * @property {string[]} head
 * @property {string[][]} rows
 * @property {string[]} notes - what the table does not say, such as where the targets stand
 * @property {object} [chart] - see chart.js
 * @property {string} [page] - the page it stands on; default: that of all others
 * @property {object} data - all figures
 */

/** @return {string} of a package that is compared with, or of what both sides stand on */
function versionOf(name) {
  const folder = [ __dirname, path.join(__dirname, '..') ].find(each => existsSync(path.join(each, 'node_modules', name)));
  return JSON.parse(readFileSync(path.join(folder, 'node_modules', name, 'package.json'), 'utf8')).version;
}

/** When, with what, and on what something was measured. */
function describeRun() {
  const versions = {
    ...Object.fromEntries(PACKAGES.map(name => [ name.replace('/node_modules/', ' with '), versionOf(name) ])),
    'ws of egg-socketio': JSON.parse(readFileSync(path.join(__dirname, '../node_modules/ws/package.json'), 'utf8')).version,
  };
  const [{ model }] = os.cpus();
  return {
    date: new Date().toISOString(),
    machine: `${os.cpus().length} × ${model}, ${Math.round(os.totalmem() / 2 ** 30)} GiB, ${os.type()} ${os.release()}`,
    node: process.version,
    versions,
  };
}

/** A run's circumstances, in one line. */
function headline({ date, machine, node, versions }) {
  const packages = Object.entries(versions).map(([ name, version ]) => `${name} ${version}`);
  return `${date.slice(0, 10)}, ${machine}, Node.js ${node}, ${packages.join(', ')}`;
}

/** A Markdown table; columns of figures are aligned to the right. */
function tableOf({ head, rows }) {
  const isFigure = head.map((_, column) => rows.every(row => /^[-–≤]? ?[\d.]|^–$/.test(row[column])));
  const line = cells => `| ${cells.join(' | ')} |`;
  return [ head, isFigure.map(figure => (figure ? '---:' : '---')), ...rows ].map(line).join('\n');
}

function show(section) {
  const notes = section.notes.map(note => `- ${note}`).join('\n');
  return `${section.title}\n\n${tableOf(section)}${notes && `\n\n${notes}`}`;
}

/** Prints a section. */
function print(section) {
  console.log('\n## %s\n\n%s', section.name, show(section));
}

/** @return {string} the file */
function keep(name, run, sections) {
  mkdirSync(RESULTS, { recursive: true });
  const file = path.join(RESULTS, `${name}-${run.date.replace(/\D/g, '').slice(0, 14)}.json`);
  writeFileSync(file, `${JSON.stringify({ ...run, sections }, null, 2)}\n`);
  return file;
}

/** Puts sections in their pages, between `<!-- measured: name -->` and `<!-- end -->`, and the main figures into the READMEs. */
async function writeInto(run, sections) {
  const pages = new Set(sections.map(({ page = DOCS }) => page));
  for (const page of pages) await writePage(path.join(ROOT, page), run, sections.filter(section => (section.page ?? DOCS) === page));
  await require('../scripts/readme_figures').writeFigures();
}

async function writePage(page, run, sections) {
  let text = readFileSync(page, 'utf8');
  for (const section of sections) {
    const start = `<!-- measured: ${section.name} -->`;
    const from = text.indexOf(start);
    const to = text.indexOf('<!-- end -->', from);
    const image = section.chart ? [ `![${section.chart.title}](images/${section.name}.svg)` ] : [];
    if (from < 0 || to < 0) throw new Error(`${page} has no place for ${section.name}: put ${start} and <!-- end --> into it.`);
    text = `${text.slice(0, from + start.length)}\n\n${[ show(section), ...image, `(${headline(run)})` ].join('\n\n')}\n\n${text.slice(to)}`;
  }
  const prettier = require('prettier');
  const style = await prettier.resolveConfig(page);
  writeFileSync(page, await prettier.format(text, { ...style, filepath: page }));
}

module.exports = { describeRun, headline, IMAGES, keep, print, RESULTS, tableOf, writeInto };
