import assert from 'node:assert/strict';
import type { SocketIOTestClient } from 'egg-socketio/mock';
import { useApp } from '../support/app';

type Arrived = unknown[][];

describe('test/reference/broadcast.test.ts', () => {
  const t = useApp('reference_broadcast');

  /** Somebody who sends, others, and what each of them has got once everything is delivered. */
  interface Crowd {
    sender: SocketIOTestClient;
    connect(options: { namespace?: string; rooms?: string[] }): Promise<SocketIOTestClient>;
    arrivedAfter(event: string): Promise<Map<SocketIOTestClient, Arrived>>;
  }

  async function crowd(rooms: string[] = []): Promise<Crowd> {
    const clients: SocketIOTestClient[] = [];
    async function connect(options: { namespace?: string; rooms?: string[] }) {
      const client = await t.connect({ namespace: options.namespace });
      clients.push(client);
      if (options.rooms) await client.sendWithAck('join', ...options.rooms);
      return client;
    }
    const sender = await connect({ rooms });
    return {
      sender,
      connect,
      async arrivedAfter(event) {
        await sender.sendWithAck(event);
        t.app.io.of('/').emit('marker');
        t.app.io.of('/myNamespace').emit('marker');
        await Promise.all(clients.map(client => client.next('marker')));
        return new Map(clients.map(client => [ client, client.pending.map(entry => [ entry.event, ...entry.args ]) ]));
      },
    };
  }

  describe('常见的消息和广播 (common messages and broadcasts)', () => {
    it('to the client', async () => {
      const { sender, connect, arrivedAfter } = await crowd();
      const other = await connect({});
      const arrived = await arrivedAfter('to the sender');
      assert.deepEqual(arrived.get(sender), [[ 'hello', 'is anybody there?', 1, 2, 'abc' ]]);
      assert.deepEqual(arrived.get(other), []);
    });

    it('to the client, by return', async () => {
      const { sender } = await crowd();
      sender.send('to the sender by return');
      assert.deepEqual(await sender.next('hello'), [ 'is anybody there?' ]);
    });

    it('to all clients but the sender', async () => {
      const { sender, connect, arrivedAfter } = await crowd();
      const others = [ await connect({}), await connect({ rooms: [ 'game' ] }) ];
      const elsewhere = await connect({ namespace: '/myNamespace' });
      const arrived = await arrivedAfter('to all others');
      for (const other of others) assert.deepEqual(arrived.get(other), [[ 'broadcast', 'hello, all of you' ]]);
      assert.deepEqual(arrived.get(sender), []);
      assert.deepEqual(arrived.get(elsewhere), []);
    });

    it('to all clients in a room but the sender', async () => {
      const { sender, connect, arrivedAfter } = await crowd([ 'game' ]);
      const player = await connect({ rooms: [ 'game' ] });
      const stranger = await connect({ rooms: [ 'game1' ] });
      const arrived = await arrivedAfter('to others in a room');
      assert.deepEqual(arrived.get(player), [[ 'nice game', 'shall we play?' ]]);
      assert.deepEqual(arrived.get(sender), []);
      assert.deepEqual(arrived.get(stranger), []);
    });

    it('to all clients in two rooms but the sender, once', async () => {
      const { sender, connect, arrivedAfter } = await crowd([ 'game1' ]);
      const players = [ await connect({ rooms: [ 'game1' ] }), await connect({ rooms: [ 'game2' ] }), await connect({ rooms: [ 'game1', 'game2' ] }) ];
      const stranger = await connect({ rooms: [ 'game' ] });
      const arrived = await arrivedAfter('to others in two rooms');
      for (const player of players) assert.deepEqual(arrived.get(player), [[ 'nice game', 'shall we all play?' ]]);
      assert.deepEqual(arrived.get(sender), []);
      assert.deepEqual(arrived.get(stranger), []);
    });

    it('to all clients in a room, the sender too', async () => {
      const { sender, connect, arrivedAfter } = await crowd([ 'game' ]);
      const player = await connect({ rooms: [ 'game' ] });
      const stranger = await connect({});
      const arrived = await arrivedAfter('to a room');
      for (const client of [ sender, player ]) assert.deepEqual(arrived.get(client), [[ 'big-announcement', 'the game begins' ]]);
      assert.deepEqual(arrived.get(stranger), []);
    });

    it('to all clients of a namespace, from the app', async () => {
      const { sender, connect, arrivedAfter } = await crowd();
      const there = await connect({ namespace: '/myNamespace' });
      const arrived = await arrivedAfter('to a namespace');
      assert.deepEqual(arrived.get(there), [[ 'bigger-announcement', 'the cup begins' ]]);
      assert.deepEqual(arrived.get(sender), []);
    });

    it('to all clients of the namespace, from ctx, the sender too', async () => {
      const { sender, connect, arrivedAfter } = await crowd();
      const here = await connect({});
      const there = await connect({ namespace: '/myNamespace' });
      const arrived = await arrivedAfter('to my namespace');
      for (const client of [ sender, here ]) assert.deepEqual(arrived.get(client), [[ 'bigger-announcement', 'the cup begins' ]]);
      assert.deepEqual(arrived.get(there), []);
    });

    it('to all clients of a custom namespace, from its ctx', async () => {
      const [ there, thereToo, here ] = await Promise.all([
        t.connect({ namespace: 'myNamespace' }), t.connect({ namespace: 'myNamespace' }), t.connect(),
      ]);
      there.send('to my namespace');
      for (const client of [ there, thereToo ]) assert.deepEqual(await client.next('bigger-announcement'), [ 'the cup begins' ]);
      t.app.io.emit('marker');
      await here.next('marker');
      assert.deepEqual(here.pending, []);
    });

    it('to a room of a namespace, from the app', async () => {
      const { sender, connect, arrivedAfter } = await crowd([ 'room' ]);
      const inTheRoom = await connect({ namespace: '/myNamespace', rooms: [ 'room' ] });
      const outside = await connect({ namespace: '/myNamespace' });
      const arrived = await arrivedAfter('to a room of a namespace');
      assert.deepEqual(arrived.get(inTheRoom), [[ 'event', 'message' ]]);
      assert.deepEqual(arrived.get(outside), []);
      assert.deepEqual(arrived.get(sender), []);
    });

    it('to a room of the namespace, from ctx, the sender too', async () => {
      const { sender, connect, arrivedAfter } = await crowd([ 'game' ]);
      const outside = await connect({});
      const arrived = await arrivedAfter('to a room of my namespace');
      assert.deepEqual(arrived.get(sender), [[ 'event', 'message' ]]);
      assert.deepEqual(arrived.get(outside), []);
    });

    it('to all clients of this worker', async () => {
      const { sender, connect, arrivedAfter } = await crowd();
      const other = await connect({});
      const arrived = await arrivedAfter('to this worker');
      for (const client of [ sender, other ]) assert.deepEqual(arrived.get(client), [[ 'hi', 'dear ones' ]]);
    });
  });
});
