import assert from 'node:assert/strict';
import type { RawClients } from './clients';
import type { PollingSession } from './polling_session';
import type { RawWebSocket } from './raw_websocket';

/** Engine.IO v4: a session moves from HTTP to WebSocket. */
export function engineUpgrade(raw: RawClients): void {
  async function upgraded(session: PollingSession): Promise<RawWebSocket> {
    const socket = await raw.upgrade(session);
    socket.send('2probe');
    assert.equal(await socket.next(), '3probe');
    return socket.send('5');
  }

  describe('upgrade', () => {
    it('upgrades a session, which continues over the WebSocket', async () => {
      const session = await raw.polling();
      const socket = await upgraded(session);
      socket.send('40');
      assert.match(String(await socket.next()), /^40\{"sid":/);
      assert.equal(await socket.next(), '42["auth",{}]');
      socket.send('42["message","hello"]');
      assert.equal(await socket.next(), '42["message-back","hello"]');
    });

    it('keeps the Socket.IO connection that was made before', async () => {
      const session = await (await raw.polling()).connect();
      const socket = await upgraded(session);
      socket.send('421["message-with-ack","still here"]');
      assert.equal(await socket.next(), '431["still here"]');
    });

    it('sends packets that were not polled over the WebSocket', async () => {
      const session = await (await raw.polling()).connect();
      await session.send('42["message","unpolled"]');
      const socket = await upgraded(session);
      assert.equal(await socket.next(), '42["message-back","unpolled"]');
    });

    it('ends a pending GET with a noop', async () => {
      const session = await raw.polling();
      const poll = await session.start('GET');
      const socket = await raw.upgrade(session);
      socket.send('2probe');
      assert.equal(await socket.next(), '3probe');
      assert.deepEqual(await poll.response, { status: 200, body: '6' });
      socket.send('5', '40');
      assert.match(String(await socket.next()), /^40\{"sid":/);
    });

    it('refuses GET and POST for an upgraded session', async () => {
      const session = await raw.polling();
      const socket = await upgraded(session);
      socket.send('40');
      await socket.take(2);
      for (const method of [ 'GET', 'POST' ]) {
        const response = await fetch(session.url, { method });
        assert.deepEqual([ response.status, await response.json() ], [ 400, { code: 3, message: 'Bad request' }], method);
      }
      socket.send('42["message","unharmed"]');
      assert.equal(await socket.next(), '42["message-back","unharmed"]');
    });

    it('refuses a second WebSocket for an upgraded session', async () => {
      const session = await raw.polling();
      const socket = await upgraded(session);
      socket.send('40');
      await socket.take(2);
      const second = await raw.upgrade(session);
      await second.closed;
      socket.send('42["message","unharmed"]');
      assert.equal(await socket.next(), '42["message-back","unharmed"]');
    });

    for (const packet of [ '4probe', '2', 'abc' ]) {
      it(`closes a WebSocket that probes with '${packet}', and keeps the session on HTTP`, async () => {
        const session = await raw.polling();
        const socket = await raw.upgrade(session);
        socket.send(packet);
        await socket.closed;
        await session.connect();
        await session.send('42["message","still polling"]');
        assert.deepEqual(await session.take(1), [ '42["message-back","still polling"]' ]);
      });
    }

    it('keeps the session on HTTP if the WebSocket breaks after its probe', async () => {
      const session = await raw.polling();
      const socket = await raw.upgrade(session);
      socket.send('2probe');
      assert.equal(await socket.next(), '3probe');
      socket.terminate();
      await session.connect();
      await session.send('42["message","still polling"]');
      assert.deepEqual(await session.take(1), [ '42["message-back","still polling"]' ]);
    });
  });
}
