import assert from 'node:assert/strict';
import { once } from 'node:events';
import { SocketIOTestClient } from 'egg-socketio/mock';
import { type AppUnderTest, useApp } from '../support/app';

/** Where a client finds the app: where another one has found it. */
async function addressOf(t: AppUnderTest): Promise<{ port: string; path: string }> {
  const { opts } = (await t.connect()).socket.io as unknown as { opts: { port: string; path: string } };
  return { port: opts.port, path: opts.path };
}

describe('test/mock/messages.test.ts', () => {
  const t = useApp('reference_client');

  describe('send() and emit()', () => {
    for (const method of [ 'send', 'emit' ] as const) {
      it(`${method}() sends an event with its arguments`, async () => {
        const client = await t.connect();
        client[method]('say', 'answer', 1, 'two', Buffer.from('three'));
        assert.deepEqual(await client.next('answer'), [ 1, 'two', Buffer.from('three') ]);
      });

      it(`${method}() takes an ack function`, async () => {
        const client = await t.connect();
        const acked = await new Promise(resolve => { client[method]('acks with two', (...args: unknown[]) => resolve(args)); });
        assert.deepEqual(acked, [ 'first', 'second' ]);
      });
    }
  });

  describe('sendWithAck()', () => {
    it('resolves to what the server acks', async () => {
      const client = await t.connect();
      assert.deepEqual(await client.sendWithAck('echo', { a: [ 1 ] }), { a: [ 1 ] });
      assert.deepEqual(await client.sendWithAck('echo', 1, 2), [ 1, 2 ]);
      assert.equal(await client.sendWithAck('echo'), undefined);
      assert.equal(await client.sendWithAck('acks with two'), 'first');
    });

    it('rejects after its time-out, and names the event that it waited for', async () => {
      const client = await t.connect({ waitTimeout: 400 });
      await assert.rejects(client.sendWithAck('never acks'), { message: "no ack for 'never acks' within 400 ms" });
    });

    it('distinguishes a disconnect from a time-out', async () => {
      const client = await t.connect();
      await assert.rejects(client.sendWithAck('never acks and leaves'), /^Error: no ack for 'never acks and leaves': .*disconnected/);
    });
  });

  describe('next()', () => {
    it('resolves to an event that arrives later', async () => {
      const client = await t.connect();
      const coming = client.next('answer');
      client.send('say', 'answer', 'later');
      assert.deepEqual(await coming, [ 'later' ]);
    });

    it('resolves to an event that has already arrived', async () => {
      const client = await t.connect();
      client.send('say', 'answer', 'before');
      await client.sendWithAck('echo');
      assert.deepEqual(client.pending, [{ event: 'answer', args: [ 'before' ] }]);
      assert.deepEqual(await client.next('answer'), [ 'before' ]);
      assert.deepEqual(client.pending, []);
    });

    it('returns each event once, oldest first, and keeps other events', async () => {
      const client = await t.connect();
      client.send('say', 'a', 1).send('say', 'b', 2).send('say', 'a', 3);
      assert.deepEqual(await Promise.all([ client.next('a'), client.next('a') ]), [[ 1 ], [ 3 ]]);
      assert.deepEqual(client.pending, [{ event: 'b', args: [ 2 ] }]);
      client.send('say', 'a', 4);
      assert.deepEqual(await client.next('a'), [ 4 ]);
    });

    it('rejects after its time-out, and lists the events that arrived instead', async () => {
      const client = await t.connect();
      client.send('say', 'other', 1).send('say', 'other', 2).send('say', 'third');
      await client.sendWithAck('echo');
      await assert.rejects(client.next('answer', 20),
        { message: "no event 'answer': none within 20 ms; arrived and not taken: 'other' [ 1 ], 'other' [ 2 ], 'third' []" });
    });

    it('says that no event has arrived', async () => {
      const client = await t.connect({ waitTimeout: 400 });
      await assert.rejects(client.next('answer'), { message: "no event 'answer': none within 400 ms; nothing else arrived" });
    });

    it('lists the events that were taken before', async () => {
      const client = await t.connect();
      client.send('say', 'answer', 1);
      await client.next('answer');
      await assert.rejects(client.next('answer', 20),
        { message: "no event 'answer': none within 20 ms; nothing else arrived; taken before: 'answer'" });
    });

    it('shortens a long list of arrived events', async () => {
      const client = await t.connect();
      for (let i = 0; i < 12; i++) client.send('say', 'other', 'x'.repeat(1000));
      await client.sendWithAck('echo');
      const { message } = await client.next('answer', 20).catch((error: Error) => error) as Error;
      assert.match(message, /'other' \[ 'x{100,}…, .* 2 more$/);
      assert.ok(message.length < 3000);
    });

    it('rejects at once if the server has disconnected the client', async () => {
      const client = await t.connect();
      client.send('say', 'other', 1);
      const coming = client.next('answer');
      client.send('never acks and leaves');
      await assert.rejects(coming, /^Error: no event 'answer': the client was disconnected \((io server disconnect|transport close)\); arrived and not taken: 'other' \[ 1 \]$/);
      await assert.rejects(client.next('answer'), /the client was disconnected/);
      assert.deepEqual(await client.next('other'), [ 1 ]);
    });

    it('rejects at once if the client was closed, and waits again once it is connected', async () => {
      const client = await t.connect();
      const coming = client.next('answer');
      await Promise.all([ assert.rejects(coming, /disconnected \(io client disconnect\)/), client.close() ]);
      await client.connect();
      const again = client.next('answer');
      client.send('say', 'answer', 'back');
      assert.deepEqual(await again, [ 'back' ]);
    });

    it('rejects at once if the client was refused', async () => {
      const client = new SocketIOTestClient({ ...await addressOf(t), namespace: '/guarded' });
      const coming = client.next('answer');
      await Promise.all([
        assert.rejects(coming, { message: "no event 'answer': the client could not connect (who are you?); nothing else arrived" }),
        assert.rejects(client.connect(), { message: 'who are you?' }),
      ]);
    });

    it('waits for a client that reconnects by itself', async () => {
      const client = await t.connect({ reconnection: true, reconnectionDelay: 1, transports: [ 'websocket' ] });
      const coming = client.next('answer');
      t.app.io.of('/').sockets.get(client.id!)!.conn.close();
      await once(client, 'disconnect');
      await once(client, 'connect');
      client.send('say', 'answer', 'back');
      assert.deepEqual(await coming, [ 'back' ]);
    });

    it('leaves an event that comes after its time-out to the next call', async () => {
      const client = await t.connect();
      await assert.rejects(client.next('answer', 1));
      client.send('say', 'answer', 'late');
      assert.deepEqual(await client.next('answer'), [ 'late' ]);
    });
  });

  describe('an event emitter', () => {
    it("works with once() of Node's events", async () => {
      const client = await t.connect();
      const answer = once(client, 'answer');
      client.send('say', 'answer', 1, 2);
      assert.deepEqual(await answer, [ 1, 2 ]);
    });

    it('forgets a removed listener', async () => {
      const client = await t.connect();
      const heard: unknown[] = [];
      const listener = (value: unknown) => heard.push(value);
      client.on('answer', listener);
      client.once('answer', value => heard.push(`once ${String(value)}`));
      client.send('say', 'answer', 1);
      await client.next('answer');
      client.removeListener('answer', listener);
      client.send('say', 'answer', 2);
      await client.next('answer');
      assert.deepEqual(heard, [ 1, 'once 1' ]);
    });

    it("treats an event called 'error' like others, with or without a listener", async () => {
      const client = await t.connect();
      client.send('say', 'error', 'unheard');
      assert.deepEqual(await client.next('error'), [ 'unheard' ]);
      const heard: unknown[] = [];
      client.on('error', value => heard.push(value));
      client.send('say', 'error', 'heard');
      await client.next('error');
      assert.deepEqual(heard, [ 'heard' ]);
    });

    it('emits connect and disconnect', async () => {
      const client = await t.connect();
      const disconnected = once(client, 'disconnect');
      await client.close();
      assert.equal((await disconnected)[0], 'io client disconnect');
      const connected = once(client, 'connect');
      await client.connect();
      await connected;
    });
  });
});
