import assert from 'node:assert/strict';
import { useApp } from '../support/app';

describe('test/mock/socket_event_errors.test.ts', () => {
  const t = useApp('mocked_event');
  const call: typeof t.app.mockSocketEvent = async (...args) => t.app.mockSocketEvent(...args);

  describe('app.mockSocketEvent() rejects', () => {
    it('a namespace that does not exist, and lists the existing ones', async () => {
      await assert.rejects(call('/chta', 'greet'), /^Error: mockSocketEvent\('\/chta', 'greet'\): there is no namespace '\/chta'; there are '\/chat', .*'\/', .*\/\^\\\/room-\\d\+\$\/$/);
    });

    it('an event without a handler, and lists the handled ones', async () => {
      await assert.rejects(call('/guarded', 'shut'), /who are you\?/);
      await assert.rejects(call('/guarded', 'shut', [], { connect: false }),
        { message: "mockSocketEvent('/guarded', 'shut'): nobody handles the event 'shut' in the namespace '/guarded'; handled are 'shutdown'" });
      await assert.rejects(call('/own', 'ack'), /nobody handles the event 'ack' .*handled are 'acks', 'context', 'is told'$/);
      await assert.rejects(call('/', 'hello'), /handled are none$/);
      // Where a socket.use() of the app's sees every event, there is an answer first.
      await assert.rejects(call('/watching', 'good'), /nobody handles the event 'good'/);
    });

    it('an event that no client can send', async () => {
      for (const event of [ 'connect', 'disconnecting', 'newListener' ]) {
        await assert.rejects(call('/chat', event), error => (
          error instanceof TypeError && /expected an event that a client can send, or 'connection' or 'disconnect'/.test(error.message)
        ));
      }
    });

    it('arguments of the wrong kind', async () => {
      for (const [ args, message ] of [
        [[ 1, 'greet' ], /expected the namespace to be a string, but got 1/ ],
        [[ '/chat', { a: 1 }], /expected the event to be a string, but got { a: 1 }/ ],
        [[ '/chat', 'greet', 'x' ], /expected the arguments of the event to be an array, but got 'x'/ ],
        [[ '/chat', 'greet', [], null ], /expected the options to be an object, but got null/ ],
      ] as const) {
        const calling = call(...args as unknown as [ string, string ]);
        await assert.rejects(calling, error => error instanceof TypeError && message.test(error.message));
      }
    });

    it('a connection that was refused, with the error that the client gets', async () => {
      await assert.rejects(call('/guarded', 'shutdown', [], { auth: { password: 'x' } }), {
        message: "mockSocketEvent('/guarded', 'shutdown'): the connection was refused: who are you?",
        data: { code: 'UNAUTHORIZED', details: { wanted: 'a password' } },
      });
    });

    it('an origin that may not connect', async () => {
      await assert.rejects(call('/chat', 'greet', [ '7' ], { headers: { origin: 'https://evil.example' } }), /the handshake was refused: /);
      await call('/chat', 'greet', [ '7' ], { headers: { origin: 'https://evil.example' }, connect: false });
    });

    it('a request that a middleware of io.engine refuses', async () => {
      const { engine } = t.app.io;
      const { middlewares } = engine as unknown as { middlewares: unknown[] };
      engine.use((req: { headers: { 'x-test'?: string } }, _res: unknown, next: (error?: Error) => void) => next(req.headers['x-test'] ? new Error('a bad header') : undefined));
      try {
        await call('/chat', 'greet', [ '7' ]);
        await assert.rejects(call('/chat', 'greet', [ '7' ], { headers: { 'X-Test': 'x' } }), /a middleware of io\.engine refused the handshake: a bad header/);
      } finally {
        middlewares.pop();
      }
    });

    it('an event that socket.use() refuses', async () => {
      await assert.rejects(call('/watching', 'bad'), /a socket\.use\(\) of the app refused the event, which a client never learns: a bad event/);
    });

    it('an answer that throws', async () => {
      const answers = { 'sure?': () => { throw new Error('not sure'); } };
      await assert.rejects(call('/chat', 'asks', [], { answers }), /the option answers threw for 'sure\?': Error: not sure/);
    });
  });

  describe('app.mockSocketEvent() gives up, and says what it has waited for', () => {
    for (const [ event, options, message ] of [
      [ 'hangs', {}, "the handler has not finished; so far it has emitted 'hanging' []" ],
      [ 'takes the ack', {}, 'the handler has read ctx.ack and not called it (with { ack: false } the call does not wait for it); so far nothing was sent' ],
      [ 'asks', {}, "the handler has not finished; so far it has emitted 'sure?' [ 1 ]; the client was asked 'sure?' and has no answer: give it one with the option answers: { 'sure?': … }" ],
      [ 'greet', { until: () => false }, "the option until has not returned true; so far it has acked [ 'hello user undefined' ]" ],
    ] as const) {
      it(`${event} ${Object.keys(options).join()}`, async () => {
        await assert.rejects(call('/chat', event, [], { timeout: 200, ...options }),
          { message: `mockSocketEvent('/chat', '${event}'): gave up after 200 ms: ${message}` });
      });
    }

    it('connection middleware', async () => {
      await assert.rejects(call('/slow', 'x', [], { timeout: 50, auth: { at: 'middleware' } }), /gave up after 50 ms: the connection middleware and guards have not finished/);
    });

    it('connection handlers', async () => {
      await assert.rejects(call('/slow', 'x', [], { timeout: 50, auth: { at: 'connection' } }), /gave up after 50 ms: the connection handlers have not finished/);
    });

    it('disconnect handlers', async () => {
      await assert.rejects(call('/slow', 'x', [], { timeout: 50, auth: { at: 'disconnect' } }), /gave up after 50 ms: the disconnect handlers have not finished; so far it has acked \[\]/);
    });

    it('listeners of the app', async () => {
      await assert.rejects(call('/own', 'is told', [ 1 ], { timeout: 50 }), /no listener of the app has acked the event \(with { ack: false } .*; so far it has broadcast 'told' \[ 1 \]$/);
      assert.equal((await call('/own', 'is told', [ 1 ], { ack: false })).broadcast.length, 1);
      await assert.rejects(call('/watching', 'held', [], { timeout: 50 }), /no listener of the app has acked/);
    });
  });

  describe('nothing is left behind', () => {
    /** Whatever a call may have put somewhere. */
    function traces() {
      const { app, app: { io } } = t;
      const engine = io.engine as unknown as { clients: object; clientsCount: number };
      const namespaces = [ ...io._nsps.values() ].map(namespace => ({
        name: namespace.name,
        sockets: namespace.sockets.size,
        waiting: (namespace as unknown as { _preConnectSockets: Map<string, unknown> })._preConnectSockets.size,
        rooms: [ ...namespace.adapter.rooms.keys() ],
        sids: namespace.adapter.sids.size,
        listeners: namespace.eventNames().map(name => [ name, namespace.listenerCount(name as 'connect') ]),
        own: [ namespace, namespace.adapter ].map(each => Object.getOwnPropertyNames(each).sort()),
      }));
      const storage = Object.getOwnPropertyNames(app.ctxStorage);
      return { clients: Object.keys(engine.clients), count: engine.clientsCount, namespaces, storage };
    }
    const timers = () => process.getActiveResourcesInfo().filter(name => name === 'Timeout').length;

    for (const [ what, run ] of Object.entries<() => Promise<unknown>>({
      'of an event': () => call('/chat', 'join', [ 'lobby' ], { rooms: 'hall' }),
      'of a client that a handler has disconnected': () => call('/chat', 'kicks', [ true ]),
      'of a refused connection': () => assert.rejects(call('/guarded', 'shutdown')),
      'of a namespace that does not exist': () => assert.rejects(call('/chta', 'greet')),
      'of an event that nobody handles': () => assert.rejects(call('/chat', 'nothing')),
      'of a handler that was waited for in vain': () => assert.rejects(call('/chat', 'hangs', [], { timeout: 50 })),
      'of a connect that was waited for in vain': () => assert.rejects(call('/slow', 'x', [], { timeout: 50, auth: { at: 'connection' } })),
      'of one without a connect': () => call('/chat', 'greet', [ '7' ], { connect: false }),
      'of many at once': () => Promise.all(Array.from({ length: 20 }, (_, id) => call('/chat', 'many', [ id ]))),
    })) {
      it(what, async () => {
        // The first call may make what is kept.
        await call('/chat', 'greet', [ '7' ]);
        await new Promise(resolve => setTimeout(resolve, 10));
        const [ before, timersBefore ] = [ traces(), timers() ];
        await run();
        await new Promise(resolve => setTimeout(resolve, 10));
        assert.deepEqual(traces(), before);
        assert.ok(timers() <= timersBefore, `${timers()} timers, ${timersBefore} before`);
      });
    }

    it('resolves after the disconnect handlers have run', async () => {
      const { left } = t.app as unknown as { left: unknown[] };
      left.length = 0;
      await call('/chat', 'greet', [ '7' ], { auth: { name: 'Ada' } });
      assert.deepEqual(left, [ 'Ada' ]);
      await assert.rejects(call('/chat', 'nothing', [], { auth: { name: 'Bob' } }));
      assert.deepEqual(left, [ 'Ada', 'Bob' ]);
    });
  });

  describe('many calls at once', () => {
    it('contain only their own effects, even if they share rooms', async () => {
      const results = await Promise.all(Array.from({ length: 50 }, async (_, id) => call('/chat', 'many', [ id ], {
        rooms: 'lobby', data: { id },
      })));
      results.forEach(({ ack, emitted, broadcast, data, disconnected }, id) => {
        assert.deepEqual(ack, [ id ]);
        assert.deepEqual(emitted, [ 1, 2, 3 ].map(step => ({ event: 'step', args: [ id, step ] })));
        assert.deepEqual(broadcast.map(({ event, args }) => [ event, ...args ]), [[ 'to all', id ], [ 'elsewhere', id ]]);
        assert.deepEqual([ (data as { id: number }).id, disconnected ], [ id, false ]);
      });
    });

    it('have their own mocks', async () => {
      const users = await Promise.all(Array.from({ length: 20 }, async (_, id) => (
        (await call<[ { user: number } ]>('/chat', 'who', [], { ctx: { user: id } })).ack![0].user
      )));
      assert.deepEqual(users, Array.from({ length: 20 }, (_, id) => id));
    });
  });
});
