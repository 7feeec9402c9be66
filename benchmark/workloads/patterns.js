'use strict';

// The cost of an event whose handler is found by a pattern, compared with an exact name.
const Child = require('../child');
const { spread, takeTurns } = require('../compare');
const { ratios, summarise } = require('../statistics');
const { folderOf, startServer } = require('../systems');

const LOAD = { connections: 64, atOnce: 10 };
/** Two processes of one program differ: how its compiler has taken to it is chance. So all servers are started several times. */
const STARTS = 3;
/** The event that the handler listens to, and the variant of the app in benchmark/servers/app. The first is the reference. */
const TURNS = [
  { words: "an exact name, `'echo'`", variant: 'plain' },
  { words: 'the same (control)', variant: 'plain' },
  { words: "a pattern, `'ec*'`", variant: 'pattern' },
  { words: "`'*'`, after nine longer patterns", variant: 'patterns' },
  { words: 'a RegExp, `/^ec(.*)$/`', variant: 'regExp' },
];

async function measureTurn({ server }, client, messages) {
  await client.ask('open', { ...server.address, ...LOAD });
  // What opening has left behind is not what an echo costs.
  await client.ask('echo', { messages: Math.ceil(messages / 10), inflight: 1 });
  const before = await server.ask('cpu');
  await client.ask('echo', { messages, inflight: 1 });
  const after = await server.ask('cpu');
  await client.ask('close');
  return (after - before) / messages;
}

async function measureStart(rounds, messages) {
  const client = new Child('client.js');
  const started = [];
  try {
    for (const { variant, words } of TURNS) {
      started.push({ server: await startServer({ app: 'app', file: 'plugin.js', name: words }, { VARIANT: variant }) });
    }
    return [ ...(await takeTurns(started, rounds, turn => measureTurn(turn, client, messages))).values() ];
  } finally {
    await Promise.all([ client, ...started.map(({ server }) => server) ].map(child => child.stop()));
  }
}

async function measurePatterns({ rounds, scale }) {
  folderOf('app');
  const messages = Math.ceil(20_000 * scale);
  const results = TURNS.map(() => []);
  for (let i = 0; i < STARTS; i++) {
    (await measureStart(rounds, messages)).forEach((numbers, turn) => results[turn].push(...numbers));
  }
  const summaries = TURNS.map(({ words }, turn) => (
    { words, figure: summarise(results[turn]), ratio: summarise(ratios(results[turn], results[0])) }
  ));
  return {
    name: 'patterns',
    title: `Acked echoes of 90 bytes by what the handler listens to. Median of ${STARTS} starts of ${rounds} rounds of ${messages}, ${LOAD.connections} connections, one in flight on each.`,
    head: [ 'listens to', 'CPU µs per echo', 'quartiles', 'ratio to the exact name', 'quartiles' ],
    rows: summaries.map(({ words, figure, ratio }) => [
      words, figure.median.toFixed(2), spread(figure, 2), ratio.median.toFixed(2), spread(ratio, 2),
    ]),
    notes: [ 'The target for a pattern: a ratio of at most 1.05.' ],
    data: { summaries, results },
  };
}

module.exports = { patterns: measurePatterns };
