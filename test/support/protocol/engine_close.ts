import assert from 'node:assert/strict';
import type { RawClients } from './clients';
import type { RawWebSocket } from './raw_websocket';

/** Socket.IO v5 on Engine.IO v4: how a session ends, and what the server makes of it. */
export function engineClose(raw: RawClients): void {
  /** Somebody whom the server tells who has left, and why. */
  async function watcher(): Promise<RawWebSocket> {
    const socket = await raw.connected();
    socket.send('420["watch"]');
    assert.equal(await socket.next(), '430[]');
    return socket;
  }

  /** The reason for which the socket with this id has left; sockets of earlier tests may leave before it. */
  async function reasonOf(watching: RawWebSocket, id: string): Promise<string> {
    for (;;) {
      const [ , left, reason ] = JSON.parse(String(await watching.next()).slice(2));
      if (left === id) return reason;
    }
  }

  function idOf(packet: string | Buffer): string {
    return JSON.parse(String(packet).replace(/^\d+/, '')).sid;
  }

  describe('close', () => {
    it('over HTTP: a close packet ends the session and the pending GET', async () => {
      const session = await raw.polling();
      const poll = await session.start('GET');
      await session.send('1');
      assert.deepEqual(await poll.response, { status: 200, body: '6' });
      await session.assertGone();
    });

    it('over HTTP: a close packet and a GET may be sent at the same time', async () => {
      for (let i = 0; i < 20; i++) {
        const session = await raw.polling();
        const [ packets ] = await Promise.all([ session.poll(), session.send('1') ]);
        assert.deepEqual(packets, [ '6' ]);
        await session.assertGone();
      }
    });

    it('over HTTP: a close packet is a disconnect', async () => {
      const watching = await watcher();
      const session = await raw.polling();
      await session.send('40');
      const [ connect ] = await session.take(2);
      await session.send('1');
      assert.equal(await reasonOf(watching, idOf(connect)), 'transport close');
      await session.assertGone();
    });

    it('over HTTP: a client that aborts its GET is disconnected', async () => {
      const watching = await watcher();
      const session = await raw.polling();
      await session.send('40');
      const [ connect ] = await session.take(2);
      const { request } = await session.start('GET');
      request.destroy();
      assert.equal(await reasonOf(watching, idOf(connect)), 'transport error');
      await session.assertGone();
    });

    it('over HTTP: a client that does not pong is disconnected', async () => {
      const watching = await watcher();
      const session = await raw.polling();
      await session.send('40');
      const [ connect ] = await session.take(2);
      assert.deepEqual(await session.poll(), [ '2' ]);
      assert.equal(await reasonOf(watching, idOf(connect)), 'ping timeout');
      await session.assertGone();
    });

    for (const [ how, end, reason ] of [
      [ 'closes', (socket: RawWebSocket) => { void socket.close(); }, 'transport close' ],
      [ 'breaks off', (socket: RawWebSocket) => socket.terminate(), 'transport close' ],
      [ 'disconnects', (socket: RawWebSocket) => socket.send('41'), 'client namespace disconnect' ],
      [ 'is sent away', (socket: RawWebSocket) => socket.send('42["leave",false]'), 'server namespace disconnect' ],
      [ 'does not keep to Socket.IO', (socket: RawWebSocket) => socket.send('4abc'), 'forced close' ],
      [ 'does not keep to Engine.IO', (socket: RawWebSocket) => socket.send('abc'), 'parse error' ],
    ] as const) {
      it(`over WebSocket: a client that ${how} is disconnected (${reason})`, async () => {
        const watching = await watcher();
        const socket = await raw.websocket();
        await socket.next();
        socket.send('40');
        const [ connect ] = await socket.take(2);
        end(socket);
        assert.equal(await reasonOf(watching, idOf(connect)), reason);
      });
    }

    it('over WebSocket: the session of a disconnected client is unknown', async () => {
      const watching = await watcher();
      const socket = await raw.websocket();
      const sessionId = idOf(await socket.next());
      socket.send('40');
      const [ connect ] = await socket.take(2);
      await socket.close();
      await reasonOf(watching, idOf(connect));
      const response = await fetch(raw.address(`?EIO=4&transport=polling&sid=${sessionId}`));
      assert.deepEqual(await response.json(), { code: 1, message: 'Session ID unknown' });
    });

    it('a disconnect from one namespace keeps the other namespaces connected', async () => {
      const watching = await watcher();
      const socket = await raw.websocket();
      await socket.next();
      socket.send('40');
      const [ main ] = await socket.take(2);
      socket.send('40/custom,');
      await socket.take(2);
      socket.send('41/custom,', '421["message-with-ack"]');
      assert.equal(await socket.next(), '431[]');
      socket.terminate();
      assert.equal(await reasonOf(watching, idOf(main)), 'transport close');
    });
  });
}
