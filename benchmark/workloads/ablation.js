'use strict';

// What each fast path brings: its workload with it and without it.
const { copyFileSync } = require('node:fs');
const path = require('node:path');
const WORKLOADS = require('../ablation/fast_paths');
const build = require('../built');
const Child = require('../child');
const { spread, takeTurns } = require('../compare');
const { ratios, summarise } = require('../statistics');
const { folderOf, startServer } = require('../systems');

/** Two processes of one program differ: how its compiler has taken to it is chance. So all servers are started several times. */
const STARTS = 3;
/** Rounds in each of them, by the number that is asked for: those of one are short. */
const ROUNDS = 3;
const NODE_OPTIONS = [ '--expose-gc', '--no-flush-bytecode' ];
const SERVICES = 10;
/** Turns that do not count, after each start. */
const WARM_UPS = 3;

let home;
/** The benchmark's app with more services. */
function buildApp() {
  if (home) return home;
  home = build(path.join(__dirname, '../servers/app'), [ 'egg', 'zod' ]);
  const folder = path.join(home, 'app/service');
  for (let i = 1; i < SERVICES; i++) copyFileSync(path.join(folder, 'echo.js'), path.join(folder, `other${i}.js`));
  return home;
}

/** @return {object[]} what takes turns: each workload with all fast paths, twice, and without each */
function listTurns() {
  return Object.entries(WORKLOADS).flatMap(([ key, workload ]) => [
    { key, workload, role: 'reference' },
    { key, workload, role: 'control' },
    ...workload.paths.map(([ without, words, file, share ]) => ({ key, workload, role: 'path', without, words, file, share })),
  ]);
}

function start({ without, workload: { server: { app, env, file } } }) {
  const EGG_HOME = app === 'ablation' ? buildApp() : folderOf(app);
  return startServer({ file, name: without }, { ...env, EGG_HOME, WITHOUT: without ?? '' }, NODE_OPTIONS);
}

/** Fails unless each event of a turn took the plain way, or none if there is none to take. */
function checkWay({ key, share = 1, without }, events, used) {
  const isRight = without ? used >= events / share : used === 0;
  if (!isRight) throw new Error(`${key}, without ${without}: the plain way was taken ${used} times for ${events} events.`);
}

/** The figure of a start. */
async function measureStart(turn) {
  const server = await start(turn);
  try {
    checkWay(turn, 1, await server.ask('plainWays'));
    return await server.ask('cpu') / turn.workload.unit;
  } finally {
    await server.stop();
  }
}

/** Starts a server, opens its connections, fails unless its clients get what they should, and lets the compiler do its work. */
async function prepare(turn, client, name) {
  const { workload: { check, join, open, run, warmUp } } = turn;
  const server = await start(turn);
  await client.ask('use', { name });
  await client.ask('open', { ...server.address, atOnce: 10, ...open });
  if (join) await client.ask('join', join);
  await client.ask('check', { steps: check });
  for (let i = 0; warmUp && i < WARM_UPS; i++) await run(client, server.address);
  return server;
}

async function measureTurn(turn, server, client, name) {
  const { workload: { asks = 'cpu', events, run, tidy, unit = 1, warmUp } } = turn;
  await client.ask('use', { name });
  await warmUp?.(client);
  const usedBefore = await server.ask('plainWays');
  const before = await server.ask(asks);
  await run(client, server.address);
  const after = await server.ask(asks);
  checkWay(turn, events, await server.ask('plainWays') - usedBefore);
  await tidy?.(client, server);
  return (after - before) / events / unit;
}

/** Starts all servers, measures some rounds, and stops them. */
async function measureRounds(turns, rounds) {
  const client = new Child('client.js');
  const servers = new Map();
  const nameOf = turn => String(turns.indexOf(turn));
  try {
    for (const turn of turns) {
      if (!turn.workload.isStart) servers.set(turn, await prepare(turn, client, nameOf(turn)));
    }
    return await takeTurns(turns, rounds, turn => (
      turn.workload.isStart ? measureStart(turn) : measureTurn(turn, servers.get(turn), client, nameOf(turn))
    ));
  } finally {
    await Promise.all([ client, ...servers.values() ].map(child => child.stop()));
  }
}

function summariseAll(turns, results) {
  return turns.map(turn => {
    const reference = results.get(turns.find(other => other.key === turn.key && other.role === 'reference'));
    const numbers = results.get(turn);
    const { file, key, role, without, words } = turn;
    return {
      key, role, without, words, file, numbers,
      reference: summarise(reference), summary: summarise(numbers), ratio: summarise(ratios(numbers, reference)),
    };
  });
}

function rowOf({ file, key, ratio, reference, summary, words }) {
  const { digits, figure } = WORKLOADS[key];
  return [
    words ?? 'none (control)', file ? `\`lib/${file}\`` : '–', key, figure, reference.median.toFixed(digits), summary.median.toFixed(digits),
    ratio.median.toFixed(2), spread(ratio, 2),
  ];
}

async function measureAblation({ rounds: wanted }) {
  const turns = listTurns();
  const rounds = wanted * ROUNDS;
  const results = new Map(turns.map(turn => [ turn, []]));
  for (let i = 0; i < STARTS; i++) {
    for (const [ turn, list ] of await measureRounds(turns, rounds)) results.get(turn).push(...list);
  }
  const data = summariseAll(turns, results).filter(({ role }) => role !== 'reference');
  return describe(data, rounds * STARTS);
}

/** The control's median lies between the quartiles: the two cannot be told apart. */
function isWithinNoise({ key, ratio: { q1, q3 }, role }, data) {
  const { ratio: { median } } = data.find(other => other.key === key && other.role === 'control');
  return role === 'path' && q1 <= median && median <= q3;
}

function describe(data, rounds) {
  const unclear = data.filter(row => isWithinNoise(row, data));
  return {
    name: 'ablation',
    title: `Each fast path, left out alone: median of ${rounds} rounds, in ${STARTS} starts of all servers.`,
    head: [ 'fast path', 'file', 'workload', 'figure', 'with it', 'without it', 'ratio in the same round', 'quartiles' ],
    rows: data.map(rowOf),
    notes: [
      `Not to be told from the control in this run, whose median lies between the quartiles: ${unclear.map(({ words, ratio }) => `${words} (${ratio.median.toFixed(2)})`).join('; ')}.`,
      ...Object.entries(WORKLOADS).map(([ key, { words }]) => `Workload “${key}”: ${words}.`),
    ],
    data,
  };
}

module.exports = { ablation: measureAblation };
