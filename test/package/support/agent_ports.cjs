'use strict';

// Egg's master asks the system for a free port, on which its agent listens some seconds later. Meanwhile the system can give that port
// to an outgoing connection, and the app does not start: “create "Watcher" leader failed, the port is occupied by other”. The system
// gives away none of these ports by itself.
const { Server } = require('node:net');

const [ FIRST, PORTS ] = [ 30_000, 2_700 ];
const { listen } = Server.prototype;

Server.prototype.listen = function(port, ...rest) {
  return listen.call(this, port === 0 ? FIRST + Math.floor(Math.random() * PORTS) : port, ...rest);
};
