'use strict';

/*
 * Where the time of the plugin's server goes: writes a profile for Chrome's DevTools, and prints what took longest.
 *
 *   npm run bench:profile -- echo [--messages 100000 --top 25]
 */
const { requirePackages } = require('./installed');

requirePackages();

const { mkdirSync, readFileSync } = require('node:fs');
const path = require('node:path');
const { parseArgs } = require('node:util');
const Child = require('./child');
const { RESULTS, tableOf } = require('./report');
const { NAMES, startServer, SYSTEMS } = require('./systems');

/** What is done with each variant of the app. */
const echo = ({ messages }) => [ 'echo', { messages, inflight: 16 }];
const handshakes = polling => ({ messages, address }) => [ 'open', { ...address, connections: messages / 20, atOnce: 50, polling }];
const LOADS = {
  echo: [ 'plain', echo ],
  'echo-service': [ 'service', echo ],
  'echo-middleware': [ 'middleware', echo ],
  'echo-validated': [ 'validated', echo ],
  broadcast: [ 'broadcast', ({ messages }) => [ 'broadcast', { broadcasts: messages / 50 }] ],
  'handshake-websocket': [ 'plain', handshakes(false) ],
  'handshake-polling': [ 'plain', handshakes(true) ],
};

const { values: options, positionals: [ name = 'echo' ] } = parseArgs({
  allowPositionals: true,
  options: { messages: { type: 'string', default: '100000' }, top: { type: 'string', default: '25' } },
});

/** The nodes of a profile without those of the profiler's own work, which it starts and stops in the same process. */
function nodesOfServer(nodes) {
  const byId = new Map(nodes.map(node => [ node.id, node ]));
  const remove = id => {
    const { children = [] } = byId.get(id);
    byId.delete(id);
    children.forEach(remove);
  };
  for (const { callFrame, id } of nodes) {
    if (callFrame.url === 'node:inspector' && byId.has(id)) remove(id);
  }
  return byId;
}

/** Microseconds that each function has had a processor itself, the longest first. */
function selfTimes({ nodes, samples, timeDeltas }) {
  const byId = nodesOfServer(nodes);
  const times = new Map();
  samples.forEach((id, i) => {
    if (!byId.has(id)) return;
    const { functionName, lineNumber, url } = byId.get(id).callFrame;
    const place = url ? `${url.replace(/^.*\/(node_modules|plugin|app)\//, '')}:${lineNumber + 1}` : '';
    const key = `${functionName || '(anonymous)'}\t${place}`;
    times.set(key, (times.get(key) ?? 0) + timeDeltas[i]);
  });
  return [ ...times ].filter(([ key ]) => !key.startsWith('(idle)')).sort((a, b) => b[1] - a[1]);
}

async function main() {
  if (!Object.hasOwn(LOADS, name)) throw new Error(`${name}: there are profiles of ${Object.keys(LOADS).join(', ')}`);
  const [ variant, loadOf ] = LOADS[name];
  const messages = Number(options.messages);
  const file = path.join(RESULTS, `${name}.cpuprofile`);
  mkdirSync(RESULTS, { recursive: true });
  const client = new Child('client.js');
  const server = await startServer(SYSTEMS.find(system => system.name === NAMES.ours), { VARIANT: variant });
  try {
    const { address } = server;
    await client.ask('open', { ...address, connections: 50, atOnce: 10 });
    await client.ask(...loadOf({ messages: messages / 5, address }));
    await server.ask('startProfile');
    await client.ask(...loadOf({ messages, address }));
    await server.ask('stopProfile', { file });
  } finally {
    await Promise.all([ client.stop(), server.stop() ]);
  }
  const times = selfTimes(JSON.parse(readFileSync(file, 'utf8')));
  const busy = times.reduce((sum, [ , micros ]) => sum + micros, 0);
  console.log(tableOf({
    head: [ 'self time, %', 'ms', 'function', 'where' ],
    rows: times.slice(0, Number(options.top)).map(([ key, micros ]) => [
      (micros / busy * 100).toFixed(1), (micros / 1000).toFixed(0), ...key.split('\t'),
    ]),
  }));
  console.log('\n%s, for the DevTools of Chrome', file);
}

main().catch(error => {
  console.error(error);
  process.exit(1);
});
