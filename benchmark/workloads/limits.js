'use strict';

// The cost of a client at each limit: each row opens a few connections, brings each to the limit, and looks at the server.
const { EventEmitter, once } = require('node:events');
const path = require('node:path');
const { scheduler } = require('node:timers/promises');
const WebSocket = require('ws');
const { folderOf, NAMES, startServer } = require('../systems');

const SERVER = { name: NAMES.ours, file: 'plugin.js', app: 'limits_app' };
const NODE_OPTIONS = [ '--expose-gc', '--no-flush-bytecode' ];
const MEGABYTE = 1e6;
/** Seconds for which the rates are kept up. */
const SECONDS = 3;
const TURNS_A_SECOND = 20;

/** A connection that sends what it likes. */
class Attacker {
  constructor(port) {
    this.socket = new WebSocket(`ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`, { perMessageDeflate: false });
    this.socket.on('error', () => {});
    this.seen = [];
    this.changes = new EventEmitter();
    this.socket.on('message', data => {
      const text = String(data);
      if (text === '2') this.socket.send('3');
      else this.seen.push(text);
      this.changes.emit('change');
    });
    this.socket.on('close', () => this.changes.emit('change'));
  }

  static async connect(port) {
    const attacker = new Attacker(port);
    await attacker.sees('0');
    attacker.send('40');
    await attacker.sees('40');
    return attacker;
  }

  send(...frames) {
    for (const frame of frames) this.socket.send(frame);
  }

  /** Waits for a packet that begins like this. */
  async sees(start) {
    while (!this.seen.some(text => text.startsWith(start))) {
      if (this.socket.readyState > WebSocket.OPEN) throw new Error(`closed in place of ${start}`);
      await once(this.changes, 'change');
    }
    this.seen = this.seen.filter(text => !text.startsWith(start));
  }

  /** The server has handled all that was sent before. */
  async settled() {
    this.send('42999["echo",1]');
    await this.sees('43999');
  }

  /** Sends a share of what may be sent in a second, again and again. */
  async keepUp(send) {
    for (let i = 0; i < SECONDS * TURNS_A_SECOND; i++) {
      send(1 / TURNS_A_SECOND);
      await scheduler.wait(1000 / TURNS_A_SECOND);
    }
  }
}

const times = (count, make) => Array.from({ length: count }, (_, i) => make(i));
const text = bytes => 'x'.repeat(bytes);

/**
 * @typedef {object} Row
 * @property {string} limit - its name
 * @property {string} client - what a client at the limit does, in words
 * @property {number} clients - how many do it
 * @property {boolean} [isRate] - whether its CPU is that of a second
 * @property {function(Attacker, object): Promise<void>} reach - brings a client to the limit, which is given with all others
 */
/** @type {Row[]} */
const ROWS = [
  { limit: 'connectionsPerAddress', client: 'holds one connection and does nothing', clients: 500, reach: async () => {} },
  {
    limit: 'events', client: 'sends small events at the highest rate, without waiting for acks', clients: 1, isRate: true,
    reach: (client, { events }) => client.keepUp(share => client.send(...times(Math.floor(events.perSecond * share * 0.9), () => '42["echo",1]'))),
  },
  {
    limit: 'receivedBytes', client: 'sends bytes at the highest rate, in events of 100 kB', clients: 1, isRate: true,
    reach: (client, { receivedBytes }) => client.keepUp(share => client.send(...times(Math.floor(receivedBytes.perSecond * share / 100_000), () => `42["echo","${text(100_000)}"]`))),
  },
  {
    limit: 'payloadPackets', client: 'sends the most packets in one polling request: unexpected acks', clients: 1,
    async reach(client, { payloadPackets, events }, port) {
      const poll = (method, sid, body) => fetch(`http://127.0.0.1:${port}/socket.io/?EIO=4&transport=polling${sid && `&sid=${sid}`}`, { method, body });
      const { sid } = JSON.parse((await (await poll('GET', '')).text()).slice(1));
      await poll('POST', sid, times(Math.min(payloadPackets, events.burst), () => '430[]').join('\x1e'));
      await client.settled();
    },
  },
  {
    limit: 'arguments', client: 'sends an event with the most arguments', clients: 20,
    async reach(client, limits) {
      client.send(`42["echo",${times(limits.arguments - 1, i => i).join()}]`);
      await client.settled();
    },
  },
  {
    limit: 'nameLength', client: 'sends 1000 events with the longest names, all different', clients: 4,
    async reach(client, { nameLength }) {
      client.send(...times(1000, i => `42["${String(i).padEnd(nameLength, 'x')}"]`));
      await client.settled();
    },
  },
  {
    limit: 'authBytes', client: 'connects to one namespace with the largest `auth`', clients: 20,
    async reach(client, { authBytes }) {
      client.send(`40/many-1,{"a":"${text(authBytes - 100)}"}`);
      await client.sees('40/many-1,');
    },
  },
  {
    limit: 'connectionAuthBytes', client: 'connects to namespaces with the most `auth` in all', clients: 20,
    async reach(client, { authBytes, connectionAuthBytes }) {
      for (let i = 1; i <= Math.floor(connectionAuthBytes / authBytes); i++) {
        client.send(`40/many-${i},{"a":"${text(authBytes - 100)}"}`);
        await client.sees(`40/many-${i},`);
      }
    },
  },
  {
    limit: 'pendingConnects', client: 'is held in the connection middleware of the most namespaces', clients: 20,
    async reach(client, { pendingConnects }) {
      client.send(...times(pendingConnects, i => `40/pending-${i},`));
      await client.settled();
    },
  },
  {
    limit: 'namespaces', client: 'is connected to the most namespaces', clients: 20,
    async reach(client, { namespaces }) {
      for (let i = 0; i < namespaces - 1; i++) {
        client.send(`40/many-${i},`);
        await client.sees(`40/many-${i},`);
      }
    },
  },
  {
    limit: 'rooms', client: 'is alone in the most rooms', clients: 1,
    async reach(client, { rooms }) {
      client.send(`42["join",${rooms}]`);
      await client.settled();
    },
  },
  {
    limit: 'waitingBytes', client: 'sends events of 10 kB while a connection handler does not finish', clients: 10,
    async reach(client, { waitingBytes }) {
      client.send('40/slow,');
      await client.sees('40/slow,');
      client.send(...times(Math.floor(waitingBytes / 10_600), () => `42/slow,["echo","${text(10_000)}"]`));
      await client.settled();
    },
  },
  {
    limit: 'bufferedBytes', client: 'reads nothing while it is sent messages of 60 kB', clients: 10,
    async reach(client, { bufferedBytes }) {
      client.socket.pause();
      client.send(`42["send",${Math.floor(bufferedBytes / 61_000)},60000]`);
      await scheduler.wait(500);
    },
  },
  {
    limit: 'attachmentTimeout', client: 'announces 10 attachments of 900 kB and sends 9', clients: 5,
    async reach(client) {
      client.send(`4510-["echo",${times(10, num => `{"_placeholder":true,"num":${num}}`).join()}]`);
      client.send(...times(9, () => Buffer.alloc(900_000)));
      // Whatever comes next would end the packet: there is nothing to ask.
      while (client.socket.bufferedAmount > 0) await scheduler.wait(10);
      await scheduler.wait(500);
    },
  },
  {
    limit: 'depth', client: 'sends an event with the deepest nesting', clients: 20,
    async reach(client, { depth }) {
      client.send(`42["echo",${'['.repeat(depth - 2)}${']'.repeat(depth - 2)}]`);
      await client.settled();
    },
  },
  {
    limit: 'handlerTimeout', client: 'has sent 1000 events whose handler does not finish', clients: 4,
    async reach(client) {
      client.send(...times(1000, () => '42["hang"]'));
      await client.settled();
    },
  },
  {
    limit: 'ackTimeout', client: 'does not ack 1000 events from the server', clients: 4,
    async reach(client) {
      client.send('42["askBack",1000]');
      await client.settled();
    },
  },
];

/** Options among the limits that a client cannot stand at: how addresses are counted, and how long the app's own functions may take. */
const NO_ROW = [ 'ipv6Prefix', 'handshakeTimeout' ];

/** Measures what one client of a row costs the server: microseconds of CPU, bytes that are held. */
async function measure({ limit, clients, reach }, limits) {
  const server = await startServer(SERVER, {}, NODE_OPTIONS);
  try {
    const { ports: [ port ] } = server.address;
    // What runs for the first time makes code, and that is no client's.
    const first = await Attacker.connect(port);
    await reach(first, limits, port);
    first.socket.terminate();
    const attackers = await Promise.all(times(limit === 'connectionsPerAddress' ? 0 : clients, () => Attacker.connect(port)));
    const memory = await server.ask('memory');
    const cpu = await server.ask('cpu');
    const all = limit === 'connectionsPerAddress' ? await Promise.all(times(clients, () => Attacker.connect(port))) : attackers;
    for (const attacker of all) await reach(attacker, limits, port);
    const used = await server.ask('cpu') - cpu;
    const held = await server.ask('memory') - memory;
    for (const attacker of all) attacker.socket.terminate();
    return { cpu: used / clients, held: Math.max(0, held) / clients };
  } finally {
    await server.stop();
  }
}

function describe(value) {
  return value === false ? 'off' : JSON.stringify(value).replace(/["{}]/g, '').replace(/:/g, ' ').replace(/,/g, ', ');
}

async function measureLimits() {
  const { DEFAULT_LIMITS } = require(path.join(folderOf(SERVER.app), 'node_modules/egg-socketio/lib/limits/limits'));
  const missing = Object.keys(DEFAULT_LIMITS).filter(limit => !NO_ROW.includes(limit) && !ROWS.some(row => row.limit === limit));
  if (missing.length > 0) throw new Error(`benchmark/workloads/limits.js has no row for ${missing.join(', ')}`);
  const data = {};
  for (const row of ROWS) data[row.limit] = await measure(row, DEFAULT_LIMITS);
  return {
    name: 'limits',
    page: 'docs/limits.md',
    title: 'The cost of one client at each default limit: server CPU from the first byte to the last, and the memory that it then holds, after garbage collection.',
    head: [ 'limit', 'default', 'a client that', 'CPU, ms', 'memory, MB' ],
    rows: ROWS.map(({ limit, client, isRate }) => {
      const { cpu, held } = data[limit];
      return [ `\`${limit}\``, describe(DEFAULT_LIMITS[limit]), client, `${(cpu / 1000 / (isRate ? SECONDS : 1)).toFixed(2)}${isRate ? ' a second' : ''}`, (held / MEGABYTE).toFixed(2) ];
    }),
    notes: [
      'Memory is the heap and the buffers outside it (`heapUsed` and `external`), without the memory that the operating system uses for a connection.',
    ],
    data,
  };
}

module.exports = { limits: measureLimits };
