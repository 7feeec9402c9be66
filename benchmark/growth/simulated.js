'use strict';

const { NAMES } = require('../systems');
const measureCurve = require('./curve');
const { cpuPer, withClient, withFresh } = require('./servers');

const SIZES = [ 1, 4, 16, 64 ];
const CLIENTS = 64;
const SYSTEMS = [ '1', '' ].map(links => ({
  name: `${NAMES.ours}, ${links ? 'linked by connections' : 'without connections'}`, file: 'simulated.js', app: 'growth_app', links,
}));
/** What each further worker adds to the work of all. */
const added = { label: 'µs', factor: 1, digits: 1 };
const METRICS = [
  { key: 'broadcast', label: 'CPU µs per broadcast', digits: 0, added },
  { key: 'fetch', label: 'CPU µs per fetchSockets()', digits: 0, added },
  { key: 'consult', label: 'CPU µs per serverSideEmit() with ack', digits: 0, added },
  { key: 'heap', label: 'MiB of heap', digits: 2, added: { label: 'kB', factor: 1024, digits: 0 } },
];

/** What many workers would cost that run in one process: the sum of all of them, so that what grows with their number shows. */
function measureSimulated({ rounds, scale }) {
  const broadcasts = Math.ceil(800 * scale);
  return withClient(client => measureCurve({
    name: 'growth-workers-simulated',
    axis: 'workers',
    title: `Workers in one process (CPU and heap are the sum of all) and ${CLIENTS} clients spread over them. ${broadcasts} broadcasts of 32 bytes to all clients per turn, one in flight; as many calls of fetchSockets(), and of serverSideEmit() with an ack, eight in flight.`,
    systems: SYSTEMS,
    sizes: SIZES,
    rounds,
    metrics: METRICS,
    notes: [
      'The clients are the same in all cases, so the number of deliveries does not change with the number of workers.',
      'Without connections, messages are encoded and decoded as on links, but not written.',
    ],
    measure: (system, size) => withFresh(system, { WORKERS: String(size), LINKS: system.links }, async server => {
      const kinds = {
        broadcast: count => client.ask('broadcast', { broadcasts: count }),
        fetch: count => client.ask('rotate', { what: 'count', messages: count, inflight: 8 }),
        consult: count => client.ask('rotate', { what: 'consult', messages: count, inflight: 8 }),
      };
      const figures = {};
      await client.ask('open', { ...server.address, connections: CLIENTS, atOnce: 8 });
      for (const [ key, work ] of Object.entries(kinds)) {
        await work(broadcasts / 2);
        figures[key] = await cpuPer(broadcasts, server, () => work(broadcasts));
      }
      const heap = await server.ask('heap') / 2 ** 20;
      await client.ask('close');
      return { ...figures, heap };
    }),
  }));
}

module.exports = { 'growth-workers-simulated': measureSimulated };
