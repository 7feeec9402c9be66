'use strict';

const path = require('node:path');
const build = require('../built');
const { NAMES: BROADCAST } = require('../cluster/broadcast');
const { startSystem } = require('../cluster/processes');
const { broadcast, echo } = require('../loads');
const { openOnAll, RawSession } = require('../raw_session');
const measureCurve = require('./curve');

const SIZES = [ 1, 2, 3, 4 ];
/** Divisible by each of them. */
const CLIENTS = 24;
const METRICS = [
  { key: 'single', label: 'CPU µs per echo, one in flight', digits: 1 },
  { key: 'many', label: 'CPU µs per echo, eight in flight', digits: 1 },
  { key: 'broadcast', label: 'CPU µs per broadcast', digits: 0, added: { label: 'µs', factor: 1, digits: 0 } },
  { key: 'heap', label: 'MiB of heap per worker', digits: 2 },
];

/** What an event and a broadcast cost in a real cluster, all processes together. */
async function measureWorkers({ rounds, scale }) {
  const messages = Math.ceil(10_000 * scale);
  const broadcasts = Math.ceil(600 * scale);
  const baseDir = build(path.join(__dirname, '../cluster/servers/app'));
  const env = { EGG_HOME: baseDir, EGG_SERVER_ENV: 'prod', EGG_TYPESCRIPT: 'false' };
  const systems = [{ name: BROADCAST.REFERENCE, file: 'plain.js', env: {} }, { name: BROADCAST.OURS, file: 'egg.js', env }];
  return measureCurve({
    name: 'growth-workers',
    axis: 'workers',
    title: `Clusters with a growing number of workers, over which ${CLIENTS} clients are spread; CPU is that of all processes. Acked echoes of 90 bytes, ${messages} per turn, with one and with eight in flight on each connection; broadcasts of 32 bytes to all clients, ${broadcasts} per turn, one in flight.`,
    systems,
    sizes: SIZES,
    rounds,
    metrics: METRICS,
    notes: [ 'The clients are the same in all cases, so the number of deliveries does not change with the number of workers.' ],
    async measure(system, size) {
      const cluster = await startSystem(system.file, { ...system.env, WORKERS: String(size) });
      try {
        const sides = await openOnAll(() => new RawSession(cluster.port).openWebSocket(), () => true, CLIENTS / size, size);
        const sessions = sides.flat();
        const cpuPer = async (count, work) => {
          // Each worker has to be warm, and to a part of the work none would be.
          await work(count * size);
          await cluster.quiet();
          const before = cluster.cpu().total;
          await work(count);
          return (cluster.cpu().total - before) / count;
        };
        const figures = {
          single: await cpuPer(messages, count => echo(sessions, count, 1)),
          many: await cpuPer(messages, count => echo(sessions, count, 8)),
          broadcast: await cpuPer(broadcasts, count => broadcast(sessions, count)),
        };
        const heaps = await Promise.all(sides.map(([ session ]) => session.ask('heap')));
        await Promise.all(sessions.map(session => session.close()));
        return { ...figures, heap: heaps.reduce((sum, bytes) => sum + bytes, 0) / size / 2 ** 20 };
      } finally {
        await cluster.stop();
      }
    },
  });
}

module.exports = { 'growth-workers': measureWorkers };
