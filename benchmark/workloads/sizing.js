'use strict';

// The cost of a connection, of a session and of a packet that are kept for recovery: the figures for the operator of a worker.
const { EventEmitter, once } = require('node:events');
const { Agent, request } = require('node:http');
const { scheduler } = require('node:timers/promises');
const WebSocket = require('ws');
const { median } = require('../statistics');
const { NAMES, startServer } = require('../systems');

const SERVER = { name: NAMES.ours, file: 'plugin.js', app: 'sizing_app' };
const NODE_OPTIONS = [ '--expose-gc', '--no-flush-bytecode' ];
/** Clients that come and go before anything is measured: what runs for the first time makes code, and that is no client's. */
const FIRST = 200;
const AT_ONCE = 50;
/** Milliseconds between two pings by default, and while they are measured. */
const [ PING, FAST_PING ] = [ 25_000, 1000 ];
/** Seconds for which pings are measured. */
const SECONDS = 8;
const [ PACKETS, PACKET_BYTES ] = [ 10_000, 100 ];

/** A client that answers pings, over one transport. */
class Client extends EventEmitter {
  seen = [];

  /** Waits for a packet that begins like this. */
  async sees(start) {
    for (;;) {
      const at = this.seen.findIndex(text => text.startsWith(start));
      if (at >= 0) return this.seen.splice(at, 1)[0];
      await once(this, 'packet');
    }
  }

  take(packet) {
    if (packet === '2') {
      this.send('3');
      return;
    }
    if (/^(0|4[0134])/.test(packet)) this.seen.push(packet);
    this.emit('packet');
  }

  async ask(event, ...args) {
    this.send(`420${JSON.stringify([ event, ...args ])}`);
    return JSON.parse((await this.sees('430')).slice(3))[0];
  }

  async connect() {
    await this.sees('0');
    this.send('40');
    await this.sees('40');
    return this;
  }
}

class WebSocketClient extends Client {
  constructor(port) {
    super();
    this.socket = new WebSocket(`ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`, { perMessageDeflate: false });
    this.socket.on('message', data => this.take(String(data)));
  }

  send(packet) {
    this.socket.send(packet);
  }

  /** Loses the connection, as a client without a network does. */
  async leave() {
    this.socket.terminate();
    await once(this.socket, 'close');
  }
}

/** It always has a poll open, on a connection that is kept; what it sends takes another one, as with a browser. */
class PollingClient extends Client {
  agent = new Agent({ keepAlive: true });
  sid = '';
  isOver = false;

  constructor(port) {
    super();
    this.port = port;
    this.poll();
  }

  async exchange(method, body) {
    const path = `/socket.io/?EIO=4&transport=polling${this.sid && `&sid=${this.sid}`}`;
    const asked = request({ host: '127.0.0.1', port: this.port, method, path, agent: this.agent });
    asked.end(body);
    const [ response ] = await once(asked, 'response');
    return (await response.setEncoding('utf8').toArray()).join('');
  }

  async poll() {
    try {
      while (!this.isOver) {
        for (const packet of (await this.exchange('GET')).split('\x1e')) {
          if (packet.startsWith('0')) ({ sid: this.sid } = JSON.parse(packet.slice(1)));
          this.take(packet);
        }
      }
    } catch (error) {
      if (!this.isOver) throw error;
    }
  }

  send(packet) {
    this.exchange('POST', packet).catch(error => {
      if (!this.isOver) throw error;
    });
  }

  async leave() {
    await this.exchange('POST', '1');
    this.isOver = true;
    this.agent.destroy();
  }
}

async function connect(Kind, port, count) {
  const clients = [];
  while (clients.length < count) {
    const more = Array.from({ length: Math.min(AT_ONCE, count - clients.length) }, () => new Kind(port).connect());
    clients.push(...await Promise.all(more));
  }
  return clients;
}

const leave = clients => Promise.all(clients.map(client => client.leave()));

/** Runs something with a server that has served its first clients, and one more that stays. */
async function withServer(Kind, options, run) {
  const server = await startServer(SERVER, { SIZING: JSON.stringify(options) }, NODE_OPTIONS);
  try {
    const { ports: [ port ] } = server.address;
    const clients = await connect(Kind, port, FIRST);
    const other = await new WebSocketClient(port).connect();
    await other.ask('spread', 1, 1);
    await leave(clients);
    await other.ask('kept');
    return await run(server, port, other);
  } finally {
    await server.stop();
  }
}

const usedBy = async server => ({
  memory: await server.ask('memory'), resident: await server.ask('resident'), descriptors: await server.ask('descriptors'),
});

function eachOf(after, before, count) {
  return Object.fromEntries(Object.keys(after).map(key => [ key, (after[key] - before[key]) / count ]));
}

/** The cost of an idle connection: descriptors, bytes, and microseconds of CPU for a second. */
async function measureConnections(Kind, connections) {
  // Sessions that close by themselves, while their clients are being measured, would disturb.
  const idle = await withServer(Kind, { pingTimeout: 60_000 }, async (server, port) => {
    const before = await usedBy(server);
    const clients = await connect(Kind, port, connections);
    const used = eachOf(await usedBy(server), before, connections);
    await leave(clients);
    return used;
  });
  const pinged = await withServer(Kind, { pingInterval: FAST_PING, pingTimeout: 60_000 }, async (server, port) => {
    const clients = await connect(Kind, port, connections);
    const before = await server.ask('cpu');
    await scheduler.wait(SECONDS * 1000);
    const cpu = await server.ask('cpu') - before;
    await leave(clients);
    return cpu / connections / SECONDS / (PING / FAST_PING);
  });
  return { ...idle, cpu: pinged };
}

/** What recovery takes: bytes of a session whose client has left; and of a packet, as they are counted and as they are. */
function measureRecovery(connections) {
  return withServer(WebSocketClient, { connectionStateRecovery: {}, pingTimeout: 60_000 }, async (server, port, other) => {
    const { sessions } = await other.ask('kept');
    const empty = await server.ask('memory');
    await leave(await connect(WebSocketClient, port, connections));
    let kept = await other.ask('kept');
    while (kept.sessions < sessions + connections) kept = await other.ask('kept');
    const waiting = await server.ask('memory');
    const full = await other.ask('spread', PACKETS, PACKET_BYTES);
    return {
      session: (waiting - empty) / connections,
      counted: (full.bytes - kept.bytes) / (full.packets - kept.packets),
      packet: (await server.ask('memory') - waiting) / PACKETS,
    };
  });
}

/** The medians of several rounds. */
async function medianOf(rounds, measure) {
  const all = [];
  for (let i = 0; i < rounds; i++) all.push(await measure());
  return Object.fromEntries(Object.keys(all[0]).map(key => [ key, median(all.map(figures => figures[key])) ]));
}

const kilobytes = bytes => (bytes / 1000).toFixed(1);

async function measureSizing({ rounds, scale }) {
  const connections = Math.ceil(2000 * scale);
  const data = {
    websocket: await medianOf(rounds, () => measureConnections(WebSocketClient, connections)),
    polling: await medianOf(rounds, () => measureConnections(PollingClient, connections)),
    recovery: await medianOf(rounds, () => measureRecovery(connections)),
  };
  const row = (what, { descriptors, memory, resident, cpu }) => [
    what, descriptors.toFixed(1), kilobytes(memory), kilobytes(resident), (cpu * 1000 / 1e6 * 100).toFixed(2),
  ];
  return {
    name: 'sizing',
    page: 'docs/operations.md',
    title: `The cost of an idle connection in a worker: ${connections} connections, median of ${rounds} rounds.`,
    head: [ 'connection', 'descriptors', 'memory in use, kB', 'resident memory, kB', 'CPU of 1000, % of a core' ],
    rows: [ row('WebSocket', data.websocket), row('polling, with its poll open', data.polling) ],
    notes: [
      'Memory in use is the heap and the buffers outside it, after garbage collection; resident memory has the rest of the process too. Neither has the buffers of the operating system.',
      `CPU is that of the pings, every ${PING / 1000} seconds; it was measured with one each second.`,
      `Recovery: a session whose client has left takes ${kilobytes(data.recovery.session)} kB; a packet of ${PACKET_BYTES} bytes counts as ${data.recovery.counted.toFixed(0)}, and takes ${data.recovery.packet.toFixed(0)}.`,
    ],
    data,
  };
}

module.exports = { sizing: measureSizing };
