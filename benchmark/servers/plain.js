'use strict';

// Plain Socket.IO: what everything else is compared with.
const { AsyncLocalStorage } = require('node:async_hooks');
const { createServer } = require('node:http');
const { Server } = require('socket.io');
const { schema } = require('./schema');
const { hasStorage, others, ROOM, TEXT, variant } = require('./settings');

const storage = new AsyncLocalStorage();
const service = { echo: message => message };
const echo = (message, ack) => ack(message);
const HANDLERS = {
  plain: echo,
  broadcast: echo,
  service: (message, ack) => ack(service.echo(message)),
  // It has no middleware around handlers: whoever needs none pays for none.
  middleware: (message, ack) => ack(service.echo(message)),
  validated: (message, ack) => ack(schema.parse(message)),
};
const handler = HANDLERS[variant];

const server = createServer();
const io = new Server(server);
io.on('connection', socket => {
  socket.on('echo', hasStorage ? (message, ack) => storage.run({ socket }, handler, message, ack) : handler);
  for (const event of others) socket.on(event, (message, ack) => ack(message));
  if (variant !== 'broadcast') return;
  void socket.join(ROOM);
  socket.on('say', () => io.to(ROOM).emit('said', TEXT));
});
require('./report')(server);
