'use strict';

// The cost of an item of a stream, compared with one emit of the same value.
const Child = require('../child');
const { spread, takeTurns } = require('../compare');
const { ratios, summarise } = require('../statistics');
const { folderOf, startServer } = require('../systems');

const LOAD = { connections: 16, atOnce: 10 };
/** Two processes of one program differ: how its compiler has taken to it is chance. So the server is started several times. */
const STARTS = 3;
/** The work of the handler, and the number of the turn that it is compared with. */
const TURNS = [
  { words: 'emits, 16 in a turn of the event loop', to: 0, load: { event: 'emits', inATurn: 16 } },
  { words: 'the same (control)', to: 0, load: { event: 'emits', inATurn: 16 } },
  { words: 'a stream whose items are there at once, window 16', to: 0, load: { event: 'stream16', window: 16 } },
  { words: 'the same, window 64', to: 0, load: { event: 'stream64', window: 64 } },
  { words: 'emits, each in a turn of its own', to: 4, load: { event: 'emits', inATurn: 1 } },
  { words: 'a stream whose items come in a turn of their own each, window 16', to: 4, load: { event: 'turns16', window: 16 } },
];

async function measureTurn({ load }, server, client, each) {
  await client.ask('open', { ...server.address, ...LOAD });
  // What opening has left behind is not what an item costs.
  await client.ask('items', { ...load, each: Math.ceil(each / 10) });
  const before = await server.ask('cpu');
  await client.ask('items', { ...load, each });
  const after = await server.ask('cpu');
  await client.ask('close');
  return (after - before) / (each * LOAD.connections);
}

async function measureStart(rounds, each) {
  const started = [];
  try {
    const client = new Child('client.js');
    started.push(client);
    const server = await startServer({ app: 'app', file: 'plugin.js', name: 'streams' }, { VARIANT: 'streams' });
    started.push(server);
    return [ ...(await takeTurns(TURNS, rounds, turn => measureTurn(turn, server, client, each))).values() ];
  } finally {
    await Promise.all(started.map(child => child.stop()));
  }
}

async function measureStreams({ rounds, scale }) {
  folderOf('app');
  const each = Math.ceil(5000 * scale);
  const results = TURNS.map(() => []);
  for (let i = 0; i < STARTS; i++) {
    (await measureStart(rounds, each)).forEach((numbers, turn) => results[turn].push(...numbers));
  }
  const summaries = TURNS.map(({ words, to }, turn) => (
    { words, figure: summarise(results[turn]), ratio: summarise(ratios(results[turn], results[to])) }
  ));
  return {
    name: 'streams',
    title: `Items of 90 bytes for ${LOAD.connections} clients, as a stream and as one emit each. Median of ${STARTS} starts of ${rounds} rounds of ${each} items for each client.`,
    head: [ 'the handler', 'CPU µs per item', 'quartiles', 'ratio to emits', 'quartiles' ],
    rows: summaries.map(({ words, figure, ratio }) => [
      words, figure.median.toFixed(2), spread(figure, 2), ratio.median.toFixed(2), spread(ratio, 2),
    ]),
    notes: [ 'The target for an item of a stream: a ratio of at most 1.3.' ],
    data: { summaries, results },
  };
}

module.exports = { streams: measureStreams };
