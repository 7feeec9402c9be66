'use strict';

const cluster = require('node:cluster');

/** Starts the workers of a cluster of Node's, which end with their primary; that ends with who has started it. */
module.exports = function startWorkers(count) {
  for (let i = 0; i < count; i++) cluster.fork();
  process.on('SIGTERM', () => {
    for (const worker of Object.values(cluster.workers)) worker.process.kill();
    process.exit();
  });
  process.on('disconnect', () => process.exit());
};
