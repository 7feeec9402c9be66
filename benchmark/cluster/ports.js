'use strict';

const { once } = require('node:events');
const { createServer } = require('node:net');

/** Below the ports that systems give to outgoing connections: of those, one may be taken before its server listens. */
const FIRST = 20_000;
const PORTS = 10_000;

/** @return {Promise<number>} a port of 127.0.0.1 that nobody listens on */
module.exports = async function freePort() {
  const port = FIRST + Math.floor(Math.random() * PORTS);
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  } catch (error) {
    if (error.code === 'EADDRINUSE') return freePort();
    throw error;
  }
  server.close();
  await once(server, 'close');
  return port;
};
