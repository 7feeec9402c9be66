'use strict';

const { broadcast, echo, rotate } = require('../loads');
const { openOnAll, RawSession } = require('../raw_session');
const { ratios, shuffle, summarise } = require('../statistics');

const REFERENCE = 'no replicas';
const CONTROL = 'no replicas (control)';
const BEFORE = "replicas, order 'before'";
const AFTER = "replicas, order 'after'";

const INFLIGHT = 8;

/** The measured work: its share of the messages of a turn, and the most that replicas may cost. */
const LOADS = {
  'acked echo': { target: 1.03, share: 1, run: (sessions, times) => echo(sessions, times, INFLIGHT) },
  'acked echo that changes ctx.data': { share: 1, run: (sessions, times) => rotate(sessions, [], { what: 'count', messages: times, inflight: sessions.length }) },
  'event for one client': { share: 1, run: (sessions, times) => rotate(sessions, sessions.map(() => [ 'x' ]), { what: 'tell', messages: times, inflight: sessions.length }) },
  'broadcast to all': { target: 1.05, share: 0.02, run: (sessions, times) => broadcast(sessions, times) },
  'leaving and joining a room': { target: 1.5, share: 1, run: (sessions, times) => rotate(sessions, sessions.map((_, i) => [ `room${i}` ]), { what: 'move', messages: times, inflight: sessions.length }) },
};

/**
 * CPU of all workers for what replicas copy, by how they do it.
 *
 * @param {Record<string, object>} systems - each with two workers
 */
module.exports = async function measureReplicas(systems, { connections, messages, rounds }) {
  const opened = {};
  for (const [ name, system ] of Object.entries(systems)) {
    const sides = await openOnAll(() => new RawSession(system.port).openWebSocket(), () => true, connections / 2);
    opened[name] = { system, sessions: sides.flat() };
  }
  const measure = async ({ system, sessions }, { run, share }) => {
    const times = Math.max(1, Math.round(messages * share));
    await system.quiet();
    const before = system.cpu().total;
    await run(sessions, times);
    await system.quiet();
    return (system.cpu().total - before) / times;
  };
  const cells = Object.entries(LOADS).flatMap(([ load, how ]) => Object.keys(systems).map(name => ({ load, how, name, results: [] })));
  const idle = await sizesOf(opened[BEFORE].sessions);
  for (const { how, name } of cells) await measure(opened[name], how);
  for (let round = 0; round < rounds; round++) {
    for (const { how, name, results } of shuffle(cells)) results.push(await measure(opened[name], how));
  }
  const sizes = await sizesOf(opened[BEFORE].sessions);
  await Promise.all(Object.values(opened).flatMap(({ sessions }) => sessions).map(session => session.close()));
  const summaries = cells.map(({ load, how, name, results }) => {
    const reference = cells.find(cell => cell.load === load && cell.name === REFERENCE).results;
    return { load, name, target: how.target, cpu: summarise(results), ratio: summarise(ratios(results, reference)) };
  });
  return {
    name: 'cluster-replicas',
    title: `Connection state recovery with and without replicas: median of ${rounds} rounds, ${connections} connections on two workers.`,
    head: [ 'work', 'replicas', 'CPU µs, all processes', 'quartiles', 'ratio in the same round', 'quartiles' ],
    rows: summaries.map(({ load, name, cpu, ratio }) => [
      load, name, cpu.median.toFixed(1), `${cpu.q1.toFixed(1)} – ${cpu.q3.toFixed(1)}`,
      ratio.median.toFixed(3), `${ratio.q1.toFixed(3)} – ${ratio.q3.toFixed(3)}`,
    ]),
    notes: [
      ...summaries.filter(({ name, target }) => name === BEFORE && target)
        .map(({ load, ratio, target }) => `${load}: ${ratio.median.toFixed(3)}, the target is ≤ ${target}: ${ratio.median <= target ? 'met' : 'MISSED'}.`),
      `The standby has ${sizes.copiedSessions} sessions of the other worker, which take ${bytesOf(idle)} bytes each at first, and ${bytesOf(sizes)} bytes with the packets of the whole run.`,
    ],
    chart: {
      line: 1,
      title: `CPU, all processes, ratio to ${REFERENCE}`,
      bars: summaries.filter(({ name }) => name !== REFERENCE).map(({ load, name, ratio }) => ({ label: `${load}, ${name}`, isOurs: name === BEFORE, ...ratio })),
    },
    data: { summaries, idle, sizes },
  };
};
module.exports.NAMES = { AFTER, BEFORE, CONTROL, REFERENCE };

/** The replicas that the worker of a session keeps. */
async function sizesOf([ session ]) {
  return session.ask('replicas');
}

function bytesOf({ copiedSessions, copiedBytes }) {
  return Math.round(copiedBytes / copiedSessions);
}
