'use strict';

/*
 * Plain Socket.IO in a cluster of Node's whose primary process hands each connection to the worker of its session: by the
 * address that it comes from, or, with `METHOD=official`, as `@socket.io/sticky` does, which reads the requests.
 */
const cluster = require('node:cluster');
const { createServer } = require('node:http');
const net = require('node:net');
const { createAdapter, setupPrimary } = require('@socket.io/cluster-adapter');
const { setupMaster, setupWorker } = require('@socket.io/sticky');
const { Server } = require('socket.io');
const startWorkers = require('./primary');

const WORKERS = 2;
const isOfficial = process.env.METHOD === 'official';

function startWorker() {
  const server = createServer();
  const io = new Server(server, { adapter: createAdapter() });
  io.on('connection', socket => socket.on('where', ack => ack({ pid: process.pid })));
  if (isOfficial) {
    setupWorker(io);
  } else {
    process.on('message', (message, connection) => {
      if (message !== 'connection' || !connection) return;
      server.emit('connection', connection);
      connection.resume();
    });
  }
}

/** The primary process's server. */
function createEntrance() {
  if (isOfficial) {
    const server = createServer();
    setupMaster(server, { loadBalancingMethod: 'least-connection' });
    return server;
  }
  const workers = Object.values(cluster.workers);
  return net.createServer({ pauseOnConnect: true }, connection => {
    const sum = connection.remoteAddress.split('.').reduce((total, part) => total + Number(part), 0);
    workers[sum % WORKERS].send('connection', connection);
  });
}

if (cluster.isPrimary) {
  setupPrimary();
  let online = 0;
  cluster.on('message', (worker, message) => {
    if (message !== 'ready' || ++online < WORKERS) return;
    createEntrance().listen(Number(process.argv[2]), '127.0.0.1', () => process.send({ action: 'egg-ready' }));
  });
  startWorkers(WORKERS);
} else {
  startWorker();
  process.send('ready');
}
