import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { type EventEmitter, once } from 'node:events';
import { text } from 'node:stream/consumers';
import { useRawClients } from '../support/protocol/clients';
import { type RunningApp, startOnEggServer, startOnOwnPort } from '../support/server';

const STARTS: Record<string, () => Promise<RunningApp>> = {
  "on the server of Egg's worker": () => startOnEggServer('protocol'),
  'on a port of its own': () => startOnOwnPort('protocol', 'PROTOCOL_PORT'),
};

const UPGRADE = 'HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n';

for (const [ where, start ] of Object.entries(STARTS)) {
  describe(`test/protocol/bad_requests.test.ts ${where}`, () => {
    let server: RunningApp;
    before(async () => { server = await start(); });
    after(() => server.stop());
    const raw = useRawClients(() => server.url);

    function openTcp(): Socket {
      return connect(Number(new URL(server.url).port), '127.0.0.1');
    }
    /** Everything that the server answers until it closes the connection. */
    async function answerTo(bytes: string): Promise<string> {
      const socket = openTcp();
      socket.write(bytes);
      return text(socket);
    }

    /** The server's side of a session of Engine.IO. */
    function engineSession(sid: string): EventEmitter | undefined {
      return (server.app.io.engine as unknown as { clients: Record<string, EventEmitter> }).clients[sid];
    }

    afterEach(async () => {
      const socket = await raw.connected();
      socket.send('421["message-with-ack","unharmed"]');
      assert.equal(await socket.next(), '431["unharmed"]');
    });

    it('answers 400 with Connection: close to what is not HTTP, so that a proxy does not reuse the connection for another client', async () => {
      for (const bytes of [ 'no http\r\n\r\n', 'POST /socket.io/ HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n' ]) {
        assert.match(await answerTo(bytes), /^HTTP\/1\.1 400 [^]*\r\nConnection: close\r\n/, bytes);
      }
    });

    it('answers what is not HTTP', async () => {
      assert.match(await answerTo('\x16\x03\x01 this is not HTTP\r\n\r\n'), /^HTTP\/1\.1 400 /);
    });

    it('answers an upgrade without a key', async () => {
      assert.match(await answerTo(`GET /socket.io/?EIO=4&transport=websocket ${UPGRADE}\r\n`), /^HTTP\/1\.1 400 /);
    });

    it('answers an upgrade to another protocol', async () => {
      const request = `GET /socket.io/?EIO=4&transport=websocket ${UPGRADE.replace('websocket', 'smtp').replace('Upgrade\r\n', 'Upgrade, close\r\n')}Sec-WebSocket-Key: a\r\n\r\n`;
      assert.match(await answerTo(request), /^HTTP\/1\.1 400 /);
    });

    it('answers an upgrade of a path that no listener upgrades', async () => {
      assert.match(await answerTo(`GET /elsewhere ${UPGRADE}\r\n`), /^HTTP\/1\.1 404 /);
    });

    for (const query of [
      '?EIO=4&transport=%E0%A4%A', '?EIO=4&transport=polling,websocket', '?EIO[]=4&transport[]=polling', '?__proto__[transport]=polling',
      '?EIO=4&transport=polling&sid=%00', '?EIO=4&transport=polling&sid=../../etc/passwd', `?EIO=4&transport=polling&sid=${'x'.repeat(8000)}`,
    ]) {
      it(`refuses ${query.slice(0, 60)}`, async () => {
        const response = await fetch(raw.address(query));
        assert.equal(response.status, 400);
        assert.equal(typeof (await response.json() as { code: unknown }).code, 'number');
      });
    }

    it('ends the session of a client that disconnects during a POST', async () => {
      const session = await raw.polling();
      const closed = once(engineSession(session.sid)!, 'close');
      const { request } = await session.start('POST', { 'content-length': '100' });
      request.write('42["mess');
      request.destroy();
      await closed;
      await session.assertGone();
    });

    it('ends the session of a client that disappears without a close packet', async () => {
      const socket = await raw.websocket();
      const { sid } = JSON.parse(String(await socket.next()).slice(1));
      const closed = once(engineSession(sid)!, 'close');
      socket.terminate();
      await closed;
      assert.equal(engineSession(sid), undefined);
    });
  });
}
