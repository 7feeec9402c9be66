import assert from 'node:assert/strict';
import { type SocketEventResult } from 'egg-socketio/mock';
import { useApp } from '../support/app';

describe('test/mock/socket_event.test.ts', () => {
  const t = useApp('mocked_event');

  /** What there is besides the ids, which no test can know. */
  function outcome({ ack, emitted, broadcast, error, disconnected, id }: SocketEventResult) {
    const anonymous = broadcast.map(({ except, ...rest }) => ({ ...rest, except: except.map(room => (room === id ? 'sender' : room)) }));
    return { ack, emitted, broadcast: anonymous, error, disconnected };
  }
  const NOTHING = { ack: undefined, emitted: [], broadcast: [], error: undefined, disconnected: false };

  async function chat(event: string, args?: unknown[], options?: Parameters<typeof t.app.mockSocketEvent>[3]) {
    return outcome(await t.app.mockSocketEvent('/chat', event, args, options));
  }

  describe('what was acked', () => {
    it('is the value of the handler', async () => {
      assert.deepEqual(await chat('greet', [ '7' ]), { ...NOTHING, ack: [ 'hello user 7' ] });
    });

    it('is what the client gets of it', async () => {
      const { ack } = await t.app.mockSocketEvent('/chat', 'say', [ 'hi' ]);
      assert.deepEqual(ack, [{ text: 'hi', at: '1970-01-01T00:00:00.000Z' }]);
    });

    it('has several arguments, binary ones too, and what the handler does after it is not lost', async () => {
      assert.deepEqual(await chat('acks two'), {
        ...NOTHING, ack: [ 'first', Buffer.from('second') ], emitted: [{ event: 'after the ack', args: [] }],
      });
    });

    it('may come when the handler has long returned', async () => {
      assert.deepEqual(await chat('takes the ack', [ true ]), { ...NOTHING, ack: [ 'late' ] });
    });

    it('is empty for undefined, and undefined where the client asks for none', async () => {
      assert.deepEqual(await chat('reply'), { ...NOTHING, ack: [] });
      assert.deepEqual(await chat('takes the ack', [], { ack: false }), NOTHING);
    });

    it('comes through the middleware of the event', async () => {
      assert.deepEqual(await chat('wrapped'), { ...NOTHING, ack: [{ wrapped: 'inside' }] });
    });

    it('is what a listener of the app acks', async () => {
      assert.deepEqual((await t.app.mockSocketEvent('/own', 'acks', [ Buffer.from('x') ])).ack, [ Buffer.from('x') ]);
    });
  });

  describe('what was emitted', () => {
    it('is what @WSEmit sends where the client asks for no ack', async () => {
      assert.deepEqual(await chat('reply', [ 'hi' ]), { ...NOTHING, ack: [ 'hi' ] });
      assert.deepEqual(await chat('reply', [ 'hi' ], { ack: false }), { ...NOTHING, emitted: [{ event: 'replied', args: [ 'hi' ] }] });
    });

    it('is what goes to the client alone, in order, however it is sent', async () => {
      const { emitted } = await chat('many', [ 7 ]);
      assert.deepEqual(emitted, [ 1, 2, 3 ].map(step => ({ event: 'step', args: [ 7, step ] })));
    });

    it('has what comes without being awaited, as far as it does not take time', async () => {
      assert.deepEqual((await chat('background')).emitted, [{ event: 'in the background', args: [] }]);
    });

    it('has what takes time, where the option until waits for it', async () => {
      assert.deepEqual((await chat('later')).emitted, []);
      const { ack, emitted } = await chat('later', [], { until: soFar => soFar.emitted.length === 1 });
      assert.deepEqual({ ack, emitted }, { ack: [ 'now' ], emitted: [{ event: 'later', args: [] }] });
    });

    it('has the questions of the handler, which the option answers answers', async () => {
      const answers = { 'sure?': async (n: number) => n + 1, 'name?': 'Ada' };
      assert.deepEqual(await chat('asks', [], { answers }), {
        ...NOTHING, ack: [[ 2, 'Ada' ]], emitted: [{ event: 'sure?', args: [ 1 ] }, { event: 'name?', args: [] }],
      });
      const { ack, broadcast } = await chat('asks rooms', [], { rooms: 'lobby', answers: { 'here?': 'yes' } });
      assert.deepEqual(ack, [[ 'yes' ]]);
      assert.deepEqual(broadcast, [{ namespace: '/chat', event: 'here?', args: [ 1 ], rooms: [ 'lobby' ], except: [] }]);
    });
  });

  describe('what was broadcast', () => {
    it('is what goes to rooms, and says whom it leaves out', async () => {
      const { broadcast } = await chat('say', [ 'hi' ]);
      const said = { event: 'said', args: [{ text: 'hi', at: '1970-01-01T00:00:00.000Z' }] };
      assert.deepEqual(broadcast, [{ namespace: '/chat', ...said, rooms: [ 'lobby', 'hall' ], except: [ 'sender' ] }]);
    });

    it('is what goes to everybody, in any namespace', async () => {
      assert.deepEqual((await chat('many', [ 7 ])).broadcast, [
        { namespace: '/chat', event: 'to all', args: [ 7 ], rooms: [], except: [] },
        { namespace: '/guarded', event: 'elsewhere', args: [ 7 ], rooms: [], except: [ 'some' ] },
      ]);
    });

    it('is what the socket sends from a queue of the app, too', async () => {
      assert.deepEqual((await chat('queued')).broadcast, [
        { namespace: '/chat', event: 'from the queue', args: [], rooms: [ 'lobby' ], except: [ 'sender' ] },
      ]);
    });

    it('reaches real clients all the same', async () => {
      const client = await t.connect({ namespace: '/chat' });
      await t.app.mockSocketEvent('/chat', 'join', [ 'lobby' ]);
      assert.deepEqual(await client.next('joined'), [ 'lobby' ]);
    });

    it('has nothing that others send meanwhile', async () => {
      const interval = setInterval(() => t.app.io.of('/chat').emit('tick'), 1);
      const { broadcast, emitted } = await chat('acks two');
      clearInterval(interval);
      assert.deepEqual({ broadcast, emitted }, { broadcast: [], emitted: [{ event: 'after the ack', args: [] }] });
    });
  });

  describe('an error', () => {
    const full = { code: 'ROOM_FULL', message: 'the room is full', details: { limit: 2 } };

    it('is what the client is told in the ack', async () => {
      assert.deepEqual(await chat('fails', [ 'deliberately' ]), { ...NOTHING, ack: [{ error: full }], error: full });
    });

    it('is what the client is told by the event exception', async () => {
      const { error, emitted } = await chat('fails', [ 'deliberately' ], { ack: false });
      assert.deepEqual(error, full);
      assert.deepEqual(emitted, [{ event: 'exception', args: [{ event: 'fails', ...full }] }]);
    });

    it('is one of validation, of a guard, of a bug', async () => {
      assert.equal((await chat('fails', [ 1 ])).error?.code, 'VALIDATION_FAILED');
      assert.deepEqual((await chat('fails', [ 'bug' ])).error, { code: 'INTERNAL', message: 'a bug' });
      assert.match((await chat('cannot be sent')).error!.message, /BigInt/);
      const { error } = await t.app.mockSocketEvent('/guarded', 'shutdown', [], { auth: { password: 'sesame' } });
      assert.deepEqual(error, { code: 'FORBIDDEN', message: 'access denied' });
    });
  });

  describe('the connection', () => {
    it('is disconnected by a handler, which goes on', async () => {
      for (const close of [ true, false ]) {
        const { emitted, broadcast, disconnected } = await chat('kicks', [ close ]);
        assert.deepEqual({ emitted, disconnected }, { emitted: [{ event: 'bye', args: [] }], disconnected: true });
        assert.deepEqual(broadcast.map(({ event }) => event).sort(), [ 'kicked', 'left' ]);
      }
    });

    it('has rooms and data after the event', async () => {
      const { rooms, data } = await t.app.mockSocketEvent('/chat', 'join', [ 'lobby' ], { rooms: [ 'hall' ], data: { more: 1 } });
      assert.deepEqual(rooms.sort(), [ 'everyone', 'hall', 'lobby' ]);
      assert.deepEqual(data, { name: 'nobody', steps: [ 'middleware', 'connection' ], more: 1 });
    });

    it('itself can be tested: the event connection', async () => {
      const result = await t.app.mockSocketEvent('/chat', 'connection', [], { auth: { name: 'Ada' } });
      assert.deepEqual(outcome(result), {
        ...NOTHING,
        emitted: [{ event: 'welcome', args: [ 'Ada' ] }],
        broadcast: [{ namespace: '/chat', event: 'came', args: [ 'Ada' ], rooms: [ 'everyone' ], except: [ 'sender' ] }],
      });
    });

    it('can be left: the event disconnect', async () => {
      for (const [ args, reason ] of [
        [[], 'client namespace disconnect' ], [[ 'ping timeout' ], 'ping timeout' ], [[ 'server namespace disconnect' ], 'server namespace disconnect' ],
      ] as const) {
        const { broadcast, disconnected } = await chat('disconnect', [ ...args ], { auth: { name: 'Ada' } });
        assert.deepEqual({ broadcast, disconnected }, {
          broadcast: [{ namespace: '/chat', event: 'left', args: [ 'Ada', reason ], rooms: [], except: [] }], disconnected: true,
        });
      }
    });

    it('goes to a namespace of a RegExp, with and without a controller', async () => {
      assert.deepEqual((await t.app.mockSocketEvent('room-7', 'where')).ack, [ '/room-7' ]);
      assert.deepEqual((await t.app.mockSocketEvent('/own-7', 'echo', [ 7 ])).ack, [ 7 ]);
    });

    it('comes without middleware, guards and handlers of the connection where the test wants it so', async () => {
      const left = (t.app as unknown as { left: unknown[] }).left.length;
      const { data, rooms } = await t.app.mockSocketEvent('/chat', 'greet', [ '7' ], { connect: false, data: { name: 'Ada' } });
      assert.deepEqual({ data, rooms }, { data: { name: 'Ada' }, rooms: [] });
      assert.equal((t.app as unknown as { left: unknown[] }).left.length, left);
      await assert.rejects(t.app.mockSocketEvent('/refusing', 'connection'), /not today/);
      await t.app.mockSocketEvent('/refusing', 'connection', [], { connect: false });
    });
  });
});
