'use strict';

// The parts of the cluster benchmark: which systems each of them needs.
const path = require('node:path');
const build = require('../built');
const measureBroadcast = require('./broadcast');
const measureConnect = require('./connect');
const measureEcho = require('./echo');
const measureHandshake = require('./handshake');
const measureReplicas = require('./replicas');
const { startRedis, startSystem } = require('./processes');

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

/** @param {object} [env] - variables for the app, see its config, and for how Egg starts it */
async function startPlugin(env) {
  baseDir ??= build(path.join(__dirname, 'servers/app'));
  return start('egg.js', { EGG_HOME: baseDir, EGG_SERVER_ENV: 'prod', EGG_TYPESCRIPT: 'false', ...env });
}

const PARTS = {
  async echo({ rounds, messages, connections, inflight }) {
    return measureEcho(await startPlugin(), { rounds, messages, connections, inflight });
  },
  async broadcast({ rounds, broadcasts }) {
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
    const section = await measureBroadcast(systems, { rounds, broadcasts });
    section.notes.push(redis ? `Redis ${redis.version} on the same machine, through its own port.`
      : 'redis-server is not installed: nothing was measured with @socket.io/redis-adapter.');
    return section;
  },
  async handshake({ rounds, handshakes }) {
    const { CONTROL, HASHED, OFFICIAL, OURS, REFERENCE } = measureHandshake.NAMES;
    return measureHandshake({
      [REFERENCE]: await start('sticky.js'),
      [CONTROL]: await start('sticky.js'),
      [OURS]: await startPlugin(),
      [HASHED]: await startPlugin({ STICKY: 'true' }),
      [OFFICIAL]: await start('sticky.js', { METHOD: 'official' }),
    }, { rounds, clients: handshakes });
  },
  async replicas({ rounds, messages, connections }) {
    const { AFTER, BEFORE, CONTROL, REFERENCE } = measureReplicas.NAMES;
    const startWith = replicas => startPlugin({ RECOVERY: JSON.stringify({ replicas }) });
    return measureReplicas({
      [REFERENCE]: await startWith(0),
      [CONTROL]: await startWith(0),
      [BEFORE]: await startWith(1),
      [AFTER]: await startWith({ order: 'after' }),
    }, { rounds, messages, connections });
  },
  async connect({ clients, windows }) {
    const startWith = window => startPlugin({ TAKE_OVER_WINDOW: window });
    const systems = new Map([[ '0', await startWith('0') ], [ '0 (control)', await startWith('0') ]]);
    for (const window of windows) systems.set(window, await startWith(window));
    return measureConnect(systems, { clients });
  },
};

/** Measures a part, and stops its systems. */
async function measurePart(name, options) {
  try {
    return await PARTS[name](options);
  } finally {
    await stopAll();
  }
}

module.exports = { measurePart, PARTS, stopAll };
