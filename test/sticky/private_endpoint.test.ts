import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import { connect } from 'node:net';
import { parseClient } from '../../lib/routing/client_address';
import { PRIVATE_SERVER_OPTIONS, PrivateEndpoint } from '../../lib/routing/private_endpoint';
import { begin, drain } from '../support/sticky_http';
import { StickySession } from '../support/sticky_session';
import { useStickyCluster } from '../support/sticky_cluster';

const POLLING = '/socket.io/?EIO=4&transport=polling';
const REFUSED = /^HTTP\/1\.1 400 Bad Request\r\n[^]*\r\n\r\n$/;
const CLIENT = 'x-egg-socketio-client: 0 1234 1.2.3.4 5';

describe('test/sticky/private_endpoint.test.ts', () => {
  const t = useStickyCluster();

  /** Speaks to a private endpoint as no worker does. */
  async function whisper(bytes: string): Promise<string> {
    const socket = connect(t.a.privatePath);
    socket.write(bytes, 'latin1');
    return drain(socket);
  }

  describe('parseClient()', () => {
    for (const [ value, client ] of [
      [ '0 1234 1.2.3.4 5', { address: '1.2.3.4', port: 1234, encrypted: false, arrivedAt: 5 }],
      [ '1 1 ::ffff:1.2.3.4 0', { address: '::ffff:1.2.3.4', port: 1, encrypted: true, arrivedAt: 0 }],
      [ '0 80 fe80::1%eth0 12', { address: 'fe80::1%eth0', port: 80, encrypted: false, arrivedAt: 12 }],
      [ '0 - - 1', { address: undefined, port: undefined, encrypted: false, arrivedAt: 1 }],
    ] as const) {
      it(`reads '${value}'`, () => assert.deepEqual(parseClient(value), client));
    }

    for (const value of [
      undefined, '', '0', '0 1 1.2.3.4', '2 1 1.2.3.4 1', '0 1 nobody 1', '0 123456 1.2.3.4 1', '0 1 1.2.3.4 1 ', '0 1  1.2.3.4 1', '0 1 1.2.3.4 1\n',
      '0 1 1.2.3.4 x', `0 1 ${'1'.repeat(10_000)} 1`,
    ]) {
      it(`refuses ${JSON.stringify(value?.slice(0, 20))}`, () => assert.equal(parseClient(value), undefined));
    }
  });

  it('gives each request the address of its own client, also if requests share a connection or overlap', async () => {
    const sessions = await Promise.all([ 1, 2, 3 ].map(() => StickySession.open(t.a)));
    const polls = await Promise.all(sessions.map((session, i) => begin(session.url(t.b), { localAddress: `127.0.0.${i + 1}` })));
    const asked = t.a.asked.slice(-3);
    const seen = () => asked.map(({ socket, url }) => [ url!.slice(-29), socket.remoteAddress ]).sort();
    const expected = sessions.map(({ path }, i) => [ path.slice(-29), `127.0.0.${i + 1}` ]).sort();
    assert.deepEqual(seen(), expected);
    for (const session of sessions) await session.send(t.a, '40');
    for (const { answer } of polls) assert.match((await answer).body, /^40/);
    for (const session of sessions) await session.send(t.b, '41');
    assert.deepEqual(seen(), expected);
  });

  it('does not close idle connections itself', async () => {
    const session = await StickySession.open(t.a);
    const { headers } = await new Promise<http.IncomingMessage>((resolve, reject) => {
      const [ name, value ] = CLIENT.split(': ');
      const request = http.request({ socketPath: t.a.privatePath, path: session.path, headers: [ name, value, 'Connection', 'keep-alive' ] });
      request.once('response', resolve).once('error', reject).end();
      void session.send(t.a, '40');
    });
    // With a limit, the server would announce it here.
    assert.deepEqual([ headers.connection, headers['keep-alive'] ], [ 'keep-alive', undefined ]);
    assert.equal(t.a.privateServer.keepAliveTimeout, 0);
  });

  describe('refuses and says so once', () => {
    for (const [ what, bytes ] of [
      [ 'garbage', 'garbage\r\n\r\n' ],
      [ 'binary garbage', '\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03' ],
      [ 'a request without a client', `GET ${POLLING} HTTP/1.1\r\nHost: x\r\n\r\n` ],
      [ 'a request whose client does not come first', `GET ${POLLING} HTTP/1.1\r\nHost: x\r\n${CLIENT}\r\n\r\n` ],
      [ 'a request with a client of another form', `GET ${POLLING} HTTP/1.1\r\nX-Egg-SocketIO-Client: 0 1234 1.2.3.4 5\r\nHost: x\r\n\r\n` ],
      [ 'a request with a client that is none', `GET ${POLLING} HTTP/1.1\r\nx-egg-socketio-client: me\r\nHost: x\r\n\r\n` ],
      [ 'a request that has become none on its way', `GET ${POLLING} HTTP/1.1\r\n${CLIENT}\r\nUpgrade: websocket\r\n\r\n` ],
      [ 'an upgrade without a client', `GET ${POLLING} HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n` ],
    ]) {
      it(what, async () => {
        for (let i = 0; i < 3; i++) assert.match(await whisper(bytes), REFUSED);
        assert.equal(t.a.warnings.length, 1);
        assert.equal(t.a.asked.length, 0);
        const session = await StickySession.open(t.a);
        await session.connect(t.b);
      });
    }

    it('refuses a request head without an end', async () => {
      const socket = connect(t.a.privatePath);
      socket.on('error', () => undefined);
      const closed = new Promise(resolve => socket.once('close', resolve));
      socket.write(`GET ${POLLING} HTTP/1.1\r\nX-Long: `);
      const more = () => { while (socket.write('x'.repeat(10_000))); };
      socket.on('drain', more);
      more();
      socket.resume();
      await closed;
      assert.equal(t.a.warnings.length, 1);
    });
  });

  it('does not handle upgrades for other listeners', async () => {
    const server = http.createServer(PRIVATE_SERVER_OPTIONS);
    const nothing = { request: () => assert.fail(), upgrade: () => assert.fail() };
    new PrivateEndpoint(nothing, console).attach(server, req => req.headers.upgrade === 'other');
    server.on('upgrade', (req, socket) => { if (req.headers.upgrade === 'other') socket.end('hello'); });
    server.listen(`${t.folder}/other.sock`);
    await once(server, 'listening');
    const socket = connect(`${t.folder}/other.sock`);
    socket.write('GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n');
    assert.equal(await drain(socket), 'hello');
    server.close();
  });
});
