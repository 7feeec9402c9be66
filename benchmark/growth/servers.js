'use strict';

// What grows, and a server for each turn of it.
const Child = require('../child');
const { NAMES, startServer, SYSTEMS } = require('../systems');

const OURS = { name: NAMES.ours, file: 'plugin.js', app: 'growth_app' };
const PLAIN = { name: NAMES.plain, file: 'growth_plain.js' };
const FLOOR = SYSTEMS.find(({ name }) => name === NAMES.floor);
/** Code that is thrown away, because it was not run for a while, would count for what grows. */
const NODE_OPTIONS = [ '--expose-gc', '--no-flush-bytecode' ];

/**
 * Lets a client work on a server that has just begun: what one size has left behind, and how the compiler has taken to it, is
 * not to be what another size costs.
 *
 * @param {function(Child): Promise<T>} work - gets the server
 * @template T
 */
async function withFresh(system, env, work) {
  const server = await startServer(system, env, NODE_OPTIONS);
  try {
    return await work(server);
  } finally {
    await server.stop();
  }
}

/** Lets work be done with a client. */
async function withClient(work) {
  const client = new Child('client.js');
  try {
    return await work(client);
  } finally {
    await client.stop();
  }
}

/** Microseconds of the server's CPU for one of so many things that the client does. */
async function cpuPer(count, server, work) {
  const before = await server.ask('cpu');
  await work();
  return (await server.ask('cpu') - before) / count;
}

module.exports = { cpuPer, FLOOR, OURS, PLAIN, withClient, withFresh };
