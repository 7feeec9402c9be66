'use strict';

const { compare, takeTurns } = require('../compare');
const { withSystems } = require('../systems');

const CONNECTIONS = 5000;
/** Figures of the heap hardly differ from round to round, and a turn takes long. */
const MOST_ROUNDS = 3;
/** Code that is thrown away, because it was not run for a while, would count for the connections. */
const NODE_OPTIONS = [ '--expose-gc', '--no-flush-bytecode' ];
const WORDS = { 4: 'four', 40: 'forty' };

/** Bytes of the server's heap for a connection that has nothing to do. */
function measureHeap(handlers) {
  return ({ rounds: wanted, scale }) => {
    const rounds = Math.min(wanted, MOST_ROUNDS);
    const connections = Math.ceil(CONNECTIONS * Math.min(scale, 1));
    const options = { env: { VARIANT: 'plain', HANDLERS: String(handlers) }, execArgv: NODE_OPTIONS };
    return withSystems(options, async (servers, client) => {
      const results = await takeTurns(servers, rounds, async server => {
        const before = await server.ask('heap');
        await client.ask('open', { ...server.address, connections, atOnce: 20 });
        const after = await server.ask('heap');
        await client.ask('close');
        return (after - before) / connections / 1000;
      });
      return compare({
        name: `heap-${handlers}`,
        title: `The heap of ${connections} idle connections in a namespace with ${WORDS[handlers]} handlers, after garbage collection: median of ${rounds} rounds.`,
        figure: 'kB of heap per connection',
        digits: 1,
        notes: [ 'This is `heapUsed`, without buffers and without the memory that the operating system uses for a connection.' ],
      }, new Map([ ...results ].map(([ server, numbers ]) => [ server.name, numbers ])));
    });
  };
}

module.exports = { 'heap-4': measureHeap(4), 'heap-40': measureHeap(40) };
