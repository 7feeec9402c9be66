import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { createServer, type Server as HttpServer } from 'node:http';
import { type AddressInfo, connect, type Socket as TcpSocket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { Server, type ServerOptions } from 'socket.io';
import { WebSocketServer } from 'ws';
import { createServer as createSocketIO } from '../../lib/boot/engine';

const REQUEST = [
  'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1', 'Host: localhost', 'Connection: Upgrade', 'Upgrade: websocket',
  'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', '', '',
];

/** Socket.IO with Engine.IO's own server. */
const plainSocketIO = (http: HttpServer, options: Partial<ServerOptions>): Server => new Server(http, options);

describe('test/handshake/refused_upgrade.test.ts', () => {
  let http: HttpServer;
  let server: Server;
  let client: TcpSocket;

  async function serve(wsEngine: object, options: Partial<ServerOptions> = {}, create = plainSocketIO): Promise<void> {
    http = createServer();
    server = create(http, { ...options, wsEngine });
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
  }

  /** Asks for a WebSocket; resolves with what has come once `end` is part of it. */
  async function ask(request: string[], end: string): Promise<string> {
    client = connect((http.address() as AddressInfo).port, '127.0.0.1');
    client.write(request.join('\r\n'));
    let text = '';
    for await (const chunk of client) {
      text += String(chunk);
      if (text.includes(end)) break;
    }
    return text;
  }

  afterEach(async () => {
    client.destroy();
    await server.close();
  });

  it('passes on why ws refuses a client', async () => {
    await serve(WebSocketServer);
    const text = await ask(REQUEST.map(line => line.replace('Version: 13', 'Version: 99')), 'Sec-WebSocket-Version');
    assert.match(text, /^HTTP\/1\.1 (400|426) /);
  });

  it('completes the WebSocket handshake of a client of another protocol before Engine.IO closes it', async () => {
    await serve(WebSocketServer);
    assert.match(await ask(REQUEST.map(line => line.replace('EIO=4', 'EIO=3')), '101'), /^HTTP\/1\.1 101 /);
  });

  it('passes on why Engine.IO refuses a client', async () => {
    await serve(WebSocketServer, { allowRequest: (_req, callback) => callback('not you', false) });
    assert.match(await ask(REQUEST, 'not you'), /^HTTP\/1\.1 400 /);
  });

  it('a client that is refused while it still sends gets the response, and its connection is not reset', async () => {
    const requests = new EventEmitter();
    await serve(WebSocketServer, { allowRequest: (...request) => requests.emit('request', ...request) }, createSocketIO);
    const asked = once(requests, 'request') as Promise<Parameters<NonNullable<ServerOptions['allowRequest']>>>;
    client = connect({ port: (http.address() as AddressInfo).port, host: '127.0.0.1', allowHalfOpen: true });
    client.write(REQUEST.join('\r\n'));
    const [{ socket: accepted }, decide ] = await asked;
    const sent = new Promise<Error | null | undefined>(resolve => { client.write(Buffer.alloc(16 * 1024 * 1024), resolve); });
    // Nobody reads before the decision, and the system does not take all of it.
    while (accepted.readableLength < accepted.readableHighWaterMark) await setImmediate();
    decide('not you', false);
    let text = '';
    client.on('data', chunk => { text += String(chunk); });
    await once(client, 'end');
    assert.match(text, /^HTTP\/1\.1 400 Bad Request\r\n[^]*\r\n\r\nnot you$/);
    assert.ok(!await sent);
    client.end();
    if (!accepted.destroyed) await once(accepted, 'close');
  });
});
