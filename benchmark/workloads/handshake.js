'use strict';

const { compare, takeTurns } = require('../compare');
const { NAMES, withSystems } = require('../systems');

const KINDS = {
  'handshake-websocket': { words: 'that begin with WebSocket', polling: false, without: [] },
  'handshake-polling': {
    words: 'that begin with polling and upgrade',
    polling: true,
    without: [ NAMES.floor ],
    notes: [ `${NAMES.floor} is left out because it has no polling.` ],
  },
};

/** CPU of the server for a client that connects; many do at one time. */
function measureHandshake(name) {
  const { notes, polling, without, words } = KINDS[name];
  return ({ rounds, scale }) => {
    const connections = Math.ceil(1600 * scale);
    return withSystems({ env: { VARIANT: 'plain', HANDLERS: '4' }, without }, async (servers, client) => {
      const results = await takeTurns(servers, rounds, async server => {
        const before = await server.ask('cpu');
        await client.ask('open', { ...server.address, connections, atOnce: 50, polling });
        const after = await server.ask('cpu');
        await client.ask('close');
        return (after - before) / connections;
      });
      return compare({
        name,
        title: `Clients ${words}, until Socket.IO has answered CONNECT and the upgrade is requested: median of ${rounds} rounds of ${connections} clients, 50 at a time.`
          .replace(polling ? '' : ' and the upgrade is requested', ''),
        figure: 'CPU µs per handshake',
        digits: 0,
        notes,
      }, new Map([ ...results ].map(([ server, numbers ]) => [ server.name, numbers ])));
    });
  };
}

module.exports = Object.fromEntries(Object.keys(KINDS).map(name => [ name, measureHandshake(name) ]));
