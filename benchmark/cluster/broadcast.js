'use strict';

const { openOnAll, RawSession, untilDone } = require('../raw_session');
const { quantile, ratios, shuffle, summarise } = require('../statistics');

const OURS = 'egg-socketio, embedded adapter';
const REFERENCE = '@socket.io/cluster-adapter';
const CONTROL = `${REFERENCE} (control)`;
const TARGETS = { cpu: 0.6, p50: 0.5 };
/** Clients on each worker, and broadcasts in flight. */
const LOADS = [
  { clients: 1, inflight: 1 },
  { clients: 1, inflight: 16 },
  { clients: 20, inflight: 1 },
  { clients: 20, inflight: 16 },
];
/** What stands before the number and the time of a broadcast in its packet. */
const NUMBER_AT = '42["said",'.length;

function now() {
  return Number(process.hrtime.bigint() / 1000n);
}

/**
 * Lets one worker broadcast to all clients; a broadcast follows when all clients have another one. Each client has to
 * get each broadcast, once and in order.
 *
 * @return {Promise<number[]>} microseconds until the clients of the other worker had it
 */
async function broadcast([ near, far ], messages, inflight) {
  const sessions = [ ...near, ...far ];
  const latencies = [];
  let sent = 0;
  let received = 0;
  const say = () => {
    if (sent < messages) near[0].socket.send(`42["say",${sent++}]`);
  };
  await untilDone(sessions, (done, fail) => {
    for (const session of sessions) {
      const isFar = far.includes(session);
      let expected = 0;
      session.onPacket = data => {
        const [ number, time ] = data.toString('latin1', NUMBER_AT, NUMBER_AT + 30).split(',', 2);
        if (isFar) latencies.push(now() - parseInt(time, 10));
        if (Number(number) !== expected++) return fail(new Error(`broadcast ${number} came in place of ${expected - 1}`));
        received += 1;
        if (received === messages * sessions.length) done();
        else if (received % sessions.length === 0) say();
      };
    }
    for (let i = 0; i < inflight; i++) say();
  }, () => `${received} of ${messages * sessions.length} receipts`);
  return latencies;
}

async function measure({ system, sides }, round, messages, { clients, inflight }) {
  const [ near, far ] = (round % 2 ? sides : [ ...sides ].reverse()).map(side => side.slice(0, clients));
  const silent = sides.flatMap(side => side.slice(clients));
  await Promise.all(silent.map(session => session.ask('leave')));
  const before = system.cpu();
  const latencies = await broadcast([ near, far ], messages, inflight);
  const after = system.cpu();
  await Promise.all(silent.map(session => session.ask('join')));
  return {
    cpu: (after.total - before.total) / messages,
    beside: (after.beside - before.beside) / messages,
    services: (after.services - before.services) / messages,
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
  };
}

function summariseCell({ name, load, results }, cells, system) {
  const reference = cells.find(cell => cell.load === load && cell.name === REFERENCE).results;
  const pick = (list, key) => list.map(result => result[key]);
  const figures = {};
  const against = {};
  for (const key of [ 'cpu', 'beside', 'services', 'p50', 'p99' ]) figures[key] = summarise(pick(results, key));
  for (const key of [ 'cpu', 'p50', 'p99' ]) against[key] = summarise(ratios(pick(results, key), pick(reference, key)));
  return { name, load, processes: system.processes, figures, against };
}

function rowOf({ name, load, processes, figures: { cpu, beside, services, p50, p99 }, against }) {
  const spread = ({ median: middle, q1, q3 }, digits) => `${middle.toFixed(digits)} (${q1.toFixed(digits)} – ${q3.toFixed(digits)})`;
  const outside = services.median > 0 ? `${beside.median.toFixed(0)}, Redis ${services.median.toFixed(0)} of it` : beside.median.toFixed(0);
  return [
    name, `${load.clients} / ${load.inflight}`, String(processes), spread(cpu, 0), outside, p50.median.toFixed(0), p99.median.toFixed(0),
    spread(against.cpu, 2), spread(against.p50, 2), against.p99.median.toFixed(2),
  ];
}

/** The results for the targets. Two adapters are level if 1 lies between the quartiles of their ratio. */
function judge(cells) {
  return LOADS.map(load => {
    const resultsOf = name => cells.find(cell => cell.load === load && cell.name === name).results;
    const ratioTo = (name, key) => {
      const [ ours, theirs ] = [ OURS, name ].map(each => resultsOf(each).map(result => result[key]));
      return summarise(ratios(ours, theirs));
    };
    const peers = cells.filter(cell => cell.load === load && cell.name !== OURS && cell.name !== CONTROL).map(({ name }) => name);
    const places = { 'ahead of': [], 'level with': [], BEHIND: [] };
    for (const name of peers) {
      for (const key of [ 'cpu', 'p50', 'p99' ]) {
        const { median, q1, q3 } = ratioTo(name, key);
        places[q3 < 1 ? 'ahead of' : q1 > 1 ? 'BEHIND' : 'level with'].push(`${name} in ${key} (${median.toFixed(2)})`);
      }
    }
    const place = Object.entries(places).filter(([ , list ]) => list.length > 0).map(([ how, list ]) => `${how} ${list.join(', ')}`);
    const standing = Object.entries(TARGETS).map(([ key, target ]) => {
      const { median } = ratioTo(REFERENCE, key);
      return `${key} ${median.toFixed(2)} (target ≤ ${target.toFixed(2)}: ${median <= target ? 'met' : 'MISSED'})`;
    });
    return `Clients per worker ${load.clients}, in flight ${load.inflight}: ${place.join('; ')}. Against ${REFERENCE}: ${standing.join(', ')}.`;
  });
}

/**
 * CPU of all processes for a broadcast, and the time that it takes from one worker to the clients of the other.
 *
 * @param {Record<string, object>} systems - each with two workers
 */
module.exports = async function measureBroadcast(systems, { rounds, broadcasts }) {
  const most = Math.max(...LOADS.map(({ clients }) => clients));
  const opened = {};
  for (const [ name, system ] of Object.entries(systems)) {
    opened[name] = { system, sides: await openOnAll(() => new RawSession(system.port).openWebSocket(), () => true, most) };
  }
  const cells = LOADS.flatMap(load => Object.keys(systems).map(name => ({ load, name, results: [] })));
  for (const { name, load } of cells) await measure(opened[name], 0, broadcasts, load);
  for (let round = 0; round < rounds; round++) {
    for (const { name, load, results } of shuffle(cells)) results.push(await measure(opened[name], round, broadcasts, load));
  }
  await Promise.all(Object.values(opened).flatMap(({ sides }) => sides.flat()).map(session => session.close()));
  const summaries = cells.map(cell => summariseCell(cell, cells, systems[cell.name]));
  return {
    name: 'cluster-broadcast',
    title: `Broadcasts of 32 bytes to a room of clients on two workers: median (quartiles) of ${rounds} rounds of ${broadcasts}. The time is from the emit on one worker to the receipt by a client of the other. Every receipt was counted.`,
    head: [
      'adapter', 'clients per worker / in flight', 'processes', 'CPU µs per broadcast, all processes', 'of it outside the workers',
      'p50 µs', 'p99 µs', 'CPU ratio', 'p50 ratio', 'p99 ratio',
    ],
    rows: summaries.map(rowOf),
    notes: judge(cells),
    chart: {
      line: 1,
      title: `CPU per broadcast, all processes, ratio to ${REFERENCE}`,
      bars: summaries.map(({ against, load, name }) => ({
        label: `${name}, ${load.clients} / ${load.inflight}`, isOurs: name === OURS, ...against.cpu,
      })),
    },
    data: { rounds, broadcasts, summaries, cells },
  };
};
module.exports.NAMES = { CONTROL, OURS, REFERENCE };
