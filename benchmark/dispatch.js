'use strict';

/*
 * CPU microseconds of the server per acked echo, for raw Socket.IO and for the plugin, interleaved in one run.
 * A second raw server is the control: how far its ratio is from 1 is the noise of this machine.
 *
 *   npm run bench:dispatch [-- --rounds 9 --messages 60000 --connections 50 --inflight 16]
 */
const { fork } = require('node:child_process');
const { once } = require('node:events');
const path = require('node:path');
const { parseArgs } = require('node:util');
const { describeRun, headline, tableOf } = require('./report');
const { median, ratios, shuffle, summarise } = require('./statistics');

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '9' },
    messages: { type: 'string', default: '60000' },
    connections: { type: 'string', default: '50' },
    inflight: { type: 'string', default: '16' },
  },
});
const SYSTEMS = {
  raw: 'servers/raw.js',
  'raw (control)': 'servers/raw.js',
  plugin: 'servers/plugin.js',
};

async function startServer(file) {
  const child = fork(path.join(__dirname, file), { stdio: [ 'ignore', 'ignore', 'inherit', 'ipc' ] });
  const [{ port }] = await once(child, 'message');
  return {
    port,
    async cpu() {
      child.send('cpu');
      return (await once(child, 'message'))[0].micros;
    },
    stop: () => child.kill(),
  };
}

async function main() {
  const servers = new Map();
  for (const [ name, file ] of Object.entries(SYSTEMS)) servers.set(name, await startServer(file));
  const client = fork(path.join(__dirname, 'client.js'), { stdio: [ 'ignore', 'inherit', 'inherit', 'ipc' ] });

  async function measure(name, messages) {
    const server = servers.get(name);
    const job = { port: server.port, messages, connections: Number(options.connections), inflight: Number(options.inflight) };
    client.send({ ...job, step: 'connect' });
    await once(client, 'message');
    const before = await server.cpu();
    client.send({ ...job, step: 'run' });
    await once(client, 'message');
    const after = await server.cpu();
    client.send({ ...job, step: 'disconnect' });
    await once(client, 'message');
    return (after - before) / messages;
  }

  const results = new Map([ ...servers.keys() ].map(name => [ name, []]));
  const messages = Number(options.messages);
  for (const name of servers.keys()) await measure(name, messages);
  for (let round = 0; round < Number(options.rounds); round++) {
    for (const name of shuffle([ ...servers.keys() ])) results.get(name).push(await measure(name, messages));
  }

  console.log(headline(describeRun([ 'egg', 'socket.io' ])));
  console.log('%s rounds of %s acked echoes of 90 bytes, %s connections, %s in flight on each\n', options.rounds, messages, options.connections, options.inflight);
  console.log(tableOf({
    head: [ 'system', 'CPU µs per echo (median)', 'ratio to raw in the same round (median)', 'quartiles' ],
    rows: [ ...results ].map(([ name, numbers ]) => {
      const { median: middle, q1, q3 } = summarise(ratios(numbers, results.get('raw')));
      return [ name, median(numbers).toFixed(2), middle.toFixed(3), `${q1.toFixed(3)} – ${q3.toFixed(3)}` ];
    }),
  }));

  client.disconnect();
  for (const server of servers.values()) server.stop();
}

main().catch(error => {
  console.error(error);
  process.exit(1);
});
