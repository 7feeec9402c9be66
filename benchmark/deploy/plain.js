'use strict';

// Plain Socket.IO as its documentation has it for a cluster: `@socket.io/sticky` and `@socket.io/cluster-adapter`. A worker that ends is
// replaced, as Egg does it.
const cluster = require('node:cluster');
const { createServer } = require('node:http');
const { createAdapter, setupPrimary } = require('@socket.io/cluster-adapter');
const { setupMaster, setupWorker } = require('@socket.io/sticky');
const { Server } = require('socket.io');
const { startSending } = require('./app/sending');

const { WORKERS } = process.env;

function startPrimary() {
  setupPrimary();
  let online = 0;
  let isStopping = false;
  cluster.on('message', (_worker, message) => {
    if (message !== 'ready' || ++online !== Number(WORKERS)) return;
    const server = createServer();
    setupMaster(server, { loadBalancingMethod: 'least-connection' });
    server.listen(Number(process.argv[2]), '127.0.0.1', () => process.send({ action: 'egg-ready' }));
  });
  cluster.on('exit', () => {
    if (!isStopping) cluster.fork();
    // The last one may be in the list until its channel is closed, too.
    else if (Object.values(cluster.workers).every(worker => worker.isDead())) process.exit();
  });
  for (let i = 0; i < Number(WORKERS); i++) cluster.fork();
  process.on('SIGTERM', () => {
    isStopping = true;
    for (const worker of Object.values(cluster.workers)) worker.process.kill();
  });
  process.on('disconnect', () => process.exit());
}

function startWorker() {
  const io = new Server(createServer(), { adapter: createAdapter(), connectionStateRecovery: {} });
  setupWorker(io);
  io.on('connection', socket => { socket.emit('pid', process.pid); });
  const end = startSending(io);
  process.on('SIGTERM', () => {
    end();
    io.close(() => process.exit());
  });
  process.send('ready');
}

if (cluster.isPrimary) startPrimary();
else startWorker();
