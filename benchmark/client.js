'use strict';

// The load, in a process of its own: speaks the protocol over bare WebSockets, so that the client is not what is measured.
const { broadcast, check, echo, items, join, rotate } = require('./loads');
const { RawSession } = require('./raw_session');

let sessions = [];
/** That each of them is in. */
let rooms = [];
/** The sessions, and rooms, of other servers, by name. */
const others = new Map();
let current = '';

const ANSWERS = {
  /** Goes on with the sessions of another server. */
  async use({ name }) {
    others.set(current, { sessions, rooms });
    current = name;
    ({ sessions, rooms } = others.get(name) ?? { sessions: [], rooms: [] });
  },
  /**
   * @param {number[]} ports - of the servers, which the sessions are spread over, as they are over `namespaces`
   * @param {boolean} polling - whether the sessions begin with it, and upgrade; `atOnce` is how many connect at one time
   * @param {boolean} compresses - whether they offer compression
   */
  async open({ ports, eio, connections, atOnce, polling, compresses, namespaces = [ '/' ] }) {
    let opened = 0;
    await Promise.all(Array.from({ length: atOnce }, async () => {
      while (opened < connections) {
        const i = opened++;
        const session = new RawSession(ports[i % ports.length], { eio, compresses, nsp: namespaces[i % namespaces.length] });
        sessions.push(await (polling ? session.openPolling(false) : session.openWebSocket()));
      }
    }));
  },
  echo: ({ messages, inflight, events }) => echo(sessions, messages, inflight, events),
  broadcast: ({ broadcasts, burst }) => broadcast(sessions, broadcasts, burst),
  check: ({ steps }) => check(sessions, steps),
  items: details => items(sessions, details),
  rotate: details => rotate(sessions, rooms, details),
  async join(details) {
    rooms = await join(sessions, details);
  },
  /** Closes the sessions that were opened last, or all. */
  async close({ last = sessions.length }) {
    await Promise.all(sessions.splice(-last).map(session => session.close()));
  },
};

process.on('message', question => {
  ANSWERS[question.ask](question).then(
    answer => process.send({ answer }),
    error => process.send({ error: error.stack }),
  );
});
process.on('disconnect', () => process.exit());
