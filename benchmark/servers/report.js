'use strict';

// What each server tells the driver: its port, and on request what it has used.
const { once } = require('node:events');
const { readdirSync, writeFileSync } = require('node:fs');
const { Session } = require('node:inspector/promises');

const session = new Session();
/** Milliseconds between looks at whether something has happened. */
const INTERVAL = 10;
let listening = [];

function connectionsOf(server) {
  return new Promise((resolve, reject) => {
    server.getConnections((error, count) => (error ? reject(error) : resolve(count)));
  });
}

const ANSWERS = {
  cpu() {
    const { user, system } = process.cpuUsage();
    return user + system;
  },
  /** Bytes; twice, because what has a finalizer survives the first collection. */
  heap() {
    for (let i = 0; i < 2; i++) globalThis.gc();
    return process.memoryUsage().heapUsed;
  },
  /** Bytes in use, in the heap and outside of it. */
  memory() {
    for (let i = 0; i < 3; i++) globalThis.gc();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  },
  /** Bytes of memory that the process has. */
  resident() {
    for (let i = 0; i < 3; i++) globalThis.gc();
    return process.memoryUsage.rss();
  },
  /** The number of open files and connections. */
  descriptors: () => readdirSync('/proc/self/fd').length,
  /** Waits until the connections that clients have closed are closed here too, but for as many as are to stay. */
  async closed({ stay = 0 }) {
    for (const server of listening) {
      while (await connectionsOf(server) > stay) await new Promise(resolve => { setTimeout(resolve, INTERVAL); });
    }
  },
  async startProfile() {
    session.connect();
    await session.post('Profiler.enable');
    await session.post('Profiler.setSamplingInterval', { interval: 200 });
    await session.post('Profiler.start');
  },
  async stopProfile({ file }) {
    const { profile } = await session.post('Profiler.stop');
    writeFileSync(file, JSON.stringify(profile));
    session.disconnect();
  },
};

/** @param {import('node:http').Server[]} servers - of one, or of each of several workers in one process */
module.exports = function report(...servers) {
  listening = servers;
  Promise.all(servers.map(async server => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return server.address().port;
  })).then(ports => process.send({ ports }));
  process.on('message', async question => process.send({ answer: await ANSWERS[question.ask](question) }));
  process.on('disconnect', () => process.exit());
};

/** Lets the driver ask for something else. */
module.exports.answer = (question, answer) => { ANSWERS[question] = answer; };
