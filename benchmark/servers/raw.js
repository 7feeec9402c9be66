'use strict';

const { createServer } = require('node:http');
const { Server } = require('socket.io');

const server = createServer();
const io = new Server(server);
io.on('connection', socket => {
  socket.on('echo', (message, ack) => ack(message));
});
require('./report')(server);
