'use strict';

const { spread, takeTurns } = require('../compare');
const { RawSession } = require('../raw_session');
const { ratios, summarise } = require('../statistics');

const OURS = 'egg-socketio';
const HASHED = `${OURS}, egg-scripts --sticky`;
const REFERENCE = 'plain Socket.IO, IP hash';
const CONTROL = `${REFERENCE} (control)`;
const OFFICIAL = '@socket.io/sticky';
/** How many clients connect at one time. */
const AT_ONCE = 20;
/** From how many addresses clients come; there have to be several, where the address chooses the worker. */
const ADDRESSES = 100;
/** Milliseconds; a session that has not answered by then is lost. */
const LIMIT = 10_000;

/** @return {Promise<string>} why the session is lost, or nothing */
async function connect(port, number, sessions) {
  const session = new RawSession(port, { localAddress: `127.0.0.${2 + number % ADDRESSES}` });
  let timer;
  try {
    await Promise.race([
      session.openPolling(false).then(() => session.ask('where')),
      new Promise((resolve, reject) => {
        timer = setTimeout(() => reject(new Error('no answer')), LIMIT);
      }),
    ]);
    sessions.push(session);
    return '';
  } catch (error) {
    session.socket?.terminate();
    return error.message;
  } finally {
    clearTimeout(timer);
  }
}

async function measure(system, clients) {
  await system.quiet();
  const sessions = [];
  const lost = [];
  let next = 0;
  const before = system.cpu().total;
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    while (next < clients) {
      const reason = await connect(system.port, next++, sessions);
      if (reason) lost.push(reason);
    }
  }));
  const cpu = (system.cpu().total - before) / clients;
  await Promise.all(sessions.map(session => session.close()));
  return { cpu, lost };
}

/**
 * CPU of all processes for a client that begins with polling and upgrades, with two workers, and how many sessions are lost.
 *
 * @param {Record<string, object>} systems - each with two workers
 */
module.exports = async function measureHandshake(systems, { rounds, clients }) {
  const names = Object.keys(systems);
  const results = await takeTurns(names, rounds, name => measure(systems[name], clients));
  const cpuOf = name => results.get(name).map(({ cpu }) => cpu);
  const summaries = names.map(name => {
    const lost = results.get(name).flatMap(result => result.lost);
    const ratio = summarise(ratios(cpuOf(name), cpuOf(REFERENCE)));
    return { name, lost: lost.length, reasons: [ ...new Set(lost) ], cpu: summarise(cpuOf(name)), ratio };
  });
  return {
    name: 'cluster-handshake',
    title: `Clients that begin with polling and upgrade, from ${ADDRESSES} addresses, two workers: median of ${rounds} rounds of ${clients} clients, ${AT_ONCE} at a time, until the upgraded session has answered an event. All processes.`,
    head: [ 'system', 'processes', 'CPU µs per client', 'quartiles', `ratio to ${REFERENCE}`, 'quartiles', 'sessions lost' ],
    rows: summaries.map(({ cpu, lost, name, ratio }) => [
      name, String(systems[name].processes), cpu.median.toFixed(0), spread(cpu, 0), ratio.median.toFixed(2), spread(ratio, 2),
      `${lost} of ${rounds * clients}`,
    ]),
    notes: summaries.filter(({ lost }) => lost > 0).map(({ name, reasons }) => `${name} lost sessions: ${reasons.join('; ')}.`),
    chart: {
      line: 1,
      title: `CPU per client that upgrades, all processes, ratio to ${REFERENCE}`,
      bars: summaries.map(({ name, ratio }) => ({ label: name, isOurs: name === OURS || name === HASHED, ...ratio })),
    },
    data: { rounds, clients, summaries, results: Object.fromEntries(results) },
  };
};
module.exports.NAMES = { CONTROL, HASHED, OFFICIAL, OURS, REFERENCE };
