import assert from 'node:assert/strict';
import { startErrorOf } from '../support/inline_app';
import { type StreamsApp, withStreams } from '../streams/support';

const CONTROLLER = `
  import { type Context, Inject, OnWSMessage, SocketIOError, UseGuard, WSBroadCast, WSController, WSEmit } from 'egg-socketio';

  @WSController('/')
  export class OrderController {
    @Inject()
    ctx: Context;

    get app() { return this.ctx.app as any; }

    /** Each run has another number. */
    run(...what: unknown[]) {
      this.app.said.push(what);
      this.app.news.emit('runs', this.app.said.length);
      return this.app.said.length;
    }

    @OnWSMessage('order', { once: true })
    order(order: { dish: string }) { return { number: this.run(order?.dish) }; }

    @OnWSMessage('slow', { once: { key: id => id, by: ctx => ctx.handshake.auth.user } })
    async slow(id: string) {
      const number = this.run(id);
      const outcome: unknown = await new Promise(resolve => this.app.news.once('go', resolve));
      if (outcome) throw outcome;
      return number;
    }

    @OnWSMessage('quick', { once: { key: id => id, by: ctx => ctx.handshake.auth.user } })
    quick(id: string) { return this.run(id); }

    @OnWSMessage('signal', { once: { key: id => id, by: ctx => ctx.handshake.auth.user } })
    async signal(id: string) {
      const number = this.run(id);
      if (number > 1) return number;
      const { signal } = this.ctx;
      await new Promise((_, reject) => signal.addEventListener('abort', () => { reject(signal.reason); }));
    }

    @OnWSMessage('told', { once: true })
    @WSEmit('told')
    @WSBroadCast('told all')
    told(order: object) { return this.run(); }

    @OnWSMessage('fails', { once: true })
    fails(order: { how: string }) {
      const number = this.run();
      if (order.how === 'internal') throw new Error('secret ' + number);
      throw new SocketIOError('SOLD_OUT', 'number ' + number);
    }

    @OnWSMessage('guarded', { once: true })
    @UseGuard(ctx => (ctx.app as any).isOpen === true)
    guarded(order: object) { return this.run(); }

    @OnWSMessage('wrapped', { once: true, middleware: [ async (ctx, next) => ({ wrapped: await next(), at: Math.random() }) ] })
    wrapped(order: object) { return this.run(); }

    @OnWSMessage('own ack', { once: true })
    ownAck(order: object) {
      const { ack } = this.ctx;
      const number = this.run();
      this.app.news.once('go', () => ack!(number, 'two'));
    }

    @OnWSMessage('list', { once: { key: id => id } })
    list(id: string) { this.app.list ??= []; this.app.list.push(this.run()); return this.app.list; }

    @OnWSMessage('short', { once: { key: id => id, for: 20 } })
    short(id: string) { return this.run(); }

    @OnWSMessage('large', { once: { key: id => id } })
    large(id: string) { this.run(); return 'x'.repeat(5000); }
  }
`;

/** The event with its ack, also one that is an error. */
type Send = (event: string, ...args: unknown[]) => Promise<unknown>;

async function connect({ connect: open }: StreamsApp, user?: string): Promise<{ send: Send; socket: Awaited<ReturnType<StreamsApp['connect']>> }> {
  const socket = await open(user === undefined ? {} : { auth: { user } });
  return { socket, send: (event, ...args) => new Promise(resolve => { socket.emit(event, ...args, resolve); }) };
}

/** How often an event is sent. */
const TIMES = 3;

describe('test/dispatch/once.test.ts', () => {
  it('a client with retries whose ack does not come in time: the handler runs once, and the client gets its answer', async () => {
    await withStreams(CONTROLLER, async server => {
      const { app } = server;
      let arrived = 0;
      app.io.on('connection', socket => socket.use((_packet, next) => {
        arrived += 1;
        app.news.emit('arrived', arrived);
        next();
      }));
      const third = server.hear('arrived', 3);
      const socket = await server.connect({ retries: 5, ackTimeout: 50 });
      const answer = socket.emitWithAck('slow', 'key');
      await third;
      app.news.emit('go');
      assert.equal(await answer, 1);
      assert.deepEqual(app.said, [[ 'key' ]]);
    });
  });

  it('a repeated event gets the first answer, and another key is another event', async () => {
    await withStreams(CONTROLLER, async server => {
      const { send } = await connect(server);
      for (let i = 0; i < TIMES; i++) assert.deepEqual(await send('order', { idempotencyKey: 'a', dish: 'soup' }), { number: 1 });
      assert.deepEqual(await send('order', { idempotencyKey: 'b', dish: 'soup' }), { number: 2 });
      assert.deepEqual(await send('order', { idempotencyKey: 7, dish: 'soup' }), { number: 3 });
    });
  });

  it('a repeated event emits nothing again', async () => {
    await withStreams(CONTROLLER, async server => {
      const { send } = await connect(server);
      const other = await connect(server);
      const told: unknown[] = [];
      other.socket.on('told all', value => told.push(value));
      for (let i = 0; i < TIMES; i++) assert.equal(await send('told', { idempotencyKey: 'a' }), 1);
      assert.equal(await send('told', { idempotencyKey: 'b' }), 2);
      assert.deepEqual(await other.send('order', { idempotencyKey: 'c' }), { number: 3 });
      assert.deepEqual(told, [ 1, 2 ]);
    });
  });

  it('without an ack, a repeated event does not run the handler either', async () => {
    await withStreams(CONTROLLER, async server => {
      const { send, socket } = await connect(server);
      for (let i = 0; i < TIMES; i++) socket.emit('told', { idempotencyKey: 'a' });
      assert.equal(await send('told', { idempotencyKey: 'b' }), 2);
    });
  });

  it("an error of the handler is an answer: it is repeated, with its code or as 'INTERNAL'", async () => {
    await withStreams(CONTROLLER, async server => {
      const { send } = await connect(server);
      for (let i = 0; i < TIMES; i++) {
        assert.deepEqual(await send('fails', { idempotencyKey: 'a', how: 'sold out' }), { error: { code: 'SOLD_OUT', message: 'number 1' } });
      }
      for (let i = 0; i < TIMES; i++) {
        const { error } = await send('fails', { idempotencyKey: 'b', how: 'internal' }) as { error: { code: string; message: string } };
        assert.deepEqual([ error.code, error.message ], [ 'INTERNAL', 'secret 2' ]);
      }
      assert.equal(server.app.said.length, 2);
    });
  });

  it('an event that is refused before the handler runs does not use its key', async () => {
    await withStreams(CONTROLLER, async server => {
      const { send } = await connect(server);
      const { error } = await send('guarded', { idempotencyKey: 'a' }) as { error: { code: string } };
      assert.equal(error.code, 'FORBIDDEN');
      Object.assign(server.app, { isOpen: true });
      assert.equal(await send('guarded', { idempotencyKey: 'a' }), 1);
      Object.assign(server.app, { isOpen: false });
      assert.deepEqual(await send('guarded', { idempotencyKey: 'a' }), { error });
    });
  });

  it('the first answer is that of the middleware too', async () => {
    await withStreams(CONTROLLER, async server => {
      const { send } = await connect(server);
      const first = await send('wrapped', { idempotencyKey: 'a' }) as { wrapped: number };
      assert.equal(first.wrapped, 1);
      assert.deepEqual(await send('wrapped', { idempotencyKey: 'a' }), first);
    });
  });

  it('a handler that calls the ack itself: a repeated event waits for that call, and gets all of its values', async () => {
    await withStreams(CONTROLLER, async server => {
      const { socket } = await connect(server);
      const all = (event: string, ...args: unknown[]) => new Promise<unknown[]>(resolve => {
        socket.emit(event, ...args, (...values: unknown[]) => resolve(values));
      });
      const runs = server.hear('runs');
      const answers = Array.from({ length: TIMES }, () => all('own ack', { idempotencyKey: 'a' }));
      await runs;
      server.app.news.emit('go');
      for (const answer of await Promise.all(answers)) assert.deepEqual(answer, [ 1, 'two' ]);
    });
  });

  it('the first answer stays as it was when the app changes the value later', async () => {
    await withStreams(CONTROLLER, async server => {
      const { send } = await connect(server);
      assert.deepEqual(await send('list', 'a'), [ 1 ]);
      assert.deepEqual(await send('list', 'b'), [ 1, 2 ]);
      assert.deepEqual(await send('list', 'a'), [ 1 ]);
    });
  });

  it('without a key, or with one that is no string or number, the event gets INVALID_KEY, which says where the key is expected', async () => {
    await withStreams(CONTROLLER, async server => {
      const { send } = await connect(server);
      for (const args of [[], [ null ], [{}], [{ idempotencyKey: '' }], [{ idempotencyKey: {} }], [{ idempotencyKey: 'x'.repeat(201) }]]) {
        const { error } = await send('order', ...args) as { error: { code: string; details: unknown } };
        assert.equal(error.code, 'INVALID_KEY', JSON.stringify(args));
        assert.deepEqual(error.details, { expected: 'idempotencyKey of its first argument' });
      }
      const { error } = await send('list', {}) as { error: { code: string; details: unknown } };
      assert.equal(error.code, 'INVALID_KEY');
      assert.deepEqual(error.details, { expected: 'the result of the function key of its option once' });
      assert.deepEqual(server.app.said, []);
    });
  });

  it('a key with other arguments gets KEY_REUSED, also while the first event is being handled', async () => {
    await withStreams(CONTROLLER, async server => {
      const { send } = await connect(server);
      await send('order', { idempotencyKey: 'a', dish: 'soup' });
      assert.equal((await send('order', { idempotencyKey: 'a', dish: 'cake' }) as { error: { code: string } }).error.code, 'KEY_REUSED');
      const runs = server.hear('runs');
      const slow = send('slow', 'b', 1);
      await runs;
      assert.equal((await send('slow', 'b', 2) as { error: { code: string } }).error.code, 'KEY_REUSED');
      server.app.news.emit('go');
      assert.equal(await slow, 2);
    });
  });

  it('keys belong to the session by default, and with by to what the function returns', async () => {
    await withStreams(CONTROLLER, async server => {
      const [ a, b ] = [ await connect(server), await connect(server) ];
      assert.deepEqual(await a.send('order', { idempotencyKey: 'x' }), { number: 1 });
      assert.deepEqual(await b.send('order', { idempotencyKey: 'x' }), { number: 2 });
      const [ ann, annToo, bob, nobody, nobodyElse ] = await Promise.all([ 'ann', 'ann', 'bob', '', undefined ].map(user => connect(server, user)));
      const numbers: unknown[] = [];
      for (const { send } of [ ann, annToo, bob, nobody, nobodyElse ]) numbers.push(await send('quick', 'x'));
      assert.deepEqual(numbers, [ 3, 3, 4, 5, 6 ]);
    });
  });

  it('a client that has left before the answer gets it with its next session, also if it is an error', async () => {
    await withStreams(CONTROLLER, async server => {
      for (const [ key, outcome ] of [[ 'a', undefined ], [ 'b', Object.assign(new Error('declined'), { status: 402 }) ]] as const) {
        const first = await connect(server, 'ann');
        const runs = server.hear('runs');
        void first.send('slow', key);
        const number = await runs;
        first.socket.disconnect();
        while (server.app.io.sockets.sockets.size > 0) await new Promise(setImmediate);
        server.app.news.emit('go', outcome);
        const second = await connect(server, 'ann');
        assert.deepEqual(await second.send('slow', key), outcome ? { error: { code: 'PAYMENT_REQUIRED', message: 'declined' } } : number);
        second.socket.disconnect();
        while (server.app.io.sockets.sockets.size > 0) await new Promise(setImmediate);
      }
      assert.equal(server.app.said.length, 2);
    });
  });

  it('a handler that stops because its client has left has not handled the event: a repeated one does', async () => {
    await withStreams(CONTROLLER, async server => {
      const first = await connect(server, 'ann');
      const runs = server.hear('runs');
      void first.send('signal', 'a');
      await runs;
      const second = await connect(server, 'ann');
      const answer = second.send('signal', 'a');
      await second.send('order', { idempotencyKey: 'later' }).then(() => first.socket.disconnect());
      assert.equal(await answer, 3);
    });
  });

  it('HANDLER_TIMEOUT is an answer; an event that waits for another one gets it by itself', async () => {
    await withStreams(CONTROLLER, async server => {
      const { send } = await connect(server);
      const { error } = await send('slow', 'a') as { error: { code: string } };
      assert.equal(error.code, 'HANDLER_TIMEOUT');
      assert.deepEqual(await send('slow', 'a'), { error });
      server.app.news.emit('go');
      assert.deepEqual(await send('slow', 'a'), { error });
      assert.equal(server.app.said.length, 1);
    }, 'limits: { handlerTimeout: 100 }');
  });

  it('an answer is forgotten after the time of `for`', async () => {
    await withStreams(CONTROLLER, async server => {
      const { send } = await connect(server);
      assert.equal(await send('short', 'a'), 1);
      while (await send('short', 'a') === 1);
      assert.equal(server.app.said.length, 2);
    });
  });

  it('a worker keeps no more than limits.onceKeys: the oldest answers go first, and never an event that is being handled', async () => {
    await withStreams(CONTROLLER, async server => {
      const { send } = await connect(server);
      const runs = server.hear('runs');
      const slow = send('slow', 'slow');
      await runs;
      for (const key of [ 'a', 'b', 'c' ]) await send('order', { idempotencyKey: key });
      assert.deepEqual(await send('order', { idempotencyKey: 'c' }), { number: 4 });
      assert.deepEqual(await send('order', { idempotencyKey: 'a' }), { number: 5 });
      const repeated = send('slow', 'slow');
      await send('order', { idempotencyKey: 'a' });
      const more = [ send('slow', 'x'), send('slow', 'y') ];
      assert.equal((await send('slow', 'z') as { error: { code: string } }).error.code, 'TOO_MANY_KEYS');
      server.app.news.emit('go');
      assert.deepEqual([ await slow, await repeated ], [ 1, 1 ]);
      await Promise.all(more);
    }, 'limits: { onceKeys: 3 }');
  });

  it('a worker keeps no more than limits.onceBytes: the oldest answers go first; a repeated event of a larger answer gets ANSWER_NOT_KEPT', async () => {
    await withStreams(CONTROLLER, async server => {
      const { send } = await connect(server);
      assert.equal((await send('large', 'a') as string).length, 5000);
      assert.equal((await send('large', 'a') as { error: { code: string } }).error.code, 'ANSWER_NOT_KEPT');
      for (const key of [ 'b', 'c', 'd' ]) assert.deepEqual(await send('order', { idempotencyKey: key }), { number: server.app.said.length });
      assert.deepEqual(await send('order', { idempotencyKey: 'd' }), { number: 4 });
      assert.deepEqual(await send('order', { idempotencyKey: 'b' }), { number: 5 });
    }, 'limits: { onceBytes: 800 }');
  });

  for (const [ option, says ] of [
    [ "{ for: '2m' }", /@OnWSMessage\('order'\): once: expected for to be a whole number of milliseconds from 1 to 86400000, but got "2m"/ ],
    [ '{ keys: id => id }', /once: unknown key 'keys'\. Did you mean 'key'\?/ ],
    [ "{ key: 'id' }", /expected key to be a function \(\.\.\.args\) => string, but got "id"/ ],
    [ "{ by: 'user' }", /expected by to be 'session' or a function \(ctx\) => string, but got "user"/ ],
    [ '1', /expected true, false or an object with \{ key, by, for \}, but got 1/ ],
    [ 'true, stream: true', /a stream has no single answer that could be repeated/ ],
  ] as const) {
    it(`once: ${option} stops the start, with file, class and method`, async () => {
      const error = await startErrorOf({
        'app/socket/main.ts': `
          import { OnWSMessage, WSController } from 'egg-socketio';
          @WSController('/')
          export class WrongController { @OnWSMessage('order', { once: ${option} } as any) order() {} }`,
      });
      assert.match(error.message, says);
      assert.match(error.message, /app\/socket\/main\.ts: WrongController\.order/);
    });
  }
});
