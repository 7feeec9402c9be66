import assert from 'node:assert/strict';
import { once } from 'node:events';
import path from 'node:path';
import type { MockApplication } from 'egg-mock';
import type { Socket as ClientSocket } from 'socket.io-client';
import { SocketIOTestClient } from 'egg-socketio/mock';
import type { Namespace, Socket } from 'socket.io';
import { type AttachedServer, attachServer } from '../support/attached_server';
import { withInlineApp } from '../support/inline_app';
import { stream } from '../streams/support';

const io2 = require('socket.io-client-v2') as (url: string, options: object) => SocketIOTestClient['socket'];

/** What each middleware has seen: its place, the namespace, the event and its arguments, and for whom. */
type Seen = [by: string, nsp: string, event: string, args: unknown[], to: unknown];

const files = (options = '') => ({
  'app/lib/outgoing.js': `
    const { SocketIOError } = require('egg-socketio');
    const seen = [];
    const see = by => function({ nsp, event, args, socket, rooms, except, wantsAck }) {
      seen.push([ by, nsp, event, args, socket ? socket.id : { rooms, except, ...wantsAck && { wantsAck } } ]);
    };
    module.exports = {
      seen,
      app: [ see('app'), function redact(packet) {
        const { event } = packet;
        if (event === 'secret') packet.args = packet.args.map(({ password, ...rest }) => rest);
        else if (event === 'dropped') packet.drop();
        else if (event === 'fails') throw Object.assign(new Error('not today'), { status: 400 });
        else if (event === 'forbidden') throw new SocketIOError('FORBIDDEN');
        else if (event === 'promise') return Promise.reject(new Error('never seen'));
        else if (event === 'no array') packet.args = 'text';
        else if (event === 'flags') Object.assign(packet, { compress: false });
        else if (event === 'nested') packet.socket.emit('inner');
        else if (event === 'flags?') packet.args = [ packet.compress, packet.volatile ];
      } ],
      controller: [ see('controller'), function versioned(packet) { if (packet.event === 'versioned') packet.args = [ { v: 2, args: packet.args } ]; } ],
    };`,
  'config/config.default.js': `
    const outgoing = require('../app/lib/outgoing');
    module.exports = () => ({ keys: 'test keys', socketio: { allowEIO3: true, outgoing: outgoing.app, ${options} } });`,
  'app/service/news.js': `
    const { Service } = require('egg');
    module.exports = class extends Service { tell() { this.app.io.to('room').emit('secret', { id: 'service', password: 'x' }); } };`,
  'app/socket/main.ts': `
    import { Ack, type Context, Ctx, Inject, OnWSConnection, OnWSMessage, SocketIOError, WSBroadCast, WSController, WSEmit } from 'egg-socketio';
    const outgoing = require('../lib/outgoing').controller;
    const SECRET = { id: 1, password: 'x' };

    @WSController('/main', { outgoing })
    export class Main {
      @Inject() ctx!: Context;

      @OnWSConnection() async come() { await this.ctx.join('room'); }

      @OnWSMessage('socket') socket() { this.ctx.socket.emit('secret', SECRET); }
      @OnWSMessage('ctx') context() { this.ctx.emit('secret', SECRET); }
      @OnWSMessage('volatile') volatile() { this.ctx.socket.volatile.compress(false).emit('secret', SECRET); }
      @OnWSMessage('to room') room() { this.ctx.to('room').emit('secret', SECRET); }
      @OnWSMessage('broadcast') broadcast() { this.ctx.socket.broadcast.emit('secret', SECRET); }
      @OnWSMessage('io') io() { this.ctx.app.io.of('/main').emit('secret', SECRET); }
      @OnWSMessage('io to room') ioRoom() { this.ctx.app.io.of('/main').to('room').except('nobody').emit('secret', SECRET); }
      @OnWSMessage('local') local() { this.ctx.app.io.of('/main').local.emit('secret', SECRET); }
      @OnWSMessage('fetched') async fetched() { for (const each of await this.ctx.nsp.fetchSockets()) each.emit('secret', SECRET); }
      @OnWSMessage('WSEmit') @WSEmit('secret') emits() { return SECRET; }
      @OnWSMessage('WSBroadCast') @WSBroadCast('secret') broadcasts() { return SECRET; }

      @OnWSMessage('emit') emitOf(event: string, ...args: unknown[]) { this.ctx.socket.emit(event, ...args); }
      @OnWSMessage('answer') answer() { return SECRET; }
      @OnWSMessage('own ack') ownAck(@Ctx() _ctx: Context, @Ack() ack: (value: unknown) => void) { ack(SECRET); }
      @OnWSMessage('error') error() { throw new SocketIOError('SECRET', 'password', { details: SECRET }); }
      @OnWSMessage('stream') async *stream() { yield SECRET; }
      @OnWSMessage('kept stream', { stream: { resume: '1m' } }) async *kept() { yield SECRET; }
      @OnWSMessage('upload') async *upload(items: AsyncIterable<unknown>) { yield* items; }
      @OnWSMessage('emitted stream') @WSEmit('secret') async *emittedStream() { yield SECRET; }
      @OnWSMessage('emits forbidden') @WSEmit('forbidden') forbidden() { return 1; }
      @OnWSMessage('sends') sends() { this.ctx.socket.send('plain'); this.ctx.emit('dropped', 1); this.ctx.emit('secret', SECRET); }
    }`,
  'app/socket/other.js': `
    const { defineSocketController } = require('egg-socketio');
    const { seen } = require('../lib/outgoing');
    module.exports = [
      defineSocketController({ namespace: '/other', messages: { emit: (ctx, event, ...args) => { ctx.emit(event, ...args); } } }),
      defineSocketController({
        namespace: /^\\/room-\\d+$/, outgoing: [ packet => { seen.push([ 'RegExp', packet.nsp, packet.event, packet.args, 0 ]); } ],
        onConnection: ctx => ctx.join('room'),
        messages: { emit: (ctx, event, ...args) => { ctx.emit(event, ...args); } },
      }),
    ];`,
});

interface Setup {
  readonly app: MockApplication;
  readonly server: AttachedServer;
  readonly seen: Seen[];
  connect(namespace?: string, options?: object): Promise<SocketIOTestClient>;
  /** The server's side of a client. */
  socketOf(client: SocketIOTestClient): Socket;
}

const WITHOUT_PASSWORD = { id: 1 };
const codeOf = (answer: unknown) => (answer as { error: { code: string } }).error.code;

describe('test/outgoing/outgoing.test.ts', () => {
  async function withApp(run: (setup: Setup) => Promise<void>, options = ''): Promise<void> {
    await withInlineApp(files(options), async ({ app, baseDir }, startError) => {
      assert.ifError(startError);
      const server = await attachServer(app);
      const { seen } = require(path.join(baseDir, 'app/lib/outgoing')) as { seen: Seen[] };
      const clients: SocketIOTestClient[] = [];
      try {
        await run({
          app, server, seen,
          async connect(namespace = '/main', more = {}) {
            const client = new SocketIOTestClient({ port: server.port, namespace, transports: [ 'websocket' ], ...more });
            clients.push(client);
            return client.connect();
          },
          socketOf: client => app.io.of('/main').sockets.get(client.id!) as Socket,
        });
      } finally {
        await Promise.all(clients.map(client => client.close()));
        server.close();
      }
    });
  }

  /** Each way to emit: whether the sender, and whether others, get the event; and for whom it is. */
  const WAYS: Record<string, { sender: boolean; others: boolean; to: (id: string, other: string) => unknown[] }> = {
    socket: { sender: true, others: false, to: id => [ id ] },
    ctx: { sender: true, others: false, to: id => [ id ] },
    volatile: { sender: true, others: false, to: id => [ id ] },
    'to room': { sender: false, others: true, to: id => [{ rooms: [ 'room' ], except: [ id ] }] },
    broadcast: { sender: false, others: true, to: id => [{ rooms: [], except: [ id ] }] },
    io: { sender: true, others: true, to: () => [{ rooms: [], except: [] }] },
    'io to room': { sender: true, others: true, to: () => [{ rooms: [ 'room' ], except: [ 'nobody' ] }] },
    local: { sender: true, others: true, to: () => [{ rooms: [], except: [] }] },
    fetched: { sender: true, others: true, to: (id, other) => [ id, other ] },
    WSEmit: { sender: true, others: false, to: id => [ id ] },
    WSBroadCast: { sender: false, others: true, to: id => [{ rooms: [], except: [ id ] }] },
  };

  for (const [ name, options ] of [[ 'without recovery', '' ], [ 'with recovery', 'connectionStateRecovery: true' ]]) {
    for (const transport of [ 'polling', 'websocket' ]) {
      it(`each way to emit passes the app's middleware, then the controller's, once: ${name}, ${transport}`, () => withApp(async ({ seen, connect }) => {
        const sender = await connect('/main', { transports: [ transport ] });
        const other = await connect('/main', { transports: [ transport ] });
        for (const [ way, { sender: forSender, others, to }] of Object.entries(WAYS)) {
          seen.length = 0;
          sender.send(way);
          if (forSender) assert.deepEqual((await sender.next('secret'))[0], WITHOUT_PASSWORD, way);
          if (others) assert.deepEqual((await other.next('secret'))[0], WITHOUT_PASSWORD, way);
          const expected = to(sender.id!, other.id!).flatMap(target => [
            [ 'app', '/main', 'secret', [{ id: 1, password: 'x' }], target ], [ 'controller', '/main', 'secret', [ WITHOUT_PASSWORD ], target ],
          ]);
          assert.deepEqual(seen, expected, way);
        }
        assert.deepEqual([ sender.pending, other.pending ], [[], []]);
      }, options));
    }
  }

  it('emits of the app, of services and of dynamic namespaces pass it; a namespace without a controller has the app\'s', () => withApp(async ({ app, seen, connect }) => {
    app.io.of('/bare');
    const [ bare, room, other, root ] = await Promise.all([ connect('/bare'), connect('/room-1'), connect('/other'), connect('/') ]);
    const next = async (client: SocketIOTestClient) => (await client.next('secret'))[0];
    const secret = (id: number) => ({ id, password: 'x' });
    app.io.of('/bare').emit('secret', secret(1));
    assert.deepEqual(await next(bare), { id: 1 });
    app.io.of('/room-1').emit('secret', secret(2));
    assert.deepEqual(await next(room), { id: 2 });
    room.send('emit', 'secret', secret(3));
    assert.deepEqual(await next(room), { id: 3 });
    other.send('emit', 'secret', secret(4));
    assert.deepEqual(await next(other), { id: 4 });
    await app.io.sockets.sockets.get(root.id!)!.join('room');
    await app.mockContext().service.news.tell();
    assert.deepEqual(await next(root), { id: 'service' });
    const by = seen.filter(([ , , event ]) => event === 'secret').map(([ place, nsp ]) => `${place} ${nsp}`);
    assert.deepEqual(by, [ 'app /bare', 'app /room-1', 'RegExp /room-1', 'app /room-1', 'RegExp /room-1', 'app /other', 'app /' ]);
  }));

  it('an emit to all namespaces of a RegExp passes it once for each, and one to their rooms once', () => withApp(async ({ app, seen, connect }) => {
    const clients = await Promise.all([ connect('/room-1'), connect('/room-2') ]);
    const { parentNsps } = app.io as unknown as { parentNsps: Map<unknown, Namespace> };
    const [ target ] = parentNsps.values();
    seen.length = 0;
    target.emit('all', 1);
    for (const client of clients) assert.deepEqual(await client.next('all'), [ 1 ]);
    assert.deepEqual(seen.map(([ by, nsp ]) => `${by} ${nsp}`), [ 'app /room-1', 'RegExp /room-1', 'app /room-2', 'RegExp /room-2' ]);
    seen.length = 0;
    target.to('room').emit('rooms', 1);
    for (const client of clients) assert.deepEqual(await client.next('rooms'), [ 1 ]);
    assert.deepEqual(seen.map(([ by, nsp ]) => `${by} ${nsp}`), [ 'app /^\\/room-\\d+$/', 'RegExp /^\\/room-\\d+$/' ]);
  }));

  it('an emit to the rooms of all namespaces that a function of the app allows passes the app\'s', () => withApp(async ({ app, seen, connect }) => {
    const parent = app.io.of((name, _auth, allow) => allow(null, name === '/allowed'));
    const client = await connect('/allowed');
    parent.to(client.id!).emit('secret', { id: 1, password: 'x' });
    assert.deepEqual(await client.next('secret'), [ WITHOUT_PASSWORD ]);
    parent.emit('secret', { id: 2, password: 'x' });
    assert.deepEqual(await client.next('secret'), [{ id: 2 }]);
    assert.deepEqual(seen.map(([ by ]) => by), [ 'app', 'app' ]);
  }));

  it('a dropped event reaches nobody and no further middleware, and what follows does', () => withApp(async ({ app, seen, connect }) => {
    const client = await connect();
    client.send('sends');
    await client.next('secret');
    app.io.of('/main').emit('dropped');
    app.io.of('/main').emit('after');
    await client.next('after');
    assert.deepEqual(client.pending, [{ event: 'message', args: [ 'plain' ] }]);
    assert.deepEqual(seen.filter(([ , , event ]) => event === 'dropped').map(([ by ]) => by), [ 'app', 'app' ]);
  }));

  it('an ack of a dropped event does not hang: a single client\'s gets EMIT_DROPPED, that of a broadcast no answers', () => withApp(async ({ app, connect, socketOf }) => {
    const client = await connect();
    const nsp = app.io.of('/main');
    const dropped = { name: 'SocketIOError', code: 'EMIT_DROPPED', message: "outgoing middleware has dropped the event 'dropped'" };
    await assert.rejects(socketOf(client).emitWithAck('dropped'), dropped);
    await assert.rejects(socketOf(client).timeout(60_000).emitWithAck('dropped'), dropped);
    assert.equal((await app.io.stats()).total.refused.ackTimeout, 0);
    assert.deepEqual(await nsp.timeout(60_000).emitWithAck('dropped'), []);
    assert.deepEqual(await nsp.to('room').emitWithAck('dropped'), []);
    const [ remote ] = await nsp.fetchSockets() as unknown as { emitWithAck(event: string): Promise<unknown> }[];
    await assert.rejects(remote.emitWithAck('dropped'), dropped);
  }));

  it('acks() asks with what it has made of the event; without clients if it is dropped, and with its error at the loop', () => withApp(async ({ app, seen, connect }) => {
    const clients = await Promise.all([ connect(), connect() ]);
    for (const client of clients) client.socket.on('versioned', (value: unknown, ack: (answer: unknown) => void) => ack([ value ]));
    const nsp = app.io.of('/main');
    const ask = async (event: string, ...args: unknown[]) => {
      const results: unknown[] = [];
      for await (const { socket, value } of nsp.to('room').timeout(5000).acks(event, ...args)) results.push([ socket, value ]);
      return results;
    };
    assert.deepEqual((await ask('versioned', 1)).sort(), clients.map(({ id }) => [ id, [{ v: 2, args: [ 1 ] }]]).sort());
    assert.deepEqual(seen.at(-1), [ 'controller', '/main', 'versioned', [ 1 ], { rooms: [ 'room' ], except: [], wantsAck: true }]);
    assert.deepEqual(await ask('dropped'), []);
    await assert.rejects(ask('fails'), { message: 'not today' });
  }));

  it('an ack of an event that is sent works, and its function is no argument', () => withApp(async ({ app, seen, connect, socketOf }) => {
    const client = await connect();
    client.socket.on('versioned', (value: unknown, ack: (answer: unknown) => void) => ack([ value ]));
    assert.deepEqual(await socketOf(client).emitWithAck('versioned', 1), [{ v: 2, args: [ 1 ] }]);
    assert.deepEqual(await app.io.of('/main').timeout(5000).emitWithAck('versioned', 2), [[{ v: 2, args: [ 2 ] }]]);
    assert.deepEqual(seen.filter(([ , , event ]) => event === 'versioned').map(([ , , , args ]) => args), [[ 1 ], [ 1 ], [ 2 ], [ 2 ]]);
    assert.deepEqual(seen.at(-1)![4], { rooms: [], except: [], wantsAck: true });
  }));

  it('an error is thrown by emit(), and reaches the client of the handler that emits', () => withApp(async ({ app, connect, socketOf }) => {
    const client = await connect();
    assert.throws(() => socketOf(client).emit('fails'), { message: 'not today' });
    assert.throws(() => app.io.of('/main').to('room').emit('fails'), { message: 'not today' });
    await assert.rejects(socketOf(client).emitWithAck('fails'), { message: 'not today' });
    assert.deepEqual(await client.sendWithAck('emit', 'fails'), { error: { code: 'BAD_REQUEST', message: 'not today' } });
    client.send('emits forbidden');
    assert.deepEqual(await client.next('exception'), [{ event: 'emits forbidden', code: 'FORBIDDEN', message: 'access denied' }]);
    assert.throws(() => socketOf(client).emit('no array'), /outgoing middleware for 'no array': expected packet\.args to be an array, but got "text" \(string\)/);
  }));

  it('a promise is an error that names the middleware', () => withApp(async ({ app, connect, socketOf }) => {
    const client = await connect();
    const message = "[egg-socketio] outgoing middleware redact returned a promise for 'promise', but emit() does not wait for it. Make it synchronous, and do the rest before the emit.";
    assert.throws(() => socketOf(client).emit('promise'), { code: 'INVALID_MIDDLEWARE', message });
    assert.throws(() => app.io.of('/main').emit('promise'), { code: 'INVALID_MIDDLEWARE', message });
  }));

  it('it may change the flags of an emit, whose own it sees; neither is left for the next emit', () => withApp(async ({ app, connect, socketOf }) => {
    const client = await connect();
    const socket = socketOf(client);
    const compressed: unknown[] = [];
    socket.conn.on('packetCreate', ({ options }) => compressed.push(options!.compress));
    const nsp = app.io.of('/main');
    const twice = nsp.to('room');
    for (const emit of [ () => socket.emit('flags'), () => socket.emit('plain'), () => twice.emit('flags'), () => twice.emit('plain') ]) emit();
    assert.deepEqual(compressed, [ false, true, false, true ]);

    // A volatile event is not sent while others wait.
    for (let i = 0; i < 2; i++) await client.next('plain');
    await client.sendWithAck('answer');
    socket.volatile.compress(false).emit('flags?');
    assert.deepEqual(await client.next('flags?'), [ false, true ]);
    await client.sendWithAck('answer');
    nsp.volatile.emit('flags?');
    assert.deepEqual(await client.next('flags?'), [ true, true ]);
    socket.compress(false).emit('dropped');
    assert.throws(() => socket.compress(false).emit('fails'));
    socket.emit('flags?');
    assert.deepEqual(await client.next('flags?'), [ true, false ]);
    socket.compress(false).emit('nested');
    compressed.length = 0;
    assert.equal((await client.next('inner')).length, 0);
    await client.next('nested');
  }));

  it('answers do not pass it: acks, items of streams, and errors as exception; an event of @WSEmit does', () => withApp(async ({ seen, connect }) => {
    const client = await connect();
    const secret = { id: 1, password: 'x' };
    assert.deepEqual(await client.sendWithAck('answer'), secret);
    assert.deepEqual(await client.sendWithAck('own ack'), secret);
    assert.deepEqual(await client.sendWithAck('stream'), [ secret ]);
    for (const event of [ 'stream', 'kept stream' ]) {
      for await (const item of stream(client.socket as unknown as ClientSocket, event)) assert.deepEqual(item, secret);
    }
    const upload = (async function* () { yield 'sent'; })();
    for await (const item of stream(client.socket as unknown as ClientSocket, 'upload', upload)) assert.equal(item, 'sent');
    client.send('error');
    assert.deepEqual(await client.next('exception'), [{ event: 'error', code: 'SECRET', message: 'password', details: secret }]);
    assert.equal(codeOf(await client.sendWithAck('error')), 'SECRET');
    assert.deepEqual(seen, []);
    client.send('emitted stream');
    assert.deepEqual(await client.next('secret'), [ WITHOUT_PASSWORD ]);
  }));

  it('clients of protocol 3 get what it has made of an event', () => withApp(async ({ app, server, connect }) => {
    await connect();
    for (const transport of [ 'polling', 'websocket' ]) {
      const old = io2(`http://127.0.0.1:${server.port}/main`, { forceNew: true, reconnection: false, transports: [ transport ] });
      try {
        await once(old as never, 'connect');
        for (const way of [ 'socket', 'io' ]) {
          const got = once(old as never, 'secret');
          old.emit(way);
          assert.deepEqual(await got, [ WITHOUT_PASSWORD ]);
        }
      } finally {
        old.disconnect();
      }
    }
    assert.ok(app.io);
  }));

  it('observers see what is sent, and not what is dropped', () => withApp(async ({ connect, socketOf, app }) => {
    const client = await connect();
    const { channel } = await import('node:diagnostics_channel');
    const emitted: unknown[] = [];
    const note = (message: unknown) => {
      const { event, args } = message as { event: string; args: unknown[] };
      emitted.push([ event, args ]);
    };
    channel('egg-socketio:emit').subscribe(note);
    try {
      for (const emitter of [ socketOf(client), app.io.of('/main') ]) {
        emitter.emit('secret', { id: 1, password: 'x' });
        emitter.emit('dropped');
      }
    } finally {
      channel('egg-socketio:emit').unsubscribe(note);
    }
    assert.deepEqual(emitted, [[ 'secret', [ WITHOUT_PASSWORD ]], [ 'secret', [ WITHOUT_PASSWORD ]]]);
  }));

  for (const connect of [ true, false ]) {
    it(`app.mockSocketEvent() returns what is sent, and the error of the handler (connect: ${connect})`, () => withApp(async ({ app }) => {
      const { emitted, broadcast, error } = await app.mockSocketEvent('/main', 'sends', [], { connect, ack: false });
      assert.deepEqual(emitted, [{ event: 'message', args: [ 'plain' ] }, { event: 'secret', args: [ WITHOUT_PASSWORD ] }]);
      assert.deepEqual([ broadcast, error ], [[], undefined ]);
      const failed = await app.mockSocketEvent('/main', 'error', [], { connect, ack: false });
      assert.deepEqual([ failed.emitted.length, (failed.error as { code: string }).code ], [ 1, 'SECRET' ]);
      const told = await app.mockSocketEvent('/main', 'WSBroadCast', [], { connect });
      assert.deepEqual(told.broadcast.map(({ args }) => args), [[ WITHOUT_PASSWORD ]]);
    }));
  }

  it('a packet that recovery sends again does not pass it again', () => withApp(async ({ app, seen, connect, socketOf }) => {
    const client = await connect('/main', { reconnection: true, reconnectionDelay: 10 });
    // Something to have an offset from.
    socketOf(client).emit('versioned', 0);
    await client.next('versioned');
    const gone = once(socketOf(client), 'disconnect');
    const back = once(client, 'connect');
    client.socket.io.engine.close();
    await gone;
    seen.length = 0;
    app.io.of('/main').to('room').emit('versioned', 1);
    await back;
    assert.deepEqual((await client.next('versioned'))[0], { v: 2, args: [ 1 ] });
    assert.equal(client.socket.recovered, true);
    assert.deepEqual(seen.filter(([ , , event ]) => event === 'versioned').map(([ by ]) => by), [ 'app', 'controller' ]);
    // The recovered socket has it too.
    socketOf(client).emit('secret', { id: 1, password: 'x' });
    assert.deepEqual((await client.next('secret'))[0], WITHOUT_PASSWORD);
  }, 'connectionStateRecovery: true'));

  it('an app without it leaves the emit of sockets and broadcasts alone', () => withInlineApp({
    'app/socket/main.js': `
      const { defineSocketController } = require('egg-socketio');
      module.exports = defineSocketController({ onConnection() {} });`,
  }, async ({ app }, startError) => {
    assert.ifError(startError);
    const client = await app.createSocketIOClient();
    const socket = app.io.sockets.sockets.get(client.id!)!;
    assert.deepEqual(Object.getOwnPropertySymbols(socket).filter(symbol => /ownEmit/.test(String(symbol))), []);
    assert.deepEqual(Object.getOwnPropertySymbols(app.io.sockets).filter(symbol => /outgoing/.test(String(symbol))), []);
    await client.close();
  }));
});
