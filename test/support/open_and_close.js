'use strict';

// Starts an app, talks to it, closes it, and prints what is still open. argv: whether the plugin is on.
const { once } = require('node:events');
const { createServer } = require('node:http');
const path = require('node:path');
require('tsx/cjs');

process.env.EGG_TYPESCRIPT = 'true';
const enable = process.argv[2] === 'true';

async function main() {
  const baseDir = path.join(__dirname, '../fixtures/apps/basic');
  const app = await require('egg').start({
    baseDir,
    plugins: { socketio: { enable, path: path.join(__dirname, '../..') } },
  });
  const server = createServer(app.callback());
  app.emit('server', server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  if (enable) {
    for (const transport of [ 'polling', 'websocket' ]) {
      const client = require('socket.io-client').io(`http://127.0.0.1:${server.address().port}`, { transports: [ transport ], reconnection: false });
      await once(client, 'connect');
      // The server is the one that closes.
      if (transport === 'polling') client.disconnect();
    }
  }
  await app.close();
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
  // A last log line, the clients' ends of the connections or a short timer end by themselves.
  const open = () => process.getActiveResourcesInfo().filter(name => !/^PipeWrap|TTYWrap/.test(name));
  let before;
  for (let now = open(); `${now}` !== before || now.some(name => name !== 'Timeout'); now = open()) {
    before = `${now}`;
    await new Promise(resolve => { setTimeout(resolve, 500); });
  }
  console.log(JSON.stringify(open()));
  process.exit();
}

main();
