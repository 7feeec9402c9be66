'use strict';

const measureCurve = require('./curve');
const { cpuPer, OURS, PLAIN, withClient, withFresh } = require('./servers');

/** In all. */
const IN_FLIGHT = 50;
const HEAP = { key: 'heap', label: 'kB of heap per socket', digits: 1 };

const KINDS = {
  'growth-rooms-socket': {
    axis: 'rooms of a socket', sizes: [ 1, 10, 100, 1000 ], sockets: 100,
    words: 'sockets that are all in the same growing number of rooms',
    loads: [
      { key: 'echo', label: 'CPU µs per echo' },
      { key: 'move', label: 'CPU µs per leave and join of a room' },
    ],
    members: 100,
    /** Bytes of a socket's heap that a further one adds. */
    factor: 1000,
    notes: [ 'By default, a socket may be in at most 1000 rooms.' ],
  },
  'growth-rooms': {
    axis: 'rooms in all', sizes: [ 100, 1000, 10_000, 100_000 ], sockets: 100,
    words: 'sockets that are each in a growing number of rooms of their own',
    loads: [
      { key: 'tell', label: 'CPU µs per broadcast to a room of one' },
      { key: 'move', label: 'CPU µs per leave and join of a room' },
    ],
    members: 1,
    factor: 100_000,
  },
};

/** What an event, a broadcast and a change of rooms cost, by how many rooms there are. */
function measureRooms(name) {
  const { axis, factor, loads, members, notes, sizes, sockets, words } = KINDS[name];
  return ({ rounds, scale }) => withClient(client => {
    const messages = Math.ceil(20_000 * scale);
    return measureCurve({
      name,
      axis,
      title: `${sockets} ${words}: ${messages} of each kind per turn, from all sockets in turn, ${IN_FLIGHT} in flight in all.`,
      systems: [ PLAIN, OURS ],
      sizes,
      rounds,
      metrics: [ ...loads.map(load => ({ ...load, digits: 2 })), { ...HEAP, added: { label: 'bytes', factor, digits: 0 } }],
      notes,
      measure: (system, size) => withFresh(system, { ROOMS: '1' }, async server => {
        const open = () => client.ask('open', { ...server.address, connections: sockets, atOnce: 10 });
        const rotate = (what, count) => client.ask('rotate', { what, messages: count, inflight: IN_FLIGHT });
        const figures = {};
        // What runs for the first time makes code, and that is no room's.
        await open();
        await client.ask('join', { rooms: sockets, members: 1 });
        for (const { key } of loads) await rotate(key, messages / 2);
        await client.ask('close');
        await server.ask('closed');
        const before = await server.ask('heap');
        await open();
        await client.ask('join', { rooms: size, members });
        figures.heap = (await server.ask('heap') - before) / sockets / 1000;
        for (const { key } of loads) {
          await rotate(key, messages / 4);
          figures[key] = await cpuPer(messages, server, () => rotate(key, messages));
        }
        await client.ask('close');
        return figures;
      }),
    });
  });
}

module.exports = Object.fromEntries(Object.keys(KINDS).map(name => [ name, measureRooms(name) ]));
