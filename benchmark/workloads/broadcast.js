'use strict';

const { compare, takeTurns } = require('../compare');
const { withSystems } = require('../systems');

const CLIENTS = 1000;

/** CPU of the server for the delivery of a broadcast to one member of a room. */
async function measureBroadcast({ rounds, scale }) {
  const clients = Math.ceil(CLIENTS * Math.min(scale, 1));
  const broadcasts = Math.ceil(60 * scale);
  return withSystems({ env: { VARIANT: 'broadcast' } }, async (servers, client) => {
    const results = await takeTurns(servers, rounds, async server => {
      await client.ask('open', { ...server.address, connections: clients, atOnce: 20 });
      await client.ask('broadcast', { broadcasts: Math.ceil(broadcasts / 10) });
      const before = await server.ask('cpu');
      await client.ask('broadcast', { broadcasts });
      const after = await server.ask('cpu');
      await client.ask('close');
      return (after - before) / broadcasts / clients;
    });
    return compare({
      name: 'broadcast',
      title: `Broadcasts of 32 bytes to a room of ${clients}: median of ${rounds} rounds of ${broadcasts}, one in flight. Every receipt was counted.`,
      figure: 'CPU µs per delivery',
      digits: 2,
      notes: [ 'The floor encodes one frame and writes it to all sockets.' ],
    }, new Map([ ...results ].map(([ server, numbers ]) => [ server.name, numbers ])));
  });
}

module.exports = { broadcast: measureBroadcast };
