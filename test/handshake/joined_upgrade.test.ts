import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server as HttpServer } from 'node:http';
import { type AddressInfo, connect, type Socket as TcpSocket } from 'node:net';
import { Server, type ServerOptions } from 'socket.io';
import { type WebSocket, WebSocketServer } from 'ws';
import { CorkedUpgradeServer } from '../../lib/internals/corked_upgrade';
import { dropUpgradeErrorListener } from '../../lib/internals/upgrade_error_listener';

const REQUEST = [
  'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1', 'Host: localhost', 'Connection: Upgrade', 'Upgrade: websocket',
  'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', '', '',
];

describe('test/handshake/joined_upgrade.test.ts', () => {
  let http: HttpServer;
  let server: Server;
  let client: TcpSocket;
  let writes: number[];

  async function serve(wsEngine: object, options: Partial<ServerOptions> = {}): Promise<void> {
    http = createServer();
    server = new Server(http, { ...options, wsEngine: wsEngine as ServerOptions['wsEngine'] });
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    writes = [];
    http.on('connection', (socket: TcpSocket) => {
      const { _write: write, _writev: writev } = socket;
      socket._write = (...args) => { writes.push(1); write.apply(socket, args); };
      socket._writev = (...args) => { writes.push(args[0].length); writev!.apply(socket, args); };
    });
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

  it('writes the response and the first packet with one write', async () => {
    await serve(CorkedUpgradeServer);
    const text = await ask(REQUEST, 'maxPayload');
    assert.match(text, /^HTTP\/1\.1 101 /);
    assert.equal(writes.length, 1);
  });

  it('is needed: ws alone writes them separately', async () => {
    await serve(WebSocketServer);
    await ask(REQUEST, 'maxPayload');
    assert.equal(writes.length, 2);
  });

  it('passes on why ws refuses a client', async () => {
    await serve(CorkedUpgradeServer);
    const text = await ask(REQUEST.map(line => line.replace('Version: 13', 'Version: 99')), 'Sec-WebSocket-Version');
    assert.match(text, /^HTTP\/1\.1 (400|426) /);
  });

  it('completes the WebSocket handshake of a client of another protocol before Engine.IO closes it', async () => {
    await serve(CorkedUpgradeServer);
    assert.match(await ask(REQUEST.map(line => line.replace('EIO=4', 'EIO=3')), '101'), /^HTTP\/1\.1 101 /);
  });

  it('passes on why Engine.IO refuses a client', async () => {
    await serve(CorkedUpgradeServer, { allowRequest: (_req, callback) => callback('not you', false) });
    assert.match(await ask(REQUEST, 'not you'), /^HTTP\/1\.1 400 /);
  });

  for (const drop of [ true, false ]) {
    it(drop ? "takes Engine.IO's listener for early errors away once the transport listens" : 'is of use: Engine.IO leaves it', async () => {
      await serve(CorkedUpgradeServer);
      if (drop) dropUpgradeErrorListener(server.engine);
      const session = once(server.engine, 'connection');
      await ask(REQUEST, 'maxPayload');
      const [{ transport }] = await session as [{ transport: { socket: WebSocket } }];
      const names = transport.socket.listeners('error').map(({ name }) => name);
      assert.equal(names.includes('onUpgradeError'), !drop);
      assert.ok(names.length >= 1, 'nobody listens to errors');
    });
  }
});
