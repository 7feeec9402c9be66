import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { WebSocket } from 'ws';
import { RawWebSocket } from '../support/protocol/raw_websocket';
import { dial, talk } from '../support/sticky_http';
import { RawOwner } from '../support/sticky_owner';
import { StickySession } from '../support/sticky_session';
import { useStickyCluster } from '../support/sticky_cluster';

const UPGRADE = [ 'Host: x', 'Connection: keep-alive, Upgrade', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==' ];

/** A text frame of a client, masked with zeros. */
function frame(text: string): string {
  return `\x81${String.fromCharCode(0x80 + text.length)}\0\0\0\0${text}`;
}

describe('test/sticky/upgrades.test.ts', () => {
  const t = useStickyCluster();
  const sockets: RawWebSocket[] = [];

  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.terminate();
  });

  async function open(session: StickySession, via = t.b): Promise<RawWebSocket> {
    const socket = await RawWebSocket.open(session.webSocketUrl(via));
    sockets.push(socket);
    return socket;
  }

  /** A session whose WebSocket is relayed, and connected to the main namespace. */
  async function upgraded(): Promise<{ session: StickySession; socket: RawWebSocket }> {
    const session = await StickySession.open(t.a);
    const socket = (await open(session)).send('2probe');
    assert.equal(await socket.next(), '3probe');
    socket.send('5', '40');
    assert.match(String(await socket.next()), /^40/);
    return { session, socket };
  }

  function request(path: string, ...lines: string[]): string {
    return [ `GET ${path.replace('polling', 'websocket')} HTTP/1.1`, ...UPGRADE, ...lines, '', '' ].join('\r\n');
  }

  it('move a session to a WebSocket that has come to another worker', async () => {
    const { session, socket } = await upgraded();
    assert.equal(session.session.transport.name, 'websocket');
    socket.send('421["echo","hello"]', '452-2["echo",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]',
      Buffer.from([ 1, 2 ]), Buffer.alloc(200_000, 7));
    assert.equal(await socket.next(), '431["hello"]');
    assert.deepEqual(await socket.take(3), [
      '462-2[{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]', Buffer.from([ 1, 2 ]), Buffer.alloc(200_000, 7),
    ]);
  });

  it('end an open poll with a noop, wherever it is', async () => {
    const session = await StickySession.open(t.a);
    const poll = session.poll(t.c);
    const socket = (await open(session)).send('2probe');
    assert.equal(await socket.next(), '3probe');
    assert.deepEqual(await poll, [ '6' ]);
  });

  it('lose no frame that arrives with the request', async () => {
    const session = await StickySession.open(t.a);
    const socket = await dial(t.b.port);
    socket.write(request(session.path, 'Upgrade: WebSocket') + frame('2probe') + frame('5') + frame('40'), 'latin1');
    let received = '';
    for await (const chunk of socket) {
      received += String(chunk);
      if (received.includes('40{"sid"')) break;
    }
    assert.match(received, /^HTTP\/1\.1 101 Switching Protocols\r\n[^]*3probe[^]*40\{"sid"/);
  });

  it("pass the client's headers and address to the owner, and no forged ones", async () => {
    const session = await StickySession.open(t.a);
    const socket = await dial(t.b.port);
    const lines = [ 'x-egg-socketio-client: 1 1 6.6.6.6', 'X-Case: 1', 'x-case: 2', 'Upgrade: WebSocket' ];
    socket.write(request(session.path, ...lines) + frame('2probe'), 'latin1');
    await once(socket, 'data');
    const asked = t.a.asked.at(-1)!;
    const { remoteAddress, remotePort, encrypted } = asked.connection as Socket & { encrypted?: boolean };
    assert.deepEqual([ remoteAddress, remotePort, encrypted ], [ '127.0.0.1', socket.localPort, undefined ]);
    assert.deepEqual(asked.rawHeaders, [
      'Host', 'x', 'Sec-WebSocket-Version', '13', 'Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ==', 'X-Case', '1', 'x-case', '2',
      'Connection', 'Upgrade', 'Upgrade', 'websocket',
    ]);
    socket.destroy();
  });

  it('are refused by a living owner as by Engine.IO', async () => {
    const path = `/socket.io/?EIO=4&transport=websocket&sid=x.${t.a.tag}`;
    const [ direct, relayed ] = await Promise.all([ t.a, t.b ].map(({ port }) => talk(port, request(path, 'Upgrade: websocket'))));
    assert.match(relayed, /^HTTP\/1\.1 400 Bad Request\r\n[^]*\r\n\r\nSession ID unknown$/);
    assert.equal(relayed, direct);
    assert.equal(t.a.asked.length, 2);
  });

  for (const sid of [ 'x.dddddddd', 'nobody', `${'x'.repeat(10_000)}.dddddddd`, '../../x.dddddddd', 'x.../../..' ]) {
    it(`are refused as by Engine.IO where there is no owner: '${sid.slice(0, 20)}'`, async () => {
      const { status, body } = await RawWebSocket.refusal(`${t.b.url}/socket.io/?EIO=4&transport=websocket&sid=${sid}`);
      assert.deepEqual([ status, body ], [ 400, 'Session ID unknown' ]);
      assert.deepEqual(t.b.warnings, []);
    });
  }

  it('are refused when the owner has died', async () => {
    const session = await StickySession.open(t.a);
    await t.a.kill();
    assert.deepEqual(await RawWebSocket.refusal(session.webSocketUrl(t.b)), { status: 400, body: 'Session ID unknown' });
  });

  it('to anything but a WebSocket reach the private endpoint, which speaks more than that, as requests only', async () => {
    const arrived: string[] = [];
    const owner = await RawOwner.listen(t.folder, 'rawowner', (connection, data) => {
      arrived.push(data);
      connection.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    });
    const path = '/socket.io/?EIO=4&transport=websocket&sid=x.rawowner';
    const protocols = [ 'egg-socketio-peer', 'h2c', 'websocket, egg-socketio-peer', 'egg-socketio-peer, websocket' ];
    for (const protocol of protocols) {
      assert.match(await talk(t.b.port, request(path, 'Connection: close', `Upgrade: ${protocol}`)), /^HTTP\/1\.1 200 OK\r\n/);
    }
    assert.equal(arrived.length, protocols.length);
    for (const head of arrived) {
      assert.doesNotMatch(head, /upgrade|peer/i);
      assert.match(head, /\r\nConnection: keep-alive\r\n/);
    }
    owner.close();
  });

  it('to anything but a WebSocket are not relayed by the router either', async () => {
    const server = http.createServer();
    server.on('upgrade', (req, socket, head) => t.b.router.upgrade(req, socket, head));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const owner = await RawOwner.listen(t.folder, 'rawowner', () => undefined);
    const path = '/socket.io/?EIO=4&transport=websocket&sid=x.rawowner';
    const { port } = server.address() as AddressInfo;
    for (const protocol of [ 'egg-socketio-peer', 'h2c', 'websocket, egg-socketio-peer' ]) {
      assert.match(await talk(port, request(path, `Upgrade: ${protocol}`)), /^HTTP\/1\.1 400 Bad Request\r\n/);
    }
    assert.deepEqual(owner.connections, []);
    owner.close();
    server.close();
  });

  it('with a header that cannot be forwarded are refused, which is logged once', async () => {
    const session = await StickySession.open(t.a);
    const lenient = http.createServer({ insecureHTTPParser: true });
    lenient.on('upgrade', (req, socket, head) => t.b.router.upgrade(req, socket, head));
    lenient.listen(0, '127.0.0.1');
    await once(lenient, 'listening');
    for (let i = 0; i < 2; i++) {
      const answer = await talk((lenient.address() as AddressInfo).port, request(session.path, 'Upgrade: websocket', 'X-Odd: a\x01b'));
      assert.match(answer, /Session ID unknown$/);
    }
    assert.equal(t.b.warnings.length, 1);
    lenient.close();
  });

  describe('a relayed connection', () => {
    it('ends when its client closes or breaks it', async () => {
      for (const end of [ 'close', 'terminate' ] as const) {
        const { session, socket } = await upgraded();
        const closed = once(session.session, 'close');
        void socket[end]();
        assert.deepEqual((await closed)[0], 'transport close');
      }
    });

    it('ends when its owner closes it, after all packets sent before', async () => {
      const { session, socket } = await upgraded();
      session.session.send('last words');
      session.session.close();
      assert.equal(await socket.next(), '4last words');
      assert.equal(await socket.closed, 1005);
    });

    it('ends when its owner dies', async () => {
      const { socket } = await upgraded();
      await t.a.kill();
      assert.equal(await socket.closed, 1006);
    });

    it('ends when the relaying worker closes', async () => {
      const { session, socket } = await upgraded();
      const closed = once(session.session, 'close');
      t.b.router.close();
      assert.equal(await socket.closed, 1006);
      await closed;
    });

    it('does not begin if its client has left, and the session stays open', async () => {
      const session = await StickySession.open(t.a);
      const answered = once(t.b.publicServer, 'upgrade');
      const client = new WebSocket(session.webSocketUrl(t.b));
      client.on('error', () => undefined);
      const closed = new Promise<void>(resolve => { client.once('close', () => resolve()); });
      const [ , socket ] = await answered as [ unknown, Socket ];
      socket.destroy();
      await closed;
      await session.send(t.b, '40');
    });

    it('waits for an owner that is too busy to accept it', async () => {
      let greeted = 0;
      const owner = await RawOwner.listen(t.folder, 'rawowner', connection => {
        greeted += 1;
        connection.end('hello');
      }, 1);
      const path = '/socket.io/?EIO=4&transport=websocket&sid=x.rawowner';
      const waiting: (() => void)[] = [];
      const server = http.createServer();
      server.on('upgrade', (req, socket, head) => {
        waiting.push(() => t.b.router.upgrade(req, socket, head));
        // All at once, before the owner, in the same process, can take one.
        if (waiting.length === 10) for (const go of waiting) go();
      });
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      const answers = await Promise.all(Array.from({ length: 10 }, () => talk(port, request(path, 'Upgrade: websocket'))));
      assert.deepEqual(answers, Array.from({ length: 10 }, () => 'hello'));
      assert.equal(greeted, 10);
      server.close();
      owner.close();
    });
  });
});
