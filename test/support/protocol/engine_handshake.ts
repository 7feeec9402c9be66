import assert from 'node:assert/strict';
import { PollingSession } from './polling_session';
import { RawWebSocket } from './raw_websocket';
import type { RawClients } from './clients';

/** What the fixture's config says, and the server has to tell its clients. */
const ANNOUNCED = { pingInterval: 1600, pingTimeout: 1200, maxPayload: 100_000 };

/** Engine.IO v4: how a session begins, and how the server refuses to begin one. */
export function engineHandshake(raw: RawClients): void {
  async function refusal(query: string, init?: RequestInit): Promise<unknown[]> {
    const response = await fetch(raw.address(query), init);
    return [ response.status, await response.json() ];
  }

  describe('handshake over HTTP', () => {
    it('opens a session', async () => {
      const response = await fetch(raw.address('?EIO=4&transport=polling'));
      const body = await response.text();
      assert.equal(response.status, 200);
      assert.equal(response.headers.get('content-type'), 'text/plain; charset=UTF-8');
      assert.equal(body[0], '0');
      const { sid, ...rest } = JSON.parse(body.slice(1));
      assert.match(sid, /^\S+$/);
      assert.deepEqual(rest, { upgrades: [ 'websocket' ], ...ANNOUNCED });
    });

    it('gives each session its own id', async () => {
      const sessions = await Promise.all([ raw.polling(), raw.polling() ]);
      assert.notEqual(sessions[0].sid, sessions[1].sid);
    });

    for (const query of [ '?transport=polling', '?EIO=abc&transport=polling', '?EIO=3&transport=polling' ]) {
      it(`refuses the protocol version of ${query}`, async () => {
        assert.deepEqual(await refusal(query), [ 400, { code: 5, message: 'Unsupported protocol version' }]);
      });
    }

    for (const query of [ '', '?EIO=4', '?EIO=4&transport=abc', '?EIO=4&transport=constructor' ]) {
      it(`refuses the transport of '${query}'`, async () => {
        assert.deepEqual(await refusal(query), [ 400, { code: 0, message: 'Transport unknown' }]);
      });
    }

    for (const sid of [ 'nobody', '__proto__', 'toString' ]) {
      it(`refuses the unknown session id '${sid}', whatever the method`, async () => {
        for (const method of [ 'GET', 'POST' ]) {
          assert.deepEqual(await refusal(`?EIO=4&transport=polling&sid=${sid}`, { method }),
            [ 400, { code: 1, message: 'Session ID unknown' }], method);
        }
      });
    }

    for (const method of [ 'POST', 'PUT', 'DELETE' ]) {
      it(`refuses ${method} without a session`, async () => {
        assert.deepEqual(await refusal('?EIO=4&transport=polling', { method }), [ 400, { code: 2, message: 'Bad handshake method' }]);
      });
    }

    it('refuses the WebSocket transport in a plain request', async () => {
      assert.deepEqual(await refusal('?EIO=4&transport=websocket'), [ 400, { code: 3, message: 'Bad request' }]);
    });

    it('answers an unsupported method with an error, and keeps the session', async () => {
      const session = await raw.polling();
      const response = await fetch(session.url, { method: 'PUT', body: '40' });
      assert.equal(response.status, 500);
      await session.send('40');
      await session.take(2);
    });
  });

  describe('handshake over WebSocket', () => {
    it('opens a session', async () => {
      const socket = await raw.websocket();
      const packet = String(await socket.next());
      assert.equal(packet[0], '0');
      const { sid, ...rest } = JSON.parse(packet.slice(1));
      assert.match(sid, /^\S+$/);
      assert.deepEqual(rest, { upgrades: [], ...ANNOUNCED });
    });

    for (const query of [ '?transport=websocket', '?EIO=abc&transport=websocket' ]) {
      it(`closes a connection with the protocol version of ${query}`, async () => {
        const socket = await raw.websocket({ query });
        await assert.rejects(socket.next(), /^Error: closed/);
      });
    }

    for (const query of [ '?EIO=4', '?EIO=4&transport=abc' ]) {
      it(`refuses the transport of ${query}`, async () => {
        assert.deepEqual(await RawWebSocket.refusal(raw.address(query)), { status: 400, body: 'Transport unknown' });
      });
    }

    it('refuses an unknown session id', async () => {
      assert.deepEqual(await RawWebSocket.refusal(raw.address('?EIO=4&transport=websocket&sid=nobody')),
        { status: 400, body: 'Session ID unknown' });
    });

    it('closes a WebSocket with the polling transport', async () => {
      const socket = await raw.websocket({ query: '?EIO=4&transport=polling' });
      await assert.rejects(socket.next(), /^Error: closed/);
    });
  });

  describe('heartbeat', () => {
    it('over HTTP: the server pings, and keeps a session that pongs', async () => {
      const session = await PollingSession.open(raw.address());
      await session.send('40');
      assert.equal((await session.take(2)).length, 2);
      for (let round = 0; round < 2; round++) {
        assert.deepEqual(await session.poll(), [ '2' ]);
        await session.send('3');
      }
    });

    it('over HTTP: a session that does not pong is closed', async () => {
      const session = await raw.polling();
      assert.deepEqual(await session.poll(), [ '2' ]);
      assert.deepEqual(await session.poll(), [ '1' ]);
      await session.assertGone();
    });

    it('over WebSocket: the server pings, and keeps a session that pongs', async () => {
      const socket = await raw.websocket({ answersPings: false });
      await socket.next();
      socket.send('40');
      await socket.take(2);
      for (let round = 0; round < 2; round++) {
        assert.equal(await socket.next(), '2');
        socket.send('3');
      }
    });

    it('over WebSocket: a session that does not pong is closed', async () => {
      const socket = await raw.websocket({ answersPings: false });
      await socket.next();
      assert.equal(await socket.next(), '2');
      await socket.closed;
    });
  });
}
