'use strict';

const { createServer } = require('node:net');
const path = require('node:path');

const host = process.env.HOST || '127.0.0.1';

function fail(message) {
  console.error(`chat example: ${message}`);
  process.exit(1);
}

function readPort() {
  const { PORT = '7001' } = process.env;
  const port = Number(PORT);
  if (Number.isInteger(port) && port > 0 && port < 65536) return port;
  return fail(`PORT is '${PORT}', expected a number from 1 to 65535.`);
}

function readWorkers() {
  const { WORKERS = '2' } = process.env;
  if (/^[1-9]\d?$/.test(WORKERS)) return Number(WORKERS);
  return fail(`WORKERS is '${WORKERS}', expected a number from 1 to 99.`);
}

/** Egg would find out in a worker, and say so less clearly. */
function checkIsFree(port) {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(port, host, () => probe.close(resolve));
  });
}

function explain(error, port) {
  return error.code === 'EADDRINUSE'
    ? `port ${port} is in use. Stop what listens there, or choose another one: PORT=${port + 1} npm start`
    : `cannot listen on ${host}:${port}: ${error.message}`;
}

function sayGoodbye() {
  console.log('chat example: stopped');
  // The cluster's own account of it is for production.
  console.info = console.error = () => undefined;
}

function start(port, workers) {
  // The example is started from its TypeScript sources, with the compiler options of the repository.
  process.env.TS_NODE_PROJECT ??= path.join(__dirname, '../../tsconfig.json');
  process.env.EGG_TYPESCRIPT = 'true';
  process.env.EGG_MASTER_LOGGER_LEVEL ??= 'WARN';
  for (const signal of [ 'SIGINT', 'SIGTERM' ]) process.once(signal, sayGoodbye);

  const announce = () => console.log(`chat example: http://${host}:${port}`);
  // Egg 3 calls back, Egg 4 returns a promise.
  require('egg').startCluster({
    baseDir: __dirname,
    framework: path.dirname(require.resolve('egg/package.json')),
    env: 'local',
    workers,
    port,
    require: [ require.resolve('tsx/cjs'), path.join(__dirname, 'ignore_sigint.js') ],
  }, announce)?.then(announce);
}

const port = readPort();
const workers = readWorkers();
checkIsFree(port).then(() => start(port, workers), error => fail(explain(error, port)));
