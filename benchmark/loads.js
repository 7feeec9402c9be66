'use strict';

// What clients do that are connected.
const { untilDone } = require('./raw_session');

const PAYLOAD = JSON.stringify({ text: 'x'.repeat(79) });
/** What stands in an ack around its number and the payload: `43[` and `]`. */
const AROUND = 4;

function isEvent(data) {
  return data[0] === 0x34 && data[1] === 0x32;
}

function isAck(data) {
  return data[0] === 0x34 && data[1] === 0x33;
}

/** Each ack of an echo has to be as long as what was sent. */
function isEcho(data) {
  return isAck(data) && data.length > AROUND + PAYLOAD.length;
}

/** Echoes with acks on all sessions, some in flight on each, of several events in turn. */
async function echo(sessions, messages, inflight, events = [ 'echo' ]) {
  let sent = 0;
  let answered = 0;
  const send = session => {
    if (sent === messages) return;
    session.socket.send(`42${session.prefix}${sent}["${events[sent % events.length]}",${PAYLOAD}]`);
    sent += 1;
  };
  await untilDone(sessions, (done, fail) => {
    for (const session of sessions) {
      session.onPacket = data => {
        if (!isEcho(data)) return fail(new Error(`no echo: ${data}`));
        if (++answered === messages) return done();
        send(session);
      };
    }
    for (let i = 0; i < inflight; i++) sessions.forEach(send);
  }, () => `${answered} of ${messages} echoes were acked`);
}

/** Lets the first session broadcast to all, itself included; a broadcast, or a burst of them, follows when all have another one. */
async function broadcast(sessions, broadcasts, burst = 1) {
  let received = 0;
  const each = sessions.length * burst;
  const say = () => sessions[0].socket.send('42["say"]');
  await untilDone(sessions, (done, fail) => {
    for (const session of sessions) {
      session.onPacket = data => {
        if (!isEvent(data)) return fail(new Error(`no broadcast: ${data}`));
        if (++received === broadcasts * each) done();
        else if (received % each === 0) say();
      };
    }
    say();
  }, () => `${received} of ${broadcasts * each} receipts`);
}

/**
 * Lets all sessions get as many items each, as events or as a stream, of which they take each item at once.
 *
 * @param {string} event - of a handler in benchmark/servers/app
 * @param {number} [window] - of the stream. Default: the items are events
 */
async function items(sessions, { event, each, window, inATurn = 1 }) {
  let ended = 0;
  await untilDone(sessions, (done, fail) => {
    for (const session of sessions) {
      let [ arrived, told ] = [ 0, 0 ];
      session.onPacket = data => {
        if (isAck(data)) {
          if (arrived !== each) fail(new Error(`${arrived} of ${each} items came before ${data}`));
          else if (++ended === sessions.length) done();
        } else if (!window) {
          arrived += 1;
        } else {
          const [ , op, , first, list ] = JSON.parse(String(data).slice(2));
          if (op !== 'items') return;
          arrived = first - 1 + list.length;
          if (arrived - told < Math.ceil(window / 2)) return;
          told = arrived;
          session.socket.send(`42["$stream","taken","s",${told}]`);
        }
      };
      const args = [ JSON.parse(PAYLOAD), each, ...window ? [] : [ inATurn ] ];
      session.socket.send(`420${JSON.stringify(window ? [ '$stream', 'open', 's', event, ...args ] : [ event, ...args ])}`);
    }
  }, () => `${ended} of ${sessions.length} sessions have all items`);
}

/**
 * Lets the first session do several things, one after the other, and fails unless its answers, and what it or all sessions are sent, are
 * as expected, to the letter.
 *
 * @param {object[]} steps - each with the `event`, its `args`, and the `answer` or what is `pushed` so many `times`
 */
async function check(sessions, steps) {
  for (const { answer, args = [], event, pushed, times = 1, toAll = false } of steps) {
    const receivers = toAll ? sessions : [ sessions[0] ];
    const expected = answer ? `430${JSON.stringify(answer)}` : `42${JSON.stringify(pushed)}`;
    // With connection state recovery, an offset follows.
    const isRight = text => text === expected || (pushed && text.startsWith(`${expected.slice(0, -1)},"`));
    let missing = receivers.length * times;
    await untilDone(sessions, (done, fail) => {
      for (const session of sessions) {
        session.onPacket = data => {
          if (!receivers.includes(session) || !isRight(String(data))) fail(new Error(`${data} in place of ${expected}`));
          else if (--missing === 0) done();
        };
      }
      sessions[0].socket.send(`42${answer ? 0 : ''}${JSON.stringify([ event, ...args ])}`);
    }, () => `${missing} are missing`);
  }
}

/** What sessions can do in turn: the packet of each number, with a room that the session is in, and whether something answers it. */
const ROTATIONS = {
  echo: { packetOf: number => `42${number}["echo",${PAYLOAD}]`, isAnswer: isEcho },
  /** Leaves the room, and comes back. */
  move: { packetOf: (number, room) => `42${number}["move","${room}"]`, isAnswer: isAck },
  /** Says something to the room, which has no other member. */
  tell: { packetOf: (_, room) => `42["tell","${room}"]`, isAnswer: isEvent },
  count: { packetOf: number => `42${number}["count"]`, isAnswer: isAck },
  consult: { packetOf: number => `42${number}["consult"]`, isAnswer: isAck },
};

/**
 * Lets sessions join rooms of which there are so many in all, each with so many members.
 *
 * @return {Promise<string[][]>} the rooms of each session
 */
async function join(sessions, { rooms, members }) {
  const each = rooms * members / sessions.length;
  const lists = sessions.map((_, i) => Array.from({ length: each }, (__, j) => `room${(i * each + j) % rooms}`));
  await Promise.all(sessions.map((session, i) => session.ask('join', lists[i])));
  return lists;
}

/**
 * Lets the sessions emit in turn. Another one follows each answer, whoever it is for: so many are in flight in all, and each of
 * them is alone on its way, however many sessions there are.
 */
async function rotate(sessions, rooms, { what, messages, inflight }) {
  const { isAnswer, packetOf } = ROTATIONS[what];
  let sent = 0;
  let answered = 0;
  const send = () => {
    if (sent === messages) return;
    const turn = sent % sessions.length;
    const list = rooms[turn] ?? [];
    sessions[turn].socket.send(packetOf(sent, list[Math.floor(sent / sessions.length) % list.length]));
    sent += 1;
  };
  await untilDone(sessions, (done, fail) => {
    for (const session of sessions) {
      session.onPacket = data => {
        if (!isAnswer(data)) return fail(new Error(`no answer to ${what}: ${data}`));
        if (++answered === messages) return done();
        send();
      };
    }
    for (let i = 0; i < inflight; i++) send();
  }, () => `${answered} of ${messages} were answered`);
}

module.exports = { broadcast, check, echo, items, join, rotate };
