'use strict';

const { eventsOf, namespacesOf } = require('../servers/growth_names');
const measureCurve = require('./curve');
const { cpuPer, OURS, PLAIN, withClient, withFresh } = require('./servers');

const CONNECTIONS = 200;
const IN_FLIGHT = 4;
const SIZES = [ 1, 10, 100, 1000 ];

/** As many names as there are connections, from all over the list; all, if there are not more. */
function spread(names) {
  if (names.length <= CONNECTIONS) return names;
  return Array.from({ length: CONNECTIONS }, (_, i) => names[Math.floor(i * names.length / CONNECTIONS)]);
}

/** Tells what there is from what is used. */
const FEW_IN_USE = { ...OURS, name: `${OURS.name}, ten of them in use`, used: 10 };

const KINDS = {
  'growth-events': {
    variable: 'EVENTS', systems: [ PLAIN, OURS, FEW_IN_USE ], axis: 'events in a namespace',
    words: 'a namespace with a growing number of events, which the clients emit in turn',
    load: (size, { used = size }) => ({ events: eventsOf(Math.min(size, used)) }),
  },
  'growth-controllers': {
    variable: 'CONTROLLERS', systems: [ OURS ], axis: 'controllers in a namespace',
    words: 'a namespace with a growing number of controllers, each with one event, which the clients emit in turn',
    load: size => ({ events: eventsOf(size) }),
  },
  'growth-namespaces': {
    variable: 'NAMESPACES', systems: [ PLAIN, OURS ], axis: 'namespaces',
    words: 'a growing number of namespaces, each with a controller, over which the clients are spread',
    load: size => ({ namespaces: spread(namespacesOf(size)) }),
  },
};
const METRICS = [
  { key: 'cpu', label: 'CPU µs per echo', digits: 2 },
  { key: 'connection', label: 'kB of heap per connection', digits: 1 },
  { key: 'rest', label: 'MiB of heap without connections', digits: 2, added: { label: 'kB', factor: 1024, digits: 2 } },
];

/** CPU of an acked echo, and heap, by how much the server has been given to know. */
function measureHandlers(name) {
  const { axis, load, systems, variable, words } = KINDS[name];
  return ({ rounds, scale }) => withClient(client => {
    const messages = Math.ceil(30_000 * scale);
    return measureCurve({
      name,
      axis,
      title: `Acked echoes of 90 bytes in ${words}: ${messages} per turn, ${CONNECTIONS} connections, ${IN_FLIGHT} in flight on each.`,
      systems,
      sizes: SIZES,
      rounds,
      metrics: METRICS,
      measure: (system, size) => withFresh(system, { [variable]: String(size) }, async server => {
        const { events, namespaces } = load(size, system);
        const open = () => client.ask('open', { ...server.address, connections: CONNECTIONS, atOnce: 10, namespaces });
        // What runs for the first time makes code, and that is no connection's; and each of many events has to be warm.
        await open();
        await client.ask('echo', { messages: messages * 1.5, inflight: IN_FLIGHT, events });
        await client.ask('close');
        await server.ask('closed');
        const rest = await server.ask('heap');
        await open();
        const connected = await server.ask('heap');
        await client.ask('echo', { messages: messages / 2, inflight: IN_FLIGHT, events });
        const cpu = await cpuPer(messages, server, () => client.ask('echo', { messages, inflight: IN_FLIGHT, events }));
        await client.ask('close');
        return { cpu, connection: (connected - rest) / CONNECTIONS / 1000, rest: rest / 2 ** 20 };
      }),
    });
  });
}

module.exports = Object.fromEntries(Object.keys(KINDS).map(name => [ name, measureHandlers(name) ]));
