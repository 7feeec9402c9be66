'use strict';

// What clients do that are connected.
const { untilDone } = require('./raw_session');

const PAYLOAD = JSON.stringify({ text: 'x'.repeat(79) });
/** What stands in an ack around its number and the payload: `43[` and `]`. */
const AROUND = 4;

/** Echoes with acks on all sessions, some in flight on each. Each ack has to be as long as what was sent. */
async function echo(sessions, messages, inflight) {
  let sent = 0;
  let answered = 0;
  const send = session => {
    if (sent < messages) session.socket.send(`42${sent++}["echo",${PAYLOAD}]`);
  };
  await untilDone(sessions, (done, fail) => {
    for (const session of sessions) {
      session.onPacket = data => {
        if (data[0] !== 0x34 || data[1] !== 0x33 || data.length <= AROUND + PAYLOAD.length) return fail(new Error(`no echo: ${data}`));
        if (++answered === messages) return done();
        send(session);
      };
    }
    for (let i = 0; i < inflight; i++) sessions.forEach(send);
  }, () => `${answered} of ${messages} echoes were acked`);
}

/** Lets the first session broadcast to all, itself included; a broadcast follows when all have another one. */
async function broadcast(sessions, broadcasts) {
  let received = 0;
  const say = () => sessions[0].socket.send('42["say"]');
  await untilDone(sessions, (done, fail) => {
    for (const session of sessions) {
      session.onPacket = data => {
        if (data[0] !== 0x34 || data[1] !== 0x32) return fail(new Error(`no broadcast: ${data}`));
        if (++received === broadcasts * sessions.length) done();
        else if (received % sessions.length === 0) say();
      };
    }
    say();
  }, () => `${received} of ${broadcasts * sessions.length} receipts`);
}

module.exports = { broadcast, echo };
