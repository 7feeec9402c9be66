import assert from 'node:assert/strict';
import { History } from '../support/histories/history';

/** The first line of each fault. */
const faultsOf = ({ faults }: History): string[] => faults.map(fault => fault.split('\n')[0]);

describe('test/histories/history.test.ts', () => {
  let time: number;
  let history: History;
  let other: History;

  beforeEach(() => {
    time = 0;
    history = join('client 1');
    other = join('client 2');
  });

  /** A client in a new session, in its room. */
  function join(name: string): History {
    const joined = new History(name, () => time);
    joined.connected(false);
    joined.joined(7);
    time += 1;
    return joined;
  }

  it('accepts a history without loss, also over a recovery', () => {
    history.gotOwn(1);
    history.gotTick(7, 12);
    history.connected(true);
    history.joined(8);
    history.gotOwn(2);
    history.gotTick(7, 13);
    history.gotTick(8, 1);
    history.gotAck(1, { name: 'client 1', number: 1, previous: 0, at: time });
    other.gotAck(1, { name: 'client 2', number: 1, previous: 0, at: time });
    history.gotTold('client 2', 1, 7);
    history.end([ other ]);
    assert.deepEqual(faultsOf(history), []);
  });

  it('accepts a loss of which the client was told by a new session', () => {
    history.gotOwn(1);
    history.gotTick(7, 12);
    history.gotTold('client 2', 1, 7);
    history.gotAck(1, { name: 'client 1', number: 1, previous: 0, at: time });
    other.gotAck(2, { name: 'client 2', number: 2, previous: 1, at: time });
    time += 1;
    history.connected(false);
    history.joined(8);
    history.gotOwn(1);
    history.gotTick(7, 20);
    history.gotTold('client 2', 5, 7);
    history.gotAck(2, { name: 'client 1', number: 2, previous: 0, at: time });
    history.end([ other ]);
    assert.deepEqual(faultsOf(history), []);
  });

  it('accepts that a message without an ack did not come', () => {
    history.gotTold('client 2', 1, 7);
    history.gotTold('client 2', 3, 7);
    other.gotAck(3, { name: 'client 2', number: 3, previous: 1, at: time });
    history.end([ other ]);
    assert.deepEqual(faultsOf(history), []);
  });

  it('accepts that the messages of a client whose session has moved overtake its earlier ones', () => {
    history.gotTold('client 2', 1, 7);
    history.gotTold('client 2', 3, 8);
    history.gotTold('client 2', 2, 7);
    [ 1, 2, 3 ].forEach(number => other.gotAck(number, { name: 'client 2', number, previous: number - 1, at: time }));
    history.end([ other ]);
    assert.deepEqual(faultsOf(history), []);
    assert.equal(history.overtaken, 1);
  });

  it('accepts and counts lost broadcasts and messages while losses are expected', () => {
    history.gotTick(7, 1);
    history.gotTold('client 2', 1, 7);
    history.expectLosses();
    other.gotAck(2, { name: 'client 2', number: 2, previous: 1, at: time });
    history.gotTick(7, 3);
    time += 1;
    history.expectAll();
    time += 1;
    other.gotAck(3, { name: 'client 2', number: 3, previous: 2, at: time });
    history.gotTick(7, 5);
    history.gotTold('client 2', 3, 7);
    history.end([ other ]);
    assert.deepEqual(faultsOf(history), []);
    assert.equal(history.lost, 3);
  });

  it('accepts that a message is lost that was under way when losses began, and no earlier one', () => {
    other.gotAck(1, { name: 'client 2', number: 1, previous: 0, at: time });
    time += 2000;
    other.gotAck(2, { name: 'client 2', number: 2, previous: 1, at: time });
    time += 100;
    history.expectLosses();
    history.end([ other ]);
    assert.deepEqual(faultsOf(history), [ 'client 1: messages 1 (sent 2, passed over never) of client 2 did not come, but were acked' ]);
    assert.equal(history.lost, 1);
  });

  it('accepts losses of that time that a client sees later, when it is recovered, and no others', () => {
    const from = time;
    history.gotTick(7, 1, from);
    time += 10;
    history.expectLosses();
    time += 10;
    history.expectAll();
    time += 10;
    history.gotTick(7, 3, from + 15);
    history.gotTick(7, 5, from + 25);
    assert.deepEqual(faultsOf(history), []);
    history.gotTick(7, 7, from + 26);
    assert.equal(faultsOf(history).length, 1);
  });

  for (const [ title, play, fault ] of [
    [ 'a lost event for the client alone', () => [ 1, 3 ].forEach(number => history.gotOwn(number)), 'event 3 for it alone came after 1' ],
    [ 'an event for the client alone that comes twice', () => [ 1, 1 ].forEach(number => history.gotOwn(number)), 'event 1 for it alone came after 1' ],
    [ 'a lost broadcast', () => [ 4, 6 ].forEach(number => history.gotTick(7, number)), 'broadcast 6 of worker 7 came after 4' ],
    [ 'a broadcast that comes twice', () => [ 4, 4 ].forEach(number => history.gotTick(7, number)), 'broadcast 4 of worker 7 came after 4' ],
    [ 'messages of one client in the wrong order', () => [ 1, 3, 2 ].forEach(number => history.gotTold('client 2', number, 7)), 'message 2 of client 2 came after 3' ],
    [ 'a message of a client that comes twice, by way of two workers', () => {
      [ 1, 2 ].forEach(number => history.gotTold('client 2', number, 7));
      history.gotTold('client 2', 1, 8);
    }, 'message 1 of client 2 came twice' ],
    [ 'a broadcast that comes twice while losses are expected', () => {
      history.expectLosses();
      [ 4, 4 ].forEach(number => history.gotTick(7, number));
    }, 'broadcast 4 of worker 7 came after 4' ],
    [ 'a broadcast that is lost when losses are no longer expected', () => {
      history.expectLosses();
      history.expectAll();
      time += 1;
      [ 4, 6 ].forEach(number => history.gotTick(7, number));
    }, 'broadcast 6 of worker 7 came after 4' ],
    [ 'the ack of another request', () => history.gotAck(2, { name: 'client 1', number: 1, previous: 0, at: time }), 'message 2 got the ack of client 1 1' ],
    [ 'lost data', () => {
      history.gotAck(1, { name: 'client 1', number: 1, previous: 0, at: time });
      history.gotAck(2, { name: 'client 1', number: 2, previous: 0, at: time });
    }, 'at message 2, ctx.data had 0 as the previous one, after an ack of 1' ],
    [ 'a message that was acked, and passed over', () => {
      [ 1, 2, 3 ].forEach(number => other.gotAck(number, { name: 'client 2', number, previous: number - 1, at: time }));
      [ 1, 3 ].forEach(number => history.gotTold('client 2', number, 7));
      history.end([ other ]);
    }, 'messages 2 (sent 2, passed over 2) of client 2 did not come, but were acked' ],
    [ 'a last message that was acked, and did not come', () => {
      other.gotAck(1, { name: 'client 2', number: 1, previous: 0, at: time });
      history.end([ other ]);
    }, 'messages 1 (sent 2, passed over never) of client 2 did not come, but were acked' ],
  ] as const) {
    it(`finds ${title}`, () => {
      play();
      assert.deepEqual(faultsOf(history), [ `client 1: ${fault}` ]);
    });
  }
});
