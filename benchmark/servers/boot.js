'use strict';

// An Egg app of one process that starts, says what that took, and ends.
const { createServer } = require('node:http');

require('egg').start({ baseDir: process.env.EGG_HOME }).then(app => {
  const server = createServer(app.callback());
  app.emit('server', server);
  server.listen(0, '127.0.0.1', () => {
    const ms = performance.now();
    for (let i = 0; i < 2; i++) globalThis.gc();
    const { external, heapUsed, rss } = process.memoryUsage();
    process.send({ ms, heap: (heapUsed + external) / 2 ** 20, rss: rss / 2 ** 20 });
  });
});
