'use strict';

// Plain Socket.IO in a cluster of Node's, with the adapter that the environment names.
const cluster = require('node:cluster');
const { createServer } = require('node:http');
const { createAdapter: createClusterAdapter, setupPrimary } = require('@socket.io/cluster-adapter');
const { createAdapter: createRedisAdapter } = require('@socket.io/redis-adapter');
const { setFlagsFromString } = require('node:v8');
const { runInNewContext } = require('node:vm');
const { Server } = require('socket.io');
const startWorkers = require('./primary');

const WORKERS = Number(process.env.WORKERS ?? 2);

function chooseAdapter() {
  const { REDIS_PORT } = process.env;
  if (!REDIS_PORT) return createClusterAdapter();
  const { Redis } = require('ioredis');
  const publisher = new Redis(Number(REDIS_PORT), '127.0.0.1');
  return createRedisAdapter(publisher, publisher.duplicate());
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');

function startWorker() {
  const server = createServer();
  const io = new Server(server, { adapter: chooseAdapter() });
  io.on('connection', socket => {
    void socket.join('all');
    socket.on('echo', (message, ack) => ack(message));
    socket.on('heap', ack => {
      collect();
      ack(process.memoryUsage().heapUsed);
    });
    socket.on('where', ack => ack({ pid: process.pid }));
    socket.on('say', number => io.to('all').emit('said', number, Number(process.hrtime.bigint() / 1000n), 'x'.repeat(32)));
    socket.on('join', ack => {
      void socket.join('all');
      ack();
    });
    socket.on('leave', ack => {
      void socket.leave('all');
      ack();
    });
  });
  server.listen(Number(process.argv[2]), '127.0.0.1');
}

if (cluster.isPrimary) {
  setupPrimary();
  let listening = 0;
  cluster.on('listening', () => {
    if (++listening === WORKERS) process.send({ action: 'egg-ready' });
  });
  startWorkers(WORKERS);
} else {
  startWorker();
}
