'use strict';

const path = require('node:path');
const build = require('./built');
const Child = require('./child');

const NAMES = {
  plain: 'plain Socket.IO',
  control: 'plain Socket.IO (control)',
  ours: 'egg-socketio',
  midway: '@midwayjs/socketio',
  nest: '@nestjs/platform-socket.io',
  eggSocketIO: 'egg-socket.io (Socket.IO 2)',
  floor: 'bare ws (floor)',
};

const folders = new Map();

/** Builds an app once. */
function folderOf(app) {
  if (!folders.has(app)) folders.set(app, build(path.join(__dirname, 'servers', app), [ 'egg', 'zod', 'egg-socket.io' ]));
  return folders.get(app);
}

/** What is compared: a server file each. `eio` is the version of Engine.IO's protocol that it speaks. */
const SYSTEMS = [
  { name: NAMES.plain, file: 'plain.js' },
  { name: NAMES.control, file: 'plain.js' },
  { name: NAMES.ours, file: 'plugin.js', app: 'app' },
  { name: NAMES.midway, file: 'midway.js' },
  { name: NAMES.nest, file: 'nest.js' },
  { name: NAMES.eggSocketIO, file: 'egg_socket_io.js', app: 'egg_socket_io_app', eio: 3 },
  { name: NAMES.floor, file: 'ws.js' },
];

/** Starts a server. */
async function startServer({ app, eio = 4, file, name }, env, execArgv) {
  const server = new Child(`servers/${file}`, { ...env, ...(app && { EGG_HOME: folderOf(app) }) }, execArgv);
  try {
    const { ports } = await server.hear('where it listens');
    return Object.assign(server, { name, address: { ports, eio } });
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/**
 * Starts all systems, and the client; stops them when the work is done.
 *
 * @param {object} options - what to start
 * @param {object} options.env - what the servers are started for
 * @param {string[]} [options.execArgv] - options of Node.js
 * @param {string[]} [options.without] - names of systems that are left out
 * @param {function(object[], Child): Promise<T>} work - gets the servers and the client
 * @template T
 */
async function withSystems({ env, execArgv, without = [] }, work) {
  const started = [];
  try {
    const client = new Child('client.js');
    started.push(client);
    const servers = [];
    for (const system of SYSTEMS.filter(({ name }) => !without.includes(name))) {
      const server = await startServer(system, env, execArgv);
      started.push(server);
      servers.push(server);
    }
    return await work(servers, client);
  } finally {
    await Promise.all(started.map(child => child.stop()));
  }
}

module.exports = { folderOf, NAMES, startServer, SYSTEMS, withSystems };
