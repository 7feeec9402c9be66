import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo, Socket as TcpSocket } from 'node:net';
import { Server, type ServerOptions, type Socket } from 'socket.io';
import { io, type Socket as ClientSocket } from 'socket.io-client';
import { WebSocketServer } from 'ws';
import { createLoneAdapter } from '../../lib/adapter/lone_adapter';
import { createServer as createSocketIO } from '../../lib/boot/engine';

const EVENTS = 20;
const NUMBERS = Array.from({ length: EVENTS }, (_, i) => i);

function socketStateOf(socket: Socket): TcpSocket {
  return (socket.conn.transport as unknown as { socket: { _socket: TcpSocket } }).socket._socket;
}

/** What a connection gives to the system: how many pieces at a time. */
function watchWrites(socket: Socket): number[] {
  const stream = socketStateOf(socket);
  const { _write: write, _writev: writev } = stream;
  const writes: number[] = [];
  stream._write = function(...args) {
    writes.push(1);
    write.apply(stream, args);
  };
  stream._writev = function(...args) {
    writes.push(args[0].length);
    writev!.apply(stream, args);
  };
  return writes;
}

/** Socket.IO with Engine.IO's own server. */
const plainSocketIO = (http: HttpServer, options: Partial<ServerOptions>): Server => new Server(http, options);

describe('test/handshake/joined_frames.test.ts', () => {
  let http: HttpServer;
  let server: Server;
  let client: ClientSocket;

  async function serve(options: Partial<ServerOptions> = {}, create: typeof plainSocketIO = createSocketIO) {
    http = createServer().listen(0, '127.0.0.1');
    await once(http, 'listening');
    server = create(http, { adapter: createLoneAdapter(false), ...options });
  }

  async function connect(transports = [ 'websocket' ]): Promise<Socket> {
    const connected = once(server, 'connection');
    client = io(`http://127.0.0.1:${(http.address() as AddressInfo).port}`, { transports, reconnection: false, forceNew: true });
    return (await connected)[0] as Socket;
  }

  /** Sends values, each as an event of its own and all at once; resolves with them as they have come. */
  function sendAll(socket: { emit(event: string, value: unknown): unknown }, values: readonly unknown[]): Promise<unknown[]> {
    const received: unknown[] = [];
    return new Promise(resolve => {
      client.off('value').on('value', (value: unknown) => {
        if (received.push(value) === values.length) resolve(received);
      });
      for (const value of values) socket.emit('value', value);
    });
  }

  afterEach(async () => {
    client.disconnect();
    await server.close();
  });

  it('serves a session that is handed to Socket.IO directly, like one that was taken over', async () => {
    await serve();
    const socket = await connect();
    const session = Object.assign(new EventEmitter(), { id: 'x', readyState: 'open', protocol: 4, transport: {}, close() { session.emit('close'); } });
    server.engine.listeners('connection')[0](session);
    session.close();
    assert.equal((session as unknown as { write: unknown }).write, socket.conn.write);
  });

  it('writes events that are emitted together with two writes: the first event, and the others', async () => {
    await serve();
    const socket = await connect();
    const writes = watchWrites(socket);
    assert.deepEqual(await sendAll(socket, NUMBERS), NUMBERS);
    assert.deepEqual(writes, [ 1, 1 ]);
  });

  it('is needed: Engine.IO writes each event separately, with two writes', async () => {
    await serve({}, plainSocketIO);
    const socket = await connect();
    const writes = watchWrites(socket);
    await sendAll(socket, NUMBERS);
    assert.deepEqual(writes, NUMBERS.map(() => 2));
  });

  // Where the header gets longer: 126 and 65536 bytes; where copying ends: 16384. With them go the type and the event.
  for (const limit of [ 126, 16384, 65536 ]) {
    for (const [ kind, make ] of [
      [ 'text', (length: number) => 'a'.repeat(length) ],
      [ 'text of three bytes a character', (length: number) => '你'.repeat(length / 3) ],
      [ 'binary', (length: number) => Buffer.alloc(length, 'b') ],
    ] as const) {
      it(`delivers ${kind} of about ${limit} bytes whole, alone and with others`, async () => {
        await serve({ maxHttpBufferSize: 1e8 });
        const socket = await connect();
        const values = Array.from({ length: 40 }, (_, i) => make(limit - 30 + i));
        for (const value of values.slice(0, 3)) assert.deepEqual(await sendAll(socket, [ value ]), [ value ]);
        assert.deepEqual(await sendAll(socket, values), values);
        assert.deepEqual(await sendAll(server, values), values);
      });
    }
  }

  it('delivers unusual payloads unchanged', async () => {
    await serve();
    const socket = await connect();
    const values = [ '', '😀', 'half \ud83d', '\0', Buffer.alloc(0), { a: Buffer.from('x'), b: [ Buffer.alloc(3) ] }, null, 0, 'end' ];
    assert.deepEqual(await sendAll(socket, values), values);
  });

  for (const event of [ 'packetCreate', 'flush', 'drain' ]) {
    it(`calls a listener of ${event} for every packet, as Engine.IO does`, async () => {
      await serve();
      const socket = await connect();
      let count = 0;
      socket.conn.on(event as 'drain', () => { count += 1; });
      for (const i of NUMBERS) await sendAll(i % 2 ? server : socket, [ i ]);
      assert.equal(count, EVENTS);
      count = 0;
      socket.conn.removeAllListeners(event);
      if (event !== 'packetCreate') server.engine.on(event, () => { count += 1; });
      for (const i of NUMBERS) await sendAll(i % 2 ? server : socket, [ i ]);
      assert.equal(count, event === 'packetCreate' ? 0 : EVENTS);
    });
  }

  it('calls the write callback, as Engine.IO does', async () => {
    await serve();
    const { conn } = await connect();
    await new Promise<void>(resolve => { conn.write('2["value",1]', {}, resolve as never); });
  });

  for (const later of [ 'in the same turn', 'in a later turn' ]) {
    it(`keeps unread packets in the buffer, drops volatile ones ${later}, and delivers the rest`, async () => {
      await serve();
      const socket = await connect();
      const stream = socketStateOf(socket);
      const { _write: write } = stream;
      let go = () => { /* Set below. */ };
      // As if the system took nothing for a while.
      stream._write = (...args) => { go = () => { stream._write = write; write.apply(stream, args); }; };
      const received: unknown[] = [];
      const end = new Promise<void>(resolve => {
        client.on('value', (value: unknown) => { received.push(value); if (value === 'end') resolve(); });
      });
      for (const i of NUMBERS) server.emit('value', i);
      if (later === 'in a later turn') await new Promise(resolve => { setImmediate(resolve); });
      server.volatile.emit('value', 'volatile');
      socket.volatile.emit('value', 'volatile');
      assert.equal((socket.conn as unknown as { writeBuffer: unknown[] }).writeBuffer.length, EVENTS - 1);
      go();
      socket.emit('value', 'end');
      await end;
      assert.deepEqual(received, [ ...NUMBERS, 'end' ]);
    });
  }

  it('keeps the order of emits to one client and to all', async () => {
    await serve();
    const socket = await connect();
    const received: number[] = [];
    const all = new Promise<void>(resolve => {
      client.on('value', (value: number) => { if (received.push(value) === EVENTS) resolve(); });
    });
    for (const i of NUMBERS) (i % 3 === 0 ? server : socket).emit('value', i);
    await all;
    assert.deepEqual(received, NUMBERS);
  });

  it('does not change polling, and works after an upgrade', async () => {
    await serve();
    assert.deepEqual(await sendAll(await connect([ 'polling' ]), NUMBERS), NUMBERS);
    client.disconnect();
    const socket = await connect([ 'polling', 'websocket' ]);
    if (socket.conn.transport.name !== 'websocket') await once(socket.conn as unknown as NodeJS.EventEmitter, 'upgrade');
    const writes = watchWrites(socket);
    assert.deepEqual(await sendAll(socket, NUMBERS), NUMBERS);
    assert.deepEqual(writes, [ 1, 1 ]);
  });

  it('compresses for a client that has negotiated compression', async () => {
    await serve({ perMessageDeflate: { threshold: 0 } });
    const socket = await connect();
    const { bytesWritten } = socketStateOf(socket);
    const values = NUMBERS.map(i => `${i}`.repeat(1000));
    assert.deepEqual(await sendAll(socket, values), values);
    assert.ok(socketStateOf(socket).bytesWritten - bytesWritten < 5000);
  });

  it('writes packets separately with a wsEngine that lacks the needed members', async () => {
    class OtherEngine extends WebSocketServer {
      override handleUpgrade(...[ req, stream, head, callback ]: Parameters<WebSocketServer['handleUpgrade']>): void {
        super.handleUpgrade(req, stream, head, (socket, request) => {
          Object.defineProperty(socket, 'extensions', { value: undefined });
          callback(socket, request);
        });
      }
    }
    await serve({ wsEngine: OtherEngine as unknown as ServerOptions['wsEngine'] });
    const socket = await connect();
    const writes = watchWrites(socket);
    assert.deepEqual(await sendAll(socket, NUMBERS), NUMBERS);
    assert.deepEqual(writes, [ 2, 2 * (EVENTS - 1) ]);
  });

  it('delivers packets that are sent right before a disconnect by the server, and its reason', async () => {
    await serve();
    const socket = await connect();
    const reason = new Promise(resolve => client.once('disconnect', resolve));
    const values = sendAll(socket, NUMBERS);
    socket.disconnect(true);
    assert.deepEqual(await values, NUMBERS);
    assert.equal(await reason, 'io server disconnect');
  });

  it('reports a connection that breaks during a write, as Engine.IO does', async () => {
    await serve();
    const socket = await connect();
    const reason = once(socket, 'disconnect');
    socketStateOf(socket).destroy();
    socket.emit('value', 1);
    assert.match(String((await reason)[0]), /^transport (close|error)$/);
    socket.emit('value', 2);
  });
});
