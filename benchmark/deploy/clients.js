'use strict';

const { once } = require('node:events');
const { scheduler } = require('node:timers/promises');
const { io } = require('socket.io-client');

const TRANSPORTS = [[ 'polling' ], [ 'polling', 'websocket' ], [ 'websocket' ]];
/** Milliseconds without an event after which a client that is connected counts as deaf. */
const SILENCE = 15_000;
/** Milliseconds that a client waits for an ack. */
const PATIENCE = 2000;

/** A client with socket.io-client's own delays, which counts what it gets. */
class Client {
  constructor(url, transports) {
    Object.assign(this, { disconnected: 0, recovered: 0, anew: 0, missed: 0, doubled: 0, own: 0, pid: 0 });
    Object.assign(this, { outages: [], got: new Map(), finished: new Set() });
    let lostAt;
    this.socket = io(url, { transports, forceNew: true })
      .on('pid', pid => { this.pid = pid; })
      .on('disconnect', () => {
        this.disconnected += 1;
        lostAt ??= performance.now();
      })
      .on('connect', () => {
        if (lostAt === undefined) return;
        this.outages.push(performance.now() - lostAt);
        lostAt = undefined;
        if (this.socket.recovered) {
          this.recovered += 1;
        } else {
          this.anew += 1;
          this.own = 0;
        }
      })
      .on('own', number => { this.own = this.count(this.own, number); })
      .on('tick', (pid, number) => {
        // It counts from the first broadcast of each worker that was there before the client; of later workers, from the first of all.
        const last = this.got.get(pid) ?? (this.isCounting ? 0 : number - 1);
        this.got.set(pid, this.count(last, number));
      })
      .on('last', (pid, number) => {
        this.missed += Math.max(0, number - (this.got.get(pid) ?? 0));
        this.got.set(pid, number);
        this.finished.add(pid);
      });
  }

  count(last, number) {
    if (number <= last) this.doubled += 1;
    else this.missed += number - last - 1;
    return Math.max(last, number);
  }
}

/** Connects clients, a third each transport, and waits until they know all workers. */
exports.connectClients = async (url, count, workers) => {
  const clients = [];
  for (let i = 0; i < count; i++) {
    clients.push(new Client(url, TRANSPORTS[i % TRANSPORTS.length]));
    if (i % 50 === 49) await Promise.all(clients.map(({ socket }) => socket.connected || once(socket, 'connect')));
  }
  await Promise.all(clients.map(async client => {
    while (client.got.size < workers) await once(client.socket, 'tick');
    client.isCounting = true;
  }));
  return clients;
};

/** The processes of the workers that clients are connected to. */
exports.workersOf = clients => [ ...new Set(clients.map(({ pid }) => pid)) ];

/** Ends the sending, by the first client that gets an ack: one that hangs does not know that its connection is lost. */
async function finish(clients) {
  for (const { socket } of clients.filter(client => client.socket.connected)) {
    try {
      await socket.timeout(PATIENCE).emitWithAck('finish');
      return;
    } catch { /* The next one. */ }
  }
}

/** Ends the sending, and sums up. */
exports.sumUp = async (clients, workers) => {
  const isOver = () => clients.every(({ finished }) => finished.size >= workers);
  await finish(clients);
  for (const end = performance.now() + SILENCE; !isOver() && performance.now() < end;) await scheduler.wait(100);
  const last = new Map();
  for (const { got } of clients) for (const [ pid, number ] of got) last.set(pid, Math.max(number, last.get(pid) ?? 0));
  const sum = key => clients.reduce((total, client) => total + client[key], 0);
  const missedAtTheEnd = clients.reduce((total, { got }) => (
    total + [ ...last ].reduce((of, [ pid, number ]) => of + number - (got.get(pid) ?? 0), 0)
  ), 0);
  const outages = clients.flatMap(client => client.outages).sort((a, b) => a - b);
  const quantile = share => (outages.length > 0 ? (outages[Math.floor(share * (outages.length - 1))] / 1000).toFixed(1) : '–');
  return {
    disconnected: sum('disconnected'), recovered: sum('recovered'), anew: sum('anew'), missed: sum('missed') + missedAtTheEnd, doubled: sum('doubled'),
    deaf: clients.filter(({ socket, finished }) => !socket.connected || finished.size < workers).length,
    p50: quantile(0.5), p95: quantile(0.95),
  };
};
