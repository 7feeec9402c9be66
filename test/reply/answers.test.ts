import assert from 'node:assert/strict';
import type { SocketIOTestClient } from 'egg-socketio/mock';
import { useApp } from '../support/app';

/** What each client hears: events with their arguments, in the order in which they arrive. */
interface Heard { sender: unknown[][]; red: unknown[][]; purple: unknown[][]; other: unknown[][] }

const VALUES: Record<string, unknown> = {
  value: { name: 'harry' },
  undefined,
  zero: 0,
  empty: '',
  false: false,
  null: null,
  array: [ 1, [ 2 ]],
  buffer: { bytes: Buffer.from([ 1, 2, 3 ]) },
};

const INTERNAL = { code: 'INTERNAL', message: 'boom' };
const ERRORS: Record<string, object> = {
  throw: INTERNAL,
  throwNull: { code: 'INTERNAL', message: 'a handler threw null, which is not an Error' },
  throwDeliberate: { code: 'ROOM_FULL', message: 'the room is full', details: { limit: 50 } },
};

/** Who hears what of a value, by the decorators of the method: to the sender only without an ack. */
const EMITS: Record<string, { sender?: string[]; red?: string[]; purple?: string[]; other?: string[] }> = {
  none: {},
  emit: { sender: [ 'emitted' ] },
  rooms: { red: [ 'emittedToRooms' ], purple: [ 'emittedToRooms' ] },
  broadcast: { red: [ 'broadcasted' ], purple: [ 'broadcasted' ], other: [ 'broadcasted' ] },
  broadcastRooms: { red: [ 'broadcastedToRoom' ], purple: [ 'broadcastedToRoom' ] },
  stacked: {
    sender: [ 'emitted' ], red: [ 'broadcasted' ], purple: [ 'emittedToRooms', 'broadcasted' ], other: [ 'broadcasted' ],
  },
};

describe('test/reply/answers.test.ts', () => {
  const t = useApp('answers');
  let clients: Record<keyof Heard, SocketIOTestClient>;

  beforeEach(async () => {
    clients = { sender: await t.connect(), red: await t.connect(), purple: await t.connect(), other: await t.connect() };
    // The sender is in the rooms too, and must not hear itself; purple is in both, and must hear once.
    await clients.sender.sendWithAck('join', [ 'red', 'blue' ]);
    await clients.red.sendWithAck('join', 'red');
    await clients.purple.sendWithAck('join', [ 'red', 'blue' ]);
  });

  /** Everything that has arrived until a marker, sent last by the server, arrives too. */
  async function heard(): Promise<Heard> {
    t.app.io.emit('marker');
    const entries = Object.entries(clients).map(async ([ name, client ]) => {
      await client.next('marker');
      return [ name, client.pending.map(({ event, args }) => [ event, ...args ]) ];
    });
    return Object.fromEntries(await Promise.all(entries));
  }

  function expected(method: string, value: unknown, ack: boolean): Heard {
    const told = (events: string[] = []) => (value === undefined ? [] : events.map(event => [ event, value ]));
    const { sender, red, purple, other } = EMITS[method];
    return { sender: told(ack ? [] : sender), red: told(red), purple: told(purple), other: told(other) };
  }

  for (const method of Object.keys(EMITS)) {
    for (const async of [ false, true ]) {
      const how = `${method}, ${async ? 'async' : 'sync'}`;

      for (const [ kind, value ] of Object.entries(VALUES)) {
        it(`${how}, ${kind}: acks it, and emits it to whom the decorators name`, async () => {
          const acked = await new Promise<unknown[]>(resolve => {
            clients.sender.send(method, kind, async, (...args: unknown[]) => resolve(args));
          });
          assert.deepEqual(acked, value === undefined ? [] : [ value ]);
          assert.deepEqual(await heard(), expected(method, value, true));
        });

        it(`${how}, ${kind}, no ack: emits it to whom the decorators name`, async () => {
          clients.sender.send(method, kind, async).send('join', 'flush');
          await clients.sender.sendWithAck('join', 'flush');
          assert.deepEqual(await heard(), expected(method, value, false));
        });
      }

      for (const [ kind, error ] of Object.entries(ERRORS)) {
        it(`${how}, ${kind}: acks the error and emits nothing`, async () => {
          t.app.mockLog();
          assert.deepEqual(await clients.sender.sendWithAck(method, kind, async), { error });
          assert.deepEqual(await heard(), { sender: [], red: [], purple: [], other: [] });
          // Logged the first time; what follows within a second is counted, see repeated_errors.test.ts.
          if (error === INTERNAL && method === 'none' && !async) t.app.expectLog('boom');
          else if (kind === 'throwDeliberate') t.app.notExpectLog('the room is full');
        });

        it(`${how}, ${kind}, no ack: emits exception to the sender only`, async () => {
          clients.sender.send(method, kind, async);
          assert.deepEqual(await clients.sender.next('exception'), [{ event: method, ...error }]);
          assert.deepEqual(await heard(), { sender: [], red: [], purple: [], other: [] });
        });
      }
    }
  }

  for (const kind of [ 'circular', 'bigint' ]) {
    it(`a value that cannot be encoded (${kind}) is acked as an error`, async () => {
      t.app.mockLog();
      const acked = await clients.sender.sendWithAck<{ error: { code: string; message: string } }>('none', kind, false);
      assert.equal(acked.error.code, 'INTERNAL');
      assert.match(acked.error.message, /answers\.ts: AnswersController\.none returned what cannot be sent: /);
      clients.sender.send('emit', kind, false);
      const [ exception ] = await clients.sender.next<[{ code: string; event: string }]>('exception');
      assert.equal(exception.code, 'INTERNAL');
      assert.equal(exception.event, 'emit');
    });
  }

  it('passes the arguments without the ack to the method, whatever their number', async () => {
    assert.deepEqual(await clients.sender.sendWithAck('one'), [ 'one', []]);
    assert.deepEqual(await clients.sender.sendWithAck('two', 1, null, { a: [] }), [ 'two', [ 1, null, { a: [] }]]);
  });

  describe('a handler that reads ctx.ack', () => {
    const ack = (then: string) => new Promise<unknown[]>(resolve => {
      clients.sender.send('takes over', then, (...args: unknown[]) => resolve(args));
    });

    it('sends the ack itself, once, and its return value is emitted', async () => {
      assert.deepEqual(await ack('ack twice'), [ 'by hand', 1 ]);
      assert.deepEqual((await heard()).sender, [[ 'emitted', 'returned' ]]);
    });

    it('still has its error acked if it has not acked before', async () => {
      assert.deepEqual(await ack('throw'), [{ error: { code: 'LATE', message: 'too late' } }]);
    });

    it('logs an error that it throws after its ack', async () => {
      t.app.mockLog();
      assert.deepEqual(await ack('ack and throw'), [ 'by hand', 1 ]);
      t.app.expectLog('thrown after the ack, so the client did not get it: too late');
      assert.deepEqual((await heard()).sender, []);
    });

    it('gets undefined if the client asked for no ack', async () => {
      clients.sender.send('takes over', 'ack');
      assert.deepEqual(await clients.sender.next('emitted'), [ 'returned' ]);
    });
  });
});
