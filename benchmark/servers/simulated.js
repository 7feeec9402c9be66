'use strict';

// Workers of the plugin in one process: for each a Socket.IO server with the plugin's adapter, and a way to the others.
const { createServer } = require('node:http');
const path = require('node:path');
const { TEXT } = require('./settings');
const { connectPeers } = require('./simulated_peers');

const { EGG_HOME, LINKS, WORKERS } = process.env;
const plugin = path.join(EGG_HOME, 'node_modules/egg-socketio');
const { Server } = require(path.join(plugin, 'node_modules/socket.io'));
const { createEmbeddedAdapter } = require(path.join(plugin, 'lib/adapter/adapter'));

function startWorker(peers) {
  const server = createServer();
  const io = new Server(server, { adapter: createEmbeddedAdapter(peers) });
  io.on('connection', socket => {
    socket.on('say', () => io.emit('said', TEXT));
    socket.on('count', async ack => ack((await io.fetchSockets()).length));
    socket.on('consult', ack => io.serverSideEmit('consulted', (error, answers) => ack(answers.length)));
  });
  io.on('consulted', answer => answer(1));
  return server;
}

connectPeers(plugin, Number(WORKERS), LINKS === '1').then(ports => {
  require('./report')(...ports.map(startWorker));
});
