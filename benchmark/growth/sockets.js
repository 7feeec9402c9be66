'use strict';

const measureCurve = require('./curve');
const { cpuPer, FLOOR, OURS, PLAIN, withClient, withFresh } = require('./servers');

const SIZES = [ 10, 100, 1000, 10_000 ];
/** In all. */
const IN_FLIGHT = 10;
const METRICS = [
  { key: 'cpu', label: 'CPU µs per echo', digits: 2 },
  { key: 'delivery', label: 'CPU µs per delivery of a broadcast to all', digits: 2 },
  { key: 'handshake', label: 'CPU µs per further handshake', digits: 0 },
  { key: 'socket', label: 'kB of heap per socket', digits: 1, from: 100 },
];

/** What an event, a broadcast and a newcomer cost, by how many are connected. */
function measureSockets({ rounds, scale }) {
  const messages = Math.ceil(20_000 * scale);
  const newcomers = Math.ceil(200 * scale);
  return withClient(client => measureCurve({
    name: 'growth-sockets',
    axis: 'sockets',
    title: `Acked echoes of 90 bytes from all sockets in turn, ${IN_FLIGHT} in flight in all: ${messages} per turn; broadcasts of 32 bytes to all of them, one in flight: ${messages} deliveries per turn, at least two broadcasts; and ${newcomers} more clients that connect with WebSocket.`,
    systems: [ FLOOR, PLAIN, OURS ],
    sizes: SIZES,
    rounds,
    metrics: METRICS,
    notes: [
      'With few sockets, a broadcast\'s own cost is shared by few deliveries, and the heap that they take is less than what it varies by.',
      'The floor encodes one frame and writes it to all sockets.',
    ],
    measure: (system, size) => withFresh(system, { ROOMS: '1' }, async server => {
      const open = connections => client.ask('open', { ...server.address, connections, atOnce: 20 });
      const echo = count => client.ask('rotate', { what: 'echo', messages: count, inflight: IN_FLIGHT });
      // What runs for the first time makes code, and that is no socket's.
      await open(newcomers);
      await echo(messages);
      await client.ask('broadcast', { broadcasts: 20 });
      await client.ask('close');
      await server.ask('closed');
      const before = await server.ask('heap');
      await open(size);
      const after = await server.ask('heap');
      await echo(messages / 2);
      const cpu = await cpuPer(messages, server, () => echo(messages));
      const broadcasts = Math.max(Math.ceil(messages / size), 2);
      const delivery = await cpuPer(broadcasts * size, server, () => client.ask('broadcast', { broadcasts }));
      const handshake = await cpuPer(newcomers, server, () => open(newcomers));
      await client.ask('close');
      return { cpu, delivery, handshake, socket: (after - before) / size / 1000 };
    }),
  }));
}

module.exports = { 'growth-sockets': measureSockets };
