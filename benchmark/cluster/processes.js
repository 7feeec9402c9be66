'use strict';

const { fork, spawn, spawnSync } = require('node:child_process');
const { once } = require('node:events');
const { readdirSync, readFileSync } = require('node:fs');
const { connect } = require('node:net');
const path = require('node:path');
const freePort = require('./ports');

/** A system is quiet that uses less than so many microseconds in an interval of so many milliseconds. */
const [ QUIET, INTERVAL, MOST_TRIES ] = [ 1000, 50, 40 ];

/** The processes that have come from one, itself included. */
function tree(pid) {
  const children = readdirSync(`/proc/${pid}/task`)
    .flatMap(thread => readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean));
  return [ pid, ...children.flatMap(child => tree(Number(child))) ];
}

/** Microseconds that a process has had a processor: of all its threads, and finer than the ticks of `/proc/<pid>/stat`. */
function cpuOf(pid) {
  let nanos = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    nanos += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]);
  }
  return nanos / 1000;
}

function sumOfCpu(pids) {
  return pids.reduce((sum, pid) => sum + cpuOf(pid), 0);
}

function isAgent(pid) {
  return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('agent_worker');
}

/**
 * Starts a system of several processes.
 *
 * @param {string} file - of the main process; gets the port as its argument, and sends `egg-ready` once it listens
 * @param {object} [env] - variables for it
 * @param {number[]} [services] - further processes that do a part of the work
 */
async function startSystem(file, env = {}, services = []) {
  const port = await freePort();
  const main = fork(path.join(__dirname, 'servers', file), [ port ], {
    env: { ...process.env, NODE_ENV: 'production', ...env },
    stdio: [ 'ignore', 'ignore', 'inherit', 'ipc' ],
  });
  await new Promise((resolve, reject) => {
    main.on('message', ({ action }) => action === 'egg-ready' && resolve());
    main.once('exit', code => reject(new Error(`${file} exited with ${code}`)));
  });
  const [ , ...children ] = tree(main.pid);
  const workers = children.filter(pid => !isAgent(pid));
  const others = [ main.pid, ...children.filter(isAgent), ...services ];
  return {
    port,
    processes: workers.length + others.length,
    /** Microseconds since the start of the workers, and of what stands beside them. */
    cpu() {
      const [ ofWorkers, beside ] = [ sumOfCpu(workers), sumOfCpu(others) ];
      return { total: ofWorkers + beside, beside, services: sumOfCpu(services) };
    },
    /** Waits until what has been asked of it before is done, such as closing connections. */
    async quiet() {
      const processes = [ ...workers, ...others ];
      for (let tries = 0, before = sumOfCpu(processes); tries < MOST_TRIES; tries++) {
        await new Promise(resolve => { setTimeout(resolve, INTERVAL); });
        const after = sumOfCpu(processes);
        if (after - before < QUIET) return;
        before = after;
      }
    },
    async stop() {
      const exited = once(main, 'exit');
      main.kill('SIGTERM');
      await exited;
    },
  };
}

/** Starts a Redis on a port of its own; gives `undefined` where there is none. */
async function startRedis() {
  const version = spawnSync('redis-server', [ '--version' ], { encoding: 'utf8' });
  if (version.error) return undefined;
  const port = await freePort();
  const args = [ '--port', port, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no' ];
  const server = spawn('redis-server', args, { stdio: 'ignore' });
  const exited = once(server, 'exit');
  for (let open = false; !open;) {
    if (server.exitCode !== null) throw new Error(`redis-server exited with ${server.exitCode}`);
    const socket = connect(port, '127.0.0.1');
    open = await once(socket, 'connect').then(() => true, () => false);
    socket.destroy();
    if (!open) await new Promise(resolve => { setTimeout(resolve, 20); });
  }
  return {
    port,
    pid: server.pid,
    version: /v=([\d.]+)/.exec(version.stdout)?.[1],
    async stop() {
      server.kill();
      await exited;
    },
  };
}

module.exports = { startRedis, startSystem };
