'use strict';

const { once } = require('node:events');
const { connect, createServer } = require('node:net');

/** Does things half a round trip later, in their order, and none before a certain time. */
class Delay {
  constructor(half, from) {
    this.half = half;
    this.from = from;
    this.queue = [];
  }

  push(action) {
    const due = Math.max(performance.now(), this.from) + this.half;
    this.queue.push({ due, action });
    if (this.queue.length === 1) this.wait();
  }

  wait() {
    setTimeout(() => {
      while (this.queue[0]?.due <= performance.now()) this.queue.shift().action();
      if (this.queue.length > 0) this.wait();
    }, Math.max(this.queue[0].due - performance.now(), 0));
  }
}

function pass(source, target, delay) {
  source.on('data', chunk => delay.push(() => target.write(chunk)));
  source.on('end', () => delay.push(() => target.end()));
  source.on('close', () => delay.push(() => target.destroySoon()));
  source.on('error', () => source.destroy());
}

/**
 * A server that is far away.
 *
 * @param {number} port - of the near one
 * @param {number} roundTrip - milliseconds
 * @param {number} setUp - round trips before a client can say something on a new connection: 1 for TCP, 2 with TLS 1.3
 */
module.exports = async function startDelayingProxy(port, roundTrip, setUp) {
  const sockets = new Set();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, client => {
    const upstream = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    pass(client, upstream, new Delay(roundTrip / 2, performance.now() + roundTrip * setUp));
    pass(upstream, client, new Delay(roundTrip / 2, 0));
    for (const socket of [ client, upstream ]) sockets.add(socket.on('close', () => sockets.delete(socket)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: server.address().port,
    stop() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
};
