import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo, Socket as TcpSocket } from 'node:net';
import { Server, type Socket } from 'socket.io';
import { io, type Socket as ClientSocket } from 'socket.io-client';
import { corkFlushes } from '../../lib/handshake/corked_flush';

const EVENTS = 20;

/** Counts how often a connection gives something to the system. */
function countWrites(socket: Socket): () => number {
  const stream = (socket.conn.transport as unknown as { socket: { _socket: TcpSocket } }).socket._socket;
  const { _write: write, _writev: writev } = stream;
  let count = 0;
  stream._write = function(...args) {
    count++;
    write.apply(stream, args);
  };
  stream._writev = function(...args) {
    count++;
    writev!.apply(stream, args);
  };
  return () => count;
}

describe('test/handshake/corked_flush.test.ts', () => {
  let http: HttpServer;
  let server: Server;
  let client: ClientSocket;

  async function connect(transports: string[]): Promise<Socket> {
    const connected = once(server, 'connection');
    client = io(`http://127.0.0.1:${(http.address() as AddressInfo).port}`, { transports, reconnection: false });
    return (await connected)[0] as Socket;
  }

  /** Emits several events at once; resolves with their numbers when all have come. */
  function emitMany(socket: Socket, from = 0): Promise<number[]> {
    const numbers: number[] = [];
    return new Promise(resolve => {
      client.off('event').on('event', (number: number) => {
        if (numbers.push(number) === EVENTS) resolve(numbers);
      });
      for (let i = 0; i < EVENTS; i++) socket.emit('event', from + i);
    });
  }

  beforeEach(async () => {
    http = createServer().listen(0, '127.0.0.1');
    await once(http, 'listening');
    server = new Server(http);
  });
  afterEach(async () => {
    client.disconnect();
    await server.close();
  });

  const NUMBERS = Array.from({ length: EVENTS }, (_, i) => i);

  it('has what is emitted at once written in two pieces: the first event, and the others', async () => {
    corkFlushes(server.engine);
    const socket = await connect([ 'websocket' ]);
    const writes = countWrites(socket);
    assert.deepEqual(await emitMany(socket), NUMBERS);
    assert.equal(writes(), 2);
  });

  it('is of use: Engine.IO writes each by itself', async () => {
    const socket = await connect([ 'websocket' ]);
    const writes = countWrites(socket);
    await emitMany(socket);
    assert.equal(writes(), EVENTS);
  });

  it('leaves polling as it is', async () => {
    corkFlushes(server.engine);
    assert.deepEqual(await emitMany(await connect([ 'polling' ])), NUMBERS);
  });

  it('does not keep a connection corked whose transport has thrown', async () => {
    corkFlushes(server.engine);
    const socket = await connect([ 'websocket' ]);
    await emitMany(socket);
    server.engine.emit('flush', socket.conn, [ 1, 2 ]);
    assert.deepEqual(await emitMany(socket, EVENTS), NUMBERS.map(i => EVENTS + i));
  });
});
