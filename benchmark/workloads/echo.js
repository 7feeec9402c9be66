'use strict';

const { compare, takeTurns } = require('../compare');
const { withSystems } = require('../systems');

/** How many connections there are, and how many echoes are in flight on each. */
const LOADS = {
  pipelined: { connections: 50, inflight: 16, words: '50 connections, 16 in flight on each' },
  shallow: { connections: 64, inflight: 1, words: '64 connections, one in flight on each' },
};
/** What the handler does in each system. */
const STORED = 'Plain Socket.IO runs its handler in an AsyncLocalStorage here.';
const KINDS = {
  'echo-pipelined': { load: LOADS.pipelined, variant: 'plain', words: 'a handler that returns the message' },
  'echo-shallow': { load: LOADS.shallow, variant: 'plain', words: 'a handler that returns the message' },
  'echo-service': {
    load: LOADS.shallow, variant: 'service', isStored: true,
    words: 'a handler that calls an injected service with the socket id',
    notes: [ `${STORED} Its service is a plain object; the floor has none.` ],
  },
  'echo-middleware': {
    load: LOADS.shallow, variant: 'middleware', isStored: true,
    words: 'the same handler inside two empty middlewares: interceptors in Nest, packet middleware in egg-socket.io',
    notes: [ `${STORED} It and the floor have no middleware.` ],
  },
  'echo-validated': {
    load: LOADS.shallow, variant: 'validated', isStored: true,
    words: 'a handler whose argument is validated with the same zod schema',
    notes: [ `${STORED} Plain Socket.IO, Midway and egg-socket.io validate in the handler, Nest in a pipe, and the floor does not validate.` ],
  },
};

/** CPU of the server for an acked echo. */
function measureEcho(name) {
  const { isStored, load: { connections, inflight, words: loadWords }, notes, variant, words } = KINDS[name];
  return ({ rounds, scale }) => withSystems({ env: { VARIANT: variant, STORAGE: isStored ? '1' : '' } }, async (servers, client) => {
    const messages = Math.ceil(20_000 * scale);
    const results = await takeTurns(servers, rounds, async server => {
      await client.ask('open', { ...server.address, connections, atOnce: 10 });
      // What opening has left behind is not what an echo costs.
      await client.ask('echo', { messages: Math.ceil(messages / 10), inflight });
      const before = await server.ask('cpu');
      await client.ask('echo', { messages, inflight });
      const after = await server.ask('cpu');
      await client.ask('close');
      return (after - before) / messages;
    });
    return compare({
      name,
      title: `Acked echoes of 90 bytes: ${words}. Median of ${rounds} rounds of ${messages}, ${loadWords}.`,
      figure: 'CPU µs per echo',
      digits: 2,
      notes,
    }, new Map([ ...results ].map(([ server, numbers ]) => [ server.name, numbers ])));
  });
}

module.exports = Object.fromEntries(Object.keys(KINDS).map(name => [ name, measureEcho(name) ]));
