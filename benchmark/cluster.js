'use strict';

/*
 * What many workers cost, on Linux: all figures are sums over all processes of a system with two workers, and what is
 * compared takes turns in one run. README.md says what the parts are.
 *
 *   npm run bench:cluster [-- --only echo,broadcast,connect --rounds 15 --messages 30000 --broadcasts 1000 --clients 50 --docs]
 */
const { requirePackages, requireSameVersions } = require('./installed');

requirePackages();
requireSameVersions();

const path = require('node:path');
const { parseArgs } = require('node:util');
const build = require('./built');
const measureBroadcast = require('./cluster/broadcast');
const measureConnect = require('./cluster/connect');
const measureEcho = require('./cluster/echo');
const { startRedis, startSystem } = require('./cluster/processes');
const { describeRun, headline, keep, print, writeInto } = require('./report');

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: 'echo,broadcast,connect' },
    rounds: { type: 'string', default: '15' },
    messages: { type: 'string', default: '30000' },
    connections: { type: 'string', default: '40' },
    inflight: { type: 'string', default: '8' },
    broadcasts: { type: 'string', default: '1000' },
    clients: { type: 'string', default: '50' },
    windows: { type: 'string', default: '50,100,300,500,1000' },
    docs: { type: 'boolean', default: false },
  },
});
const rounds = Number(options.rounds);
/** Of the built app. */
let baseDir;
/** What is to be stopped, the latest first. */
const started = [];

async function start(...args) {
  const system = await startSystem(...args);
  started.push(system);
  return system;
}

async function stopAll() {
  while (started.length > 0) await started.pop().stop();
}

/** @param {string} [window] - default: the plugin's own */
async function startPlugin(window = '') {
  return start('egg.js', { EGG_HOME: baseDir, EGG_SERVER_ENV: 'prod', EGG_TYPESCRIPT: 'false', TAKE_OVER_WINDOW: window });
}

const PARTS = {
  async echo() {
    return measureEcho(await startPlugin(), {
      rounds,
      messages: Number(options.messages),
      connections: Number(options.connections),
      inflight: Number(options.inflight),
    });
  },
  async broadcast() {
    const { CONTROL, OURS, REFERENCE } = measureBroadcast.NAMES;
    const systems = {
      [REFERENCE]: await start('plain.js'),
      [CONTROL]: await start('plain.js'),
      [OURS]: await startPlugin(),
    };
    const redis = await startRedis();
    if (redis) {
      started.push(redis);
      systems['@socket.io/redis-adapter'] = await start('plain.js', { REDIS_PORT: String(redis.port) }, [ redis.pid ]);
    }
    const section = await measureBroadcast(systems, { rounds, broadcasts: Number(options.broadcasts) });
    section.notes.push(redis ? `Redis ${redis.version} on the same machine, through its own port.`
      : 'redis-server is not installed: nothing was measured with @socket.io/redis-adapter.');
    return section;
  },
  async connect() {
    const systems = new Map([[ '0', await startPlugin('0') ], [ '0 (control)', await startPlugin('0') ]]);
    for (const window of options.windows.split(',')) systems.set(window, await startPlugin(window));
    return measureConnect(systems, { clients: Number(options.clients) });
  },
};

async function main() {
  const parts = options.only.split(',');
  for (const part of parts) {
    if (!Object.hasOwn(PARTS, part)) throw new Error(`--only ${part}: the parts are ${Object.keys(PARTS).join(', ')}`);
  }
  baseDir = build(path.join(__dirname, 'cluster/servers/app'));
  const run = describeRun([ 'egg', 'socket.io', '@socket.io/cluster-adapter', '@socket.io/redis-adapter', 'ioredis' ]);
  console.log('%s\nThe app runs built, in the environment prod.', headline(run));
  const sections = [];
  for (const part of parts) {
    try {
      sections.push(await PARTS[part]());
    } finally {
      await stopAll();
    }
    print(sections.at(-1));
  }
  console.log('\nAll figures: %s', keep('cluster', run, sections));
  if (options.docs) await writeInto(path.join(__dirname, '../docs/performance.md'), run, sections);
}

for (const signal of [ 'SIGINT', 'SIGTERM' ]) {
  process.once(signal, () => {
    stopAll().finally(() => process.exit(1));
  });
}

main().catch(error => {
  console.error(error);
  process.exitCode = 1;
});
