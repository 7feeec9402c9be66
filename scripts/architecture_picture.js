'use strict';

// Draws scripts/architecture.json, the steps of a packet and the processes around a worker, as docs/images/architecture.svg and, for
// phones, docs/images/architecture-narrow.svg. `--check` writes nothing and fails if a file is outdated.
const { readFileSync, writeFileSync } = require('node:fs');
const path = require('node:path');

const ROOT = path.join(__dirname, '..');
const { groups, processes, arrows } = JSON.parse(readFileSync(path.join(__dirname, 'architecture.json'), 'utf8'));

const STYLE = `<style>
text { fill: #1f2937; font: 13px sans-serif } .title, .name { font-weight: bold } .small { font-size: 12px; fill: #4b5563 }
.group { font-size: 11px; fill: #6b7280 } .number { font-size: 11px; font-weight: bold; fill: #ffffff; text-anchor: middle }
.page { fill: #ffffff; stroke: #d1d5db } .process { fill: #f8fafc; stroke: #94a3b8 } .optional { stroke-dasharray: 5 4 }
.ours { fill: #eff6ff; stroke: #bfdbfe } .theirs { fill: #f1f5f9; stroke: #cbd5e1 } .ghost { fill: #e9eef5 }
circle { fill: #2563eb } .other { fill: #64748b } .arrow { fill: none; stroke: #64748b; stroke-width: 1.5 } .head { fill: #64748b }
@media (prefers-color-scheme: dark) {
text { fill: #e5e7eb } .small { fill: #b6bec9 } .group { fill: #9ca3af } .number { fill: #ffffff }
.page { fill: #0d1117; stroke: #30363d } .process { fill: #161b22; stroke: #6e7681 }
.ours { fill: #10233f; stroke: #1f4b8f } .theirs { fill: #21262d; stroke: #444c56 } .ghost { fill: #21262d }
circle { fill: #2f6fe0 } .other { fill: #6e7681 } .arrow { stroke: #8b949e } .head { fill: #8b949e }
}
</style>`;
/** Pixels: inside a box, the head of a worker, the title of a group, a line of text, between two steps. */
const [ PADDING, HEAD, CAPTION, LINE, BETWEEN ] = [ 12, 34, 19, 17, 5 ];

const words = (x, y, text, kind) => `<text class="${kind}" x="${x}" y="${y}">${text}</text>`;
const box = ({ x, y, width, height }, kind) => `<rect class="${kind}" x="${x}" y="${y}" width="${width}" height="${height}" rx="6"/>`;
const middleOf = ({ y, height }) => y + height / 2;
const rightOf = ({ x, width }) => x + width;
const bottomOf = ({ y, height }) => y + height;

function drawProcess(name, place) {
  const { title, lines, optional } = processes[name];
  return [
    box(place, optional ? 'process optional' : 'process'), words(place.x + PADDING, place.y + 21, title, 'title'),
    ...lines.map((line, i) => words(place.x + PADDING, place.y + 21 + LINE * (i + 1), line, 'small')),
  ];
}

function drawStep({ name, does, package: other }, number, step, isTall) {
  const middle = middleOf(step);
  return [
    box(step, other ? 'theirs' : 'ours'), `<circle${other ? ' class="other"' : ''} cx="${step.x + 17}" cy="${middle}" r="9.5"/>`,
    words(step.x + 17, middle + 4, number, 'number'), words(step.x + 36, isTall ? middle - 3 : middle + 4.5, name, 'name'),
    words(step.x + (isTall ? 36 : 150), isTall ? middle + 13 : middle + 4.5, does, 'small'),
  ];
}

/** The legend: the colours of the steps. */
function drawLegend(ours, theirs) {
  return [[ ours, 'this plugin', '' ], [ theirs, 'other packages', ' class="other"' ]].flatMap(([[ x, y ], text, kind ]) => [
    `<circle${kind} cx="${x + 6}" cy="${y - 4}" r="6"/>`, words(x + 17, y, text, 'small'),
  ]);
}

/** The worker with its steps below each other. Sets its height, and the places of the steps by their names. */
function drawWorker(places, stepHeight) {
  const { worker } = places;
  const drawn = [ words(worker.x + PADDING, worker.y + 22, processes.worker.title, 'title') ];
  let [ y, number ] = [ worker.y + HEAD, 0 ];
  for (const { title, steps } of groups) {
    drawn.push(words(worker.x + PADDING, y + 12, title, 'group'));
    y += CAPTION;
    for (const step of steps) {
      const place = places[step.name] = { x: worker.x + PADDING, y, width: worker.width - 2 * PADDING, height: stepHeight };
      drawn.push(...drawStep(step, number += 1, place, stepHeight > 2 * LINE));
      y += stepHeight + BETWEEN;
    }
    y += BETWEEN;
  }
  worker.height = y + PADDING - 2 * BETWEEN - worker.y;
  return [ box(worker, 'process'), ...drawn ];
}

/** A line through points, with a head at its end. */
function drawLine(points, isMutual = false) {
  const head = ([ x, y ], [ fromX, fromY ]) => {
    const angle = Math.round(Math.atan2(y - fromY, x - fromX) * 180 / Math.PI);
    return `<path class="head" d="M0 0L-8 -4.5V4.5Z" transform="translate(${x} ${y}) rotate(${angle})"/>`;
  };
  const heads = [ head(points.at(-1), points.at(-2)), ...isMutual ? [ head(points[0], points[1]) ] : [] ];
  return [ `<polyline class="arrow" points="${points.join(' ')}"/>`, ...heads ];
}

const keyOf = ({ from, to }) => `${from} → ${to}`;
const labelOf = key => arrows.find(arrow => keyOf(arrow) === key).label;

/** Draws each arrow of the data along its route, which a layout has to have. */
function drawArrows(routes) {
  return arrows.flatMap(arrow => {
    if (!routes[keyOf(arrow)]) throw new Error(`scripts/architecture_picture.js has no route for the arrow ${keyOf(arrow)}`);
    return drawLine(routes[keyOf(arrow)], arrow.mutual);
  });
}

function drawPage(width, height, drawn) {
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    `<title>The way of a packet: ${groups.flatMap(({ steps }) => steps.map(({ name }) => name)).join(', ')}</title>`,
    STYLE,
    `<rect class="page" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="6"/>`,
    ...drawn,
    '</svg>',
  ].join('\n')}\n`;
}

/** The worker in the middle, the clients to its left, and the other processes around it. */
function drawWide() {
  const places = {
    worker: { x: 232, y: 96, width: 396 }, agent: { x: 352, y: 16, width: 156, height: 50 },
    client: { x: 16, y: 56, width: 156, height: 50 }, proxy: { x: 16, width: 156, height: 50 }, redis: { x: 16, width: 156, height: 50 },
    sibling: { x: 696, width: 148 },
  };
  const worker = drawWorker(places, 27);
  const { client, proxy, redis, sibling, agent, Router, Reply, Adapter } = places;
  const [ first, router, reply, adapter ] = [ places['HTTP server'], Router, Reply, Adapter ].map(middleOf);
  proxy.y = first - proxy.height / 2;
  redis.y = adapter - 12;
  sibling.y = router - 64;
  sibling.height = bottomOf(places.worker) - sibling.y;
  const [ left, right, column, lane ] = [ Router.x, rightOf(Router), client.x + client.width / 2, rightOf(sibling) - PADDING ];
  const ghosts = Object.values(places).filter(({ y, height }) => height === Router.height && y > Router.y && y < Adapter.y)
    .map(({ y, height }) => box({ x: sibling.x + PADDING, y, width: lane - sibling.x - PADDING, height }, 'ghost'));
  const legend = bottomOf(places.worker) + 24;
  return drawPage(860, legend + 16, [
    ...worker, ...[ 'client', 'proxy', 'agent', 'sibling', 'redis' ].flatMap(name => drawProcess(name, places[name])), ...ghosts,
    words(sibling.x + PADDING, router + 4, labelOf('Router → sibling'), 'small'),
    words(sibling.x + PADDING, adapter + 4, labelOf('Adapter → sibling'), 'small'),
    ...drawLegend([ places.worker.x, legend ], [ places.worker.x + 110, legend ]),
    words(column + 10, (bottomOf(proxy) + reply) / 2, labelOf('Reply → proxy'), 'small'),
    ...drawArrows({
      'client → proxy': [[ column, bottomOf(client) ], [ column, proxy.y ]],
      'proxy → HTTP server': [[ rightOf(proxy), first ], [ left, first ]],
      'Reply → proxy': [[ left, reply ], [ column, reply ], [ column, bottomOf(proxy) ]],
      'agent → worker': [[ agent.x + agent.width / 2, bottomOf(agent) ], [ agent.x + agent.width / 2, places.worker.y ]],
      'Router → sibling': [[ right, router ], [ sibling.x, router ]],
      'Adapter → sibling': [[ right, adapter ], [ sibling.x, adapter ]],
      'Adapter → redis': [[ left, adapter ], [ rightOf(redis), adapter ]],
    }),
  ]);
}

/** Everything below each other. */
function drawNarrow() {
  const [ x, width ] = [ 34, 312 ];
  const places = {
    client: { x, y: 12, width, height: 50 }, proxy: { x, y: 86, width, height: 50 }, worker: { x, y: 166, width },
    redis: { x: 10, width: 172, height: 50 }, sibling: { x: 198, width: 172, height: 84 }, agent: { x: 10, width: 146, height: 50 },
  };
  const worker = drawWorker(places, 40);
  const { client, proxy, redis, sibling, agent, Router, Reply, Adapter } = places;
  redis.y = sibling.y = bottomOf(places.worker) + 34;
  agent.y = bottomOf(sibling) + 16;
  const [ center, lane, under ] = [ x + width / 2, 358, bottomOf(places.worker) ];
  return drawPage(380, bottomOf(agent) + 12, [
    ...worker, ...[ 'client', 'proxy', 'agent', 'sibling', 'redis' ].flatMap(name => drawProcess(name, places[name])),
    words(sibling.x + PADDING, sibling.y + 55, `${labelOf('Router → sibling')},`, 'small'),
    words(sibling.x + PADDING, sibling.y + 72, labelOf('Adapter → sibling'), 'small'),
    ...drawLegend([ sibling.x + PADDING, agent.y + 21 ], [ sibling.x + PADDING, agent.y + 41 ]),
    words(26, 156, labelOf('Reply → proxy'), 'small'),
    ...drawArrows({
      'client → proxy': [[ center, bottomOf(client) ], [ center, proxy.y ]],
      'proxy → HTTP server': [[ center, bottomOf(proxy) ], [ center, places['HTTP server'].y ]],
      'Reply → proxy': [[ Reply.x, middleOf(Reply) ], [ 18, middleOf(Reply) ], [ 18, middleOf(proxy) ], [ proxy.x, middleOf(proxy) ]],
      'agent → worker': [[ rightOf(agent), middleOf(agent) ], [ 190, middleOf(agent) ], [ 190, under ]],
      'Router → sibling': [[ rightOf(Router), middleOf(Router) ], [ lane, middleOf(Router) ], [ lane, sibling.y ]],
      'Adapter → sibling': [[ 284, bottomOf(Adapter) ], [ 284, sibling.y ]],
      'Adapter → redis': [[ 96, bottomOf(Adapter) ], [ 96, redis.y ]],
    }),
  ]);
}

const PICTURES = new Map([
  [ 'docs/images/architecture.svg', drawWide ],
  [ 'docs/images/architecture-narrow.svg', drawNarrow ],
]);

/** @return {string[]} the pictures that are out of date */
function outdatedPictures() {
  return [ ...PICTURES ].filter(([ file, draw ]) => readFileSync(path.join(ROOT, file), 'utf8') !== draw()).map(([ file ]) => file);
}

module.exports = { groups, outdatedPictures };

if (require.main === module) {
  if (process.argv.includes('--check')) {
    for (const file of outdatedPictures()) {
      console.error('%s does not show scripts/architecture.json: run `node scripts/architecture_picture.js`', file);
      process.exitCode = 1;
    }
  } else {
    for (const [ file, draw ] of PICTURES) writeFileSync(path.join(ROOT, file), draw());
  }
}
