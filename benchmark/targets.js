'use strict';

// What the plugin is meant to reach. Where it stands is read from the figures of a run.
const { NAMES: BROADCAST } = require('./cluster/broadcast');
const { NAMES: HANDSHAKE } = require('./cluster/handshake');
const { NAMES: ECHO } = require('./cluster/echo');
const { NAMES } = require('./systems');

/** The median ratio of the plugin. */
const ratioOf = ({ summaries }) => summaries.find(({ system }) => system === NAMES.ours).ratio.median;

const STORED = 'against plain Socket.IO in an AsyncLocalStorage';

/** By workload. `read` gives the figure, or several by what they were measured with. */
const TARGETS = [
  { workload: 'echo-pipelined', what: 'acked echo, 16 in flight a connection', limit: 0.8, read: ratioOf },
  { workload: 'echo-shallow', what: 'acked echo, 64 in flight in all', limit: 1.05, read: ratioOf },
  { workload: 'echo-service', what: `… with ctx, injection and a service, ${STORED}`, limit: 1.1, read: ratioOf },
  { workload: 'echo-middleware', what: '… with two middlewares more', limit: 1.15, read: ratioOf },
  { workload: 'broadcast', what: 'broadcast to a room of 1000, CPU per delivery', limit: 0.8, read: ratioOf },
  { workload: 'heap-4', what: 'heap per idle connection, four handlers', limit: 1, read: ratioOf },
  { workload: 'heap-40', what: 'heap per idle connection, forty handlers', limit: 1, read: ratioOf },
  { workload: 'handshake-websocket', what: 'handshake, WebSocket', limit: 1, read: ratioOf },
  {
    workload: 'cluster-handshake', what: `handshake, polling then upgrade, 2 workers, against ${HANDSHAKE.REFERENCE}`, limit: 1.1,
    read: ({ summaries }) => Object.fromEntries([[ HANDSHAKE.OURS, '' ], [ HANDSHAKE.HASHED, 'egg-scripts --sticky' ]].map(([ system, how ]) => [
      how, summaries.find(({ name }) => name === system).ratio.median,
    ])),
  },
  {
    workload: 'cluster-handshake', what: '… sessions lost', limit: 0, digits: 0,
    read: ({ summaries }) => summaries.find(({ name }) => name === HANDSHAKE.OURS).lost,
  },
  {
    workload: 'cluster-echo', what: `echo on a session that was taken over, 2 workers, against ${ECHO.REFERENCE}`, limit: 1.05,
    read: ({ summaries }) => summaries.find(({ kind }) => kind === ECHO.TAKEN).ratio.median,
  },
  ...[[ 'cpu', 'CPU', 0.6 ], [ 'p50', 'latency p50', 0.5 ]].map(([ key, words, limit ]) => ({
    workload: 'cluster-broadcast', what: `broadcast to another worker, ${words}, against ${BROADCAST.REFERENCE}`, limit,
    read: ({ summaries }) => Object.fromEntries(summaries.filter(({ name }) => name === BROADCAST.OURS).map(({ against, load }) => [
      `${load.clients} a worker, ${load.inflight} in flight`, against[key].median,
    ])),
  })),
  { workload: 'boot', what: 'the plugin\'s share of a boot, ms', limit: 60, digits: 0, read: ({ share }) => share.ms.median },
  { workload: 'boot', what: 'the plugin\'s share of a boot, MiB of heap', limit: 8, digits: 1, read: ({ share }) => share.heap.median },
];

function rowsOf({ workload, what, limit, digits = 2, read }, sections) {
  const section = sections.find(({ name }) => name === workload);
  const target = `≤ ${limit.toFixed(digits)}`;
  if (!section) return [[ what, target, '–', 'not measured' ]];
  const found = read(section.data);
  const figures = typeof found === 'number' ? { '': found } : found;
  return Object.entries(figures).map(([ load, figure ]) => [
    load ? `${what}, ${load}` : what, target, figure.toFixed(digits), figure <= limit ? 'met' : 'MISSED',
  ]);
}

/** Where the targets stand after a run, also after one of a part. */
module.exports = function judge(sections) {
  const rows = TARGETS.flatMap(target => rowsOf(target, sections));
  const count = word => rows.filter(row => row[3] === word).length;
  return {
    name: 'targets',
    title: `Targets: ${count('met')} met, ${count('MISSED')} MISSED, ${count('not measured')} not measured. Ratios to plain Socket.IO, medians, unless the row says otherwise.`,
    head: [ 'workload', 'target', 'measured', 'result' ],
    rows,
    notes: [],
    data: { rows },
  };
};
