'use strict';

// The effects of a deploy on clients: of SIGTERM to a worker, of a rolling restart, and of a stop and start of the whole app.
const { fork } = require('node:child_process');
const { once } = require('node:events');
const path = require('node:path');
const { scheduler } = require('node:timers/promises');
const build = require('../built');
const { connectClients, sumUp, workersOf } = require('../deploy/clients');
const freePort = require('../cluster/ports');

const WORKERS = 4;
const CLIENTS = 1000;
/** Milliseconds after which the last client has come back: socket.io-client waits five seconds at most between two attempts. */
const LATEST = 30_000;

async function start(file, port, env) {
  const main = fork(path.join(__dirname, '../deploy', file), [ port ], {
    env: { ...process.env, NODE_ENV: 'production', WORKERS, ...env }, stdio: [ 'ignore', 'ignore', 'inherit', 'ipc' ],
  });
  await new Promise((resolve, reject) => {
    main.on('message', ({ action }) => action === 'egg-ready' && resolve());
    main.once('exit', code => reject(new Error(`${file} exited with ${code}`)));
  });
  return {
    async stop() {
      const exited = once(main, 'exit');
      main.kill('SIGTERM');
      await exited;
    },
  };
}

/** Waits until a process is gone, and all clients are connected again. */
async function settled(pids, clients) {
  const isAlive = pid => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  };
  const end = performance.now() + LATEST;
  while ((pids.some(isAlive) || clients.some(({ socket }) => !socket.connected)) && performance.now() < end) await scheduler.wait(50);
  // A further worker takes the place of the one that is gone.
  await scheduler.wait(3000);
}

/** Sends a signal to one of the workers. */
function signal(name) {
  return async (system, clients) => {
    const [ pid ] = workersOf(clients);
    process.kill(pid, name);
    await settled([ pid ], clients);
    return system;
  };
}

const DEPLOYS = {
  'SIGTERM to a worker': signal('SIGTERM'),
  'SIGKILL to a worker': signal('SIGKILL'),
  'rolling restart': async (system, clients) => {
    for (const pid of workersOf(clients)) {
      process.kill(pid, 'SIGTERM');
      await settled([ pid ], clients);
    }
    return system;
  },
  'stop and start': async (system, clients, again) => {
    await system.stop();
    const next = await again();
    await settled([], clients);
    return next;
  },
};

module.exports.deploy = async ({ scale }) => {
  const count = Math.round(CLIENTS * scale);
  const app = build(path.join(__dirname, '../deploy/app'), [ 'egg' ]);
  const systems = { 'egg-socketio': [ 'egg.js', { EGG_HOME: app }], 'Socket.IO, sticky and cluster-adapter': [ 'plain.js', {}] };
  const rows = [];
  for (const [ name, [ file, env ]] of Object.entries(systems)) {
    for (const [ deploy, run ] of Object.entries(DEPLOYS)) {
      const port = await freePort();
      const again = () => start(file, port, env);
      let system = await again();
      const clients = await connectClients(`http://127.0.0.1:${port}`, count, WORKERS);
      system = await run(system, clients, again);
      const sum = await sumUp(clients, WORKERS);
      for (const { socket } of clients) socket.disconnect();
      await system.stop();
      rows.push([
        name, deploy, ...[ sum.disconnected, sum.recovered, sum.anew, sum.missed, sum.doubled, sum.deaf ].map(String), sum.p50, sum.p95,
      ]);
      console.log(rows.at(-1).join(' | '));
    }
  }
  return {
    name: 'deploy',
    title: 'The effects of a deploy on clients',
    head: [ 'System', 'Deploy', 'Disconnected', 'Recovered', 'New session', 'Events missed', 'Doubled', 'Not back', 'Outage p50, s', 'p95, s' ],
    rows,
    notes: [
      `${count} clients, a third each with polling only, an upgrade, and WebSocket only, with socket.io-client's own delays; ${WORKERS} workers, which broadcast four times a second together and send each client a numbered message once a second.`,
    ],
    data: rows,
  };
};
