'use strict';

// The load, in a process of its own: speaks the protocol over bare WebSockets, so that the client is not what is measured.
const { broadcast, echo } = require('./loads');
const { RawSession } = require('./raw_session');

let sessions = [];

const ANSWERS = {
  /** @param {boolean} polling - whether the sessions begin with it, and upgrade; `atOnce` is how many connect at one time */
  async open({ port, eio, connections, atOnce, polling }) {
    let left = connections;
    await Promise.all(Array.from({ length: atOnce }, async () => {
      while (left-- > 0) {
        const session = new RawSession(port, { eio });
        sessions.push(await (polling ? session.openPolling(false) : session.openWebSocket()));
      }
    }));
  },
  echo: ({ messages, inflight }) => echo(sessions, messages, inflight),
  broadcast: ({ broadcasts }) => broadcast(sessions, broadcasts),
  async close() {
    await Promise.all(sessions.map(session => session.close()));
    sessions = [];
  },
};

process.on('message', question => {
  ANSWERS[question.ask](question).then(
    answer => process.send({ answer }),
    error => process.send({ error: error.stack }),
  );
});
process.on('disconnect', () => process.exit());
