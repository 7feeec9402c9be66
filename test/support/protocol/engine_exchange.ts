import assert from 'node:assert/strict';
import type { RawClients } from './clients';

/** Engine.IO v4: packets in a session, and how a session ends. */
export function engineExchange(raw: RawClients): void {
  const connected = async () => (await raw.polling()).connect();

  describe('packets over HTTP', () => {
    it('accepts a packet in a POST, and sends the answer in a GET', async () => {
      const session = await raw.polling();
      await session.send('40');
      const [ connect, auth ] = await session.take(2);
      assert.match(connect, /^40\{"sid":"[^"]+"\}$/);
      assert.equal(auth, '42["auth",{}]');
    });

    it('holds a GET open until there is a packet', async () => {
      const session = await connected();
      const poll = session.take(1);
      await session.send('42["message","late"]');
      assert.deepEqual(await poll, [ '42["message-back","late"]' ]);
    });

    it('accepts several packets in one POST, in order', async () => {
      const session = await connected();
      await session.send('42["message",1]', '42["message",2]', '42["message",3]');
      assert.deepEqual(await session.take(3), [ '42["message-back",1]', '42["message-back",2]', '42["message-back",3]' ]);
    });

    it('transports binary data in base64', async () => {
      const session = await connected();
      await session.send('451-["message",{"_placeholder":true,"num":0}]', 'bAQIDBA==');
      assert.deepEqual(await session.take(2), [ '451-["message-back",{"_placeholder":true,"num":0}]', 'bAQIDBA==' ]);
    });

    it('transports characters beyond ASCII', async () => {
      const session = await connected();
      await session.send('42["message","你好 €🦄"]');
      assert.deepEqual(await session.take(1), [ '42["message-back","你好 €🦄"]' ]);
    });

    for (const [ what, packet ] of [[ 'an unknown packet type', 'abc' ], [ 'an empty body', '' ], [ 'a ping of the client', '2' ]]) {
      it(`closes the session after ${what}`, async () => {
        const session = await raw.polling();
        // The server may break the request off instead of answering it.
        await session.push(packet).catch(() => undefined);
        await session.assertGone();
      });
    }

    it('refuses a binary body and closes the session', async () => {
      const session = await raw.polling();
      const response = await fetch(session.url, {
        method: 'POST', body: '40', headers: { 'content-type': 'application/octet-stream' },
      });
      assert.equal(response.status, 400);
      await session.assertGone();
    });

    it('refuses a body above the announced limit', async () => {
      const session = await raw.polling();
      const response = await session.push(`42["message","${'x'.repeat(100_000)}"]`);
      assert.equal(response.status, 413);
    });

    it('refuses a second GET during a pending one, and closes the session', async () => {
      const session = await raw.polling();
      const first = await session.start('GET');
      const second = fetch(session.url).then(async answer => ({ status: answer.status, body: await answer.text() }));
      // Among workers, the second may come to that of the session before the first does.
      const [ closed, refused ] = (await Promise.all([ first.response, second ])).sort((a, b) => a.status - b.status);
      assert.deepEqual(closed, { status: 200, body: '1' });
      assert.equal(refused.status, 400);
      await session.assertGone();
    });

    it('refuses a second POST during an unfinished one, and closes the session', async () => {
      const session = await raw.polling();
      const { request, response } = await session.start('POST', { 'content-length': '2' });
      assert.equal((await session.push('40')).status, 400);
      // The server breaks it off, or answers what it gets of it.
      request.end('40');
      await response.catch(() => undefined);
      await session.assertGone();
    });
  });

  describe('packets over WebSocket', () => {
    it('transports packets in both directions, one per frame', async () => {
      const socket = await raw.connected();
      socket.send('42["message",1]', '42["message","你好 €🦄"]');
      assert.deepEqual(await socket.take(2), [ '42["message-back",1]', '42["message-back","你好 €🦄"]' ]);
    });

    for (const [ what, packet ] of [[ 'an unknown packet type', 'abc' ], [ 'an empty frame', '' ], [ 'a ping of the client', '2' ]]) {
      it(`closes the connection after ${what}`, async () => {
        const socket = await raw.connected();
        socket.send(packet, '42["message","too late"]');
        await assert.rejects(socket.next(), /^Error: closed/);
      });
    }

    it('closes the connection after a frame above the announced limit', async () => {
      const socket = await raw.connected();
      socket.send(`42["message","${'x'.repeat(100_000)}"]`);
      assert.equal(await socket.closed, 1009);
    });
  });
}
