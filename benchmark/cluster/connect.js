'use strict';

const http = require('node:http');
const { io } = require('socket.io-client');
const { median, quantile, ratios, shuffle, summarise } = require('../statistics');
const startDelayingProxy = require('./delaying_proxy');

/** Milliseconds of a round trip, and how many of them go by before a new connection can be used. */
const NETWORKS = [
  { name: 'loopback', roundTrip: 0, setUp: 0 },
  { name: '50 ms', roundTrip: 50, setUp: 1 },
  { name: '50 ms, TLS', roundTrip: 50, setUp: 2 },
  { name: '100 ms, TLS', roundTrip: 100, setUp: 2 },
  { name: '200 ms', roundTrip: 200, setUp: 1 },
];
const KINDS = { polling: [ 'polling' ], upgrading: [ 'polling', 'websocket' ], websocket: [ 'websocket' ] };
const REFERENCE = '0';
/** Milliseconds between the starts of two clients, so that they do not wait for each other. */
const PACE = 40;

/** Connects as a browser does: polling keeps its connections, and a WebSocket needs a new one. */
async function connect(port, transports) {
  const agent = new http.Agent({ keepAlive: true });
  const start = performance.now();
  const socket = io(`http://127.0.0.1:${port}`, {
    transports,
    forceNew: true,
    reconnection: false,
    transportOptions: { polling: { agent }, websocket: { perMessageDeflate: false } },
  });
  const { engine } = socket.io;
  const upgraded = transports.length === 1 || new Promise(resolve => { engine.once('upgrade', resolve); });
  await new Promise((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('connect_error', reject);
  });
  const latency = performance.now() - start;
  await upgraded;
  const where = await socket.emitWithAck('where');
  const taken = !engine.id.endsWith(`.${where.tag}`) && !where.relayed;
  socket.disconnect();
  agent.destroy();
  return { latency, taken, relayed: where.relayed };
}

function rowsOf(network, windows, cellOf) {
  return windows.map(window => {
    const cells = Object.keys(KINDS).map(kind => cellOf(network, window, kind).results);
    const times = cells.map(results => {
      const latencies = results.map(({ latency }) => latency);
      return [ 0.5, 0.99 ].map(share => quantile(latencies, share).toFixed(0)).join(' / ');
    });
    const shares = cells.map((results, i) => {
      const reference = cellOf(network, REFERENCE, Object.keys(KINDS)[i]).results;
      return median(ratios(results.map(({ latency }) => latency), reference.map(({ latency }) => latency))).toFixed(2);
    });
    const [ , upgrading ] = cells;
    const taken = upgrading.filter(result => result.taken).length;
    const crossed = taken + upgrading.filter(result => result.relayed).length;
    return [ network.name, window, ...times, shares.join(' / '), `${taken} of ${crossed}` ];
  });
}

/**
 * The time until Socket.IO has answered a client's CONNECT, and what became of the session when the client upgraded.
 *
 * @param {Map<string, object>} systems - by their take-over windows
 */
module.exports = async function measureConnect(systems, { clients }) {
  const windows = [ ...systems.keys() ];
  const cells = [];
  const proxies = [];
  for (const [ window, { port }] of systems) {
    for (const network of NETWORKS) {
      const proxy = await startDelayingProxy(port, network.roundTrip, network.setUp);
      proxies.push(proxy);
      for (const kind of Object.keys(KINDS)) cells.push({ network, window, kind, port: proxy.port, results: [] });
    }
  }
  const cellOf = (network, window, kind) => cells.find(cell => cell.network === network && cell.window === window && cell.kind === kind);
  for (const { port, kind } of cells) await connect(port, KINDS[kind]);
  const jobs = Array.from({ length: clients }, () => shuffle(cells)).flat();
  await Promise.all(jobs.map(async ({ port, kind, results }, i) => {
    await new Promise(resolve => { setTimeout(resolve, i * PACE); });
    const round = Math.floor(i / cells.length);
    results[round] = await connect(port, KINDS[kind]);
  }));
  for (const proxy of proxies) proxy.stop();

  return {
    name: 'cluster-connect',
    title: `Milliseconds until Socket.IO has answered CONNECT, p50 / p99 of ${clients} clients of each kind, one client every ${PACE} ms, two workers. "Taken over" counts the upgrading clients whose WebSocket reached another worker than their polling; the rest of them are relayed.`,
    head: [ 'round trip', 'window', ...Object.keys(KINDS), 'ratios to window 0', 'taken over' ],
    rows: NETWORKS.flatMap(network => rowsOf(network, windows, cellOf)),
    notes: [],
    data: {
      clients,
      cells: cells.map(({ network, window, kind, results }) => ({
        network, window, kind, latency: summarise(results.map(({ latency }) => latency)), results,
      })),
    },
  };
};
