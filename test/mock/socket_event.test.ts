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
    it('is the return value of the handler', async () => {
      assert.deepEqual(await chat('greet', [ '7' ]), { ...NOTHING, ack: [ 'hello user 7' ] });
    });

    it('is the ack as the client receives it', async () => {
      const { ack } = await t.app.mockSocketEvent('/chat', 'say', [ 'hi' ]);
      assert.deepEqual(ack, [{ text: 'hi', at: '1970-01-01T00:00:00.000Z' }]);
    });

    it('has several arguments, also binary ones, and work after the ack is not lost', async () => {
      assert.deepEqual(await chat('acks two'), {
        ...NOTHING, ack: [ 'first', Buffer.from('second') ], emitted: [{ event: 'after the ack', args: [] }],
      });
    });

    it('may be sent long after the handler has returned', async () => {
      assert.deepEqual(await chat('takes the ack', [ true ]), { ...NOTHING, ack: [ 'late' ] });
    });

    it('is empty for undefined, and undefined where the client asks for none', async () => {
      assert.deepEqual(await chat('reply'), { ...NOTHING, ack: [] });
      assert.deepEqual(await chat('takes the ack', [], { ack: false }), NOTHING);
    });

    it('passes through the middleware of the event', async () => {
      assert.deepEqual(await chat('wrapped'), { ...NOTHING, ack: [{ wrapped: 'inside' }] });
    });

    it('is the ack of a listener of the app', async () => {
      assert.deepEqual((await t.app.mockSocketEvent('/own', 'acks', [ Buffer.from('x') ])).ack, [ Buffer.from('x') ]);
    });
  });

  describe('what was emitted', () => {
    it('contains the emit of @WSEmit if the client asks for no ack', async () => {
      assert.deepEqual(await chat('reply', [ 'hi' ]), { ...NOTHING, ack: [ 'hi' ] });
      assert.deepEqual(await chat('reply', [ 'hi' ], { ack: false }), { ...NOTHING, emitted: [{ event: 'replied', args: [ 'hi' ] }] });
    });

    it('contains all emits to the client, in order, however they are sent', async () => {
      const { emitted } = await chat('many', [ 7 ]);
      assert.deepEqual(emitted, [ 1, 2, 3 ].map(step => ({ event: 'step', args: [ 7, step ] })));
    });

    it('contains emits that are not awaited, if they are made at once', async () => {
      assert.deepEqual((await chat('background')).emitted, [{ event: 'in the background', args: [] }]);
    });

    it('contains later emits if the option until waits for them', async () => {
      assert.deepEqual((await chat('later')).emitted, []);
      const { ack, emitted } = await chat('later', [], { until: soFar => soFar.emitted.length === 1 });
      assert.deepEqual({ ack, emitted }, { ack: [ 'now' ], emitted: [{ event: 'later', args: [] }] });
    });

    it('contains the questions of the handler, which the option answers answers', async () => {
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
    it('contains broadcasts to rooms, with the excluded rooms', async () => {
      const { broadcast } = await chat('say', [ 'hi' ]);
      const said = { event: 'said', args: [{ text: 'hi', at: '1970-01-01T00:00:00.000Z' }] };
      assert.deepEqual(broadcast, [{ namespace: '/chat', ...said, rooms: [ 'lobby', 'hall' ], except: [ 'sender' ] }]);
    });

    it('contains broadcasts to all clients, in any namespace', async () => {
      assert.deepEqual((await chat('many', [ 7 ])).broadcast, [
        { namespace: '/chat', event: 'to all', args: [ 7 ], rooms: [], except: [] },
        { namespace: '/guarded', event: 'elsewhere', args: [ 7 ], rooms: [], except: [ 'some' ] },
      ]);
    });

    it('contains emits that a queue of the app makes on the socket', async () => {
      assert.deepEqual((await chat('queued')).broadcast, [
        { namespace: '/chat', event: 'from the queue', args: [], rooms: [ 'lobby' ], except: [ 'sender' ] },
      ]);
    });

    it('also reaches real clients', async () => {
      const client = await t.connect({ namespace: '/chat' });
      await t.app.mockSocketEvent('/chat', 'join', [ 'lobby' ]);
      assert.deepEqual(await client.next('joined'), [ 'lobby' ]);
    });

    it('contains nothing that other sockets send meanwhile', async () => {
      const interval = setInterval(() => t.app.io.of('/chat').emit('tick'), 1);
      const { broadcast, emitted } = await chat('acks two');
      clearInterval(interval);
      assert.deepEqual({ broadcast, emitted }, { broadcast: [], emitted: [{ event: 'after the ack', args: [] }] });
    });
  });

  describe('an error', () => {
    const full = { code: 'ROOM_FULL', message: 'the room is full', details: { limit: 2 } };

    it('is the error in the ack', async () => {
      assert.deepEqual(await chat('fails', [ 'deliberately' ]), { ...NOTHING, ack: [{ error: full }], error: full });
    });

    it('is the error in the event exception', async () => {
      const { error, emitted } = await chat('fails', [ 'deliberately' ], { ack: false });
      assert.deepEqual(error, full);
      assert.deepEqual(emitted, [{ event: 'exception', args: [{ event: 'fails', ...full }] }]);
    });

    it('is the error of validation, of a guard or of a bug', async () => {
      assert.equal((await chat('fails', [ 1 ])).error?.code, 'VALIDATION_FAILED');
      assert.deepEqual((await chat('fails', [ 'bug' ])).error, { code: 'INTERNAL', message: 'a bug' });
      assert.match((await chat('cannot be sent')).error!.message, /BigInt/);
      const { error } = await t.app.mockSocketEvent('/guarded', 'shutdown', [], { auth: { password: 'sesame' } });
      assert.deepEqual(error, { code: 'FORBIDDEN', message: 'access denied' });
    });
  });

  describe('the connection', () => {
    it('is disconnected by a handler, which keeps running', async () => {
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

    it('runs connection handlers for the event connection', async () => {
      const result = await t.app.mockSocketEvent('/chat', 'connection', [], { auth: { name: 'Ada' } });
      assert.deepEqual(outcome(result), {
        ...NOTHING,
        emitted: [{ event: 'welcome', args: [ 'Ada' ] }],
        broadcast: [{ namespace: '/chat', event: 'came', args: [ 'Ada' ], rooms: [ 'everyone' ], except: [ 'sender' ] }],
      });
    });

    it('runs disconnect handlers for the event disconnect', async () => {
      for (const [ args, reason ] of [
        [[], 'client namespace disconnect' ], [[ 'ping timeout' ], 'ping timeout' ], [[ 'server namespace disconnect' ], 'server namespace disconnect' ],
      ] as const) {
        const { broadcast, disconnected } = await chat('disconnect', [ ...args ], { auth: { name: 'Ada' } });
        assert.deepEqual({ broadcast, disconnected }, {
          broadcast: [{ namespace: '/chat', event: 'left', args: [ 'Ada', reason ], rooms: [], except: [] }], disconnected: true,
        });
      }
    });

    it('connects to a dynamic namespace, with and without a controller', async () => {
      assert.deepEqual((await t.app.mockSocketEvent('room-7', 'where')).ack, [ '/room-7' ]);
      assert.deepEqual((await t.app.mockSocketEvent('/own-7', 'echo', [ 7 ])).ack, [ 7 ]);
    });

    it('skips middleware, guards and handlers of the connection on request', async () => {
      const left = (t.app as unknown as { left: unknown[] }).left.length;
      const { data, rooms } = await t.app.mockSocketEvent('/chat', 'greet', [ '7' ], { connect: false, data: { name: 'Ada' } });
      assert.deepEqual({ data, rooms }, { data: { name: 'Ada' }, rooms: [] });
      assert.equal((t.app as unknown as { left: unknown[] }).left.length, left);
      await assert.rejects(t.app.mockSocketEvent('/refusing', 'connection'), /not today/);
      await t.app.mockSocketEvent('/refusing', 'connection', [], { connect: false });
    });
  });
});
