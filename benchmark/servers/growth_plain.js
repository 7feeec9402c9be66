'use strict';

// Plain Socket.IO with what the app of growth_app has; controllers are the plugin's.
const { createServer } = require('node:http');
const { Server } = require('socket.io');
const { eventsOf, namespacesOf } = require('./growth_names');
const { TEXT } = require('./settings');

const { NAMESPACES = '1', EVENTS = '1', ROOMS } = process.env;
const events = eventsOf(Number(EVENTS));

const server = createServer();
const io = new Server(server);
for (const name of namespacesOf(Number(NAMESPACES))) {
  io.of(name).on('connection', socket => {
    for (const event of events) socket.on(event, (message, ack) => ack(message));
  });
}
if (ROOMS) {
  io.on('connection', socket => {
    socket.on('join', async (rooms, ack) => {
      await socket.join(rooms);
      ack();
    });
    socket.on('move', async (room, ack) => {
      await socket.leave(room);
      await socket.join(room);
      ack();
    });
    socket.on('tell', room => io.to(room).emit('told', TEXT));
    socket.on('say', () => io.emit('said', TEXT));
  });
}
require('./report')(server);
