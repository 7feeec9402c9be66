'use strict';

// Two workers of the plugin in one process, which reach each other over connections, as real ones do.
const { createServer } = require('node:http');
const path = require('node:path');
const { TEXT } = require('./settings');
const { connectPeers } = require('./simulated_peers');

const { BURST = '1', EGG_HOME, RECOVERY } = process.env;
const plugin = path.join(EGG_HOME, 'node_modules/egg-socketio');
const { createEmbeddedAdapter } = require(path.join(plugin, 'lib/adapter/adapter'));
const { createServer: createSocketIO } = require(path.join(plugin, 'lib/boot/engine'));

function startWorker(peers) {
  const server = createServer();
  const io = createSocketIO(server, { adapter: createEmbeddedAdapter(peers), connectionStateRecovery: RECOVERY ? {} : undefined });
  io.on('connection', socket => {
    socket.on('say', () => {
      for (let i = 0; i < Number(BURST); i++) io.emit('said', TEXT);
    });
    socket.on('tell', () => socket.emit('said', TEXT));
  });
  return server;
}

connectPeers(plugin, 2, true).then(ports => {
  require('./report')(...ports.map(startWorker));
});
