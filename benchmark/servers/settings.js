'use strict';

// What a server is started for; all of them take the same variables.
const { VARIANT = 'plain', HANDLERS = '1', STORAGE } = process.env;

module.exports = {
  /** What the handler of `echo` does: `plain`, `service`, `middleware` or `validated`; or `broadcast`, where all sockets are in a room. */
  variant: VARIANT,
  /** The names of further events, which nobody sends: what an idle connection costs may depend on them. */
  others: Array.from({ length: Number(HANDLERS) - 1 }, (_, i) => `event${i + 1}`),
  /** Whether plain Socket.IO runs its handlers inside an AsyncLocalStorage, as Egg does. */
  hasStorage: STORAGE === '1',
  ROOM: 'all',
  TEXT: 'x'.repeat(32),
};
