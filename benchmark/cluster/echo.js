'use strict';

const { echo } = require('../loads');
const { openOnAll, RawSession } = require('../raw_session');
const { median, ratios, shuffle, summarise } = require('../statistics');

const REFERENCE = 'WebSocket only';
const CONTROL = 'WebSocket only (control)';
const UPGRADED = 'upgraded on its own worker';
const TAKEN = 'upgraded on the other worker, which took it over';
const RELAYED = 'upgraded there too late: relayed';
const TARGET = 1.05;

/** Whether the session is with the worker that its id was made by. */
function isAtHome({ tag }, session) {
  return session.sid.endsWith(`.${tag}`);
}

/** How sessions come to be: how they are opened, and which of them count. */
const KINDS = {
  [REFERENCE]: [ session => session.openWebSocket(), ({ relayed }) => !relayed ],
  [CONTROL]: [ session => session.openWebSocket(), ({ relayed }) => !relayed ],
  [UPGRADED]: [ session => session.openPolling(false), (where, session) => isAtHome(where, session) && !where.relayed ],
  [TAKEN]: [ session => session.openPolling(false), (where, session) => !isAtHome(where, session) && !where.relayed ],
  [RELAYED]: [ session => session.openPolling(true), (where, session) => isAtHome(where, session) && where.relayed ],
};

async function measure(system, kind, { messages, connections, inflight }) {
  const [ open, wanted ] = KINDS[kind];
  const sessions = (await openOnAll(() => open(new RawSession(system.port)), wanted, connections / 2)).flat();
  // What opening them has left behind, garbage and connections that are being closed, is not what an echo costs.
  await echo(sessions, Math.ceil(messages / 5), inflight);
  await system.quiet();
  const before = system.cpu().total;
  await echo(sessions, messages, inflight);
  const after = system.cpu().total;
  for (const session of sessions) {
    if (!wanted(await session.ask('where'), session)) throw new Error(`${kind}: session ${session.sid} is elsewhere after the echoes`);
  }
  await Promise.all(sessions.map(session => session.close()));
  return (after - before) / messages;
}

/** CPU of all processes for an acked echo, by the way in which the session has come to its worker. */
module.exports = async function measureEcho(system, options) {
  const { rounds, messages, connections, inflight } = options;
  const kinds = Object.keys(KINDS);
  const results = Object.fromEntries(kinds.map(kind => [ kind, []]));
  for (const kind of kinds) await measure(system, kind, options);
  for (let round = 0; round < rounds; round++) {
    for (const kind of shuffle(kinds)) results[kind].push(await measure(system, kind, options));
  }
  const summaries = kinds.map(kind => ({
    kind, cpu: summarise(results[kind]), ratio: summarise(ratios(results[kind], results[REFERENCE])),
  }));
  const taken = median(ratios(results[TAKEN], results[REFERENCE]));
  return {
    name: 'cluster-echo',
    title: `Acked echoes of 90 bytes: median of ${rounds} rounds of ${messages}, ${connections} connections on two workers, ${inflight} in flight on each, ${system.processes} processes.`,
    head: [ 'session', 'CPU µs per echo, all processes', 'quartiles', 'ratio in the same round', 'quartiles' ],
    rows: summaries.map(({ kind, cpu, ratio }) => [
      kind,
      cpu.median.toFixed(1), `${cpu.q1.toFixed(1)} – ${cpu.q3.toFixed(1)}`,
      ratio.median.toFixed(3), `${ratio.q1.toFixed(3)} – ${ratio.q3.toFixed(3)}`,
    ]),
    notes: [ `A session that was taken over, against WebSocket only: ${taken.toFixed(3)}, the target is ≤ ${TARGET}: ${taken <= TARGET ? 'met' : 'MISSED'}.` ],
    chart: {
      line: 1,
      title: `CPU per echo, all processes, ratio to ${REFERENCE}`,
      bars: summaries.map(({ kind, ratio }) => ({ label: kind, isOurs: kind === TAKEN, ...ratio })),
    },
    data: { options, summaries, results },
  };
};
module.exports.NAMES = { REFERENCE, TAKEN };
