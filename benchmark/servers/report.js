'use strict';

// What each server tells the driver: its port, and on request what it has used.
const { writeFileSync } = require('node:fs');
const { Session } = require('node:inspector/promises');

const session = new Session();

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

module.exports = function report(server) {
  server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
  process.on('message', async question => process.send({ answer: await ANSWERS[question.ask](question) }));
  process.on('disconnect', () => process.exit());
};
