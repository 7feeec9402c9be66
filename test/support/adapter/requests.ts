import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Calls } from './server';
import { answer, nextAck, type World } from './world';

/** Milliseconds. A test that waits for this one fails. */
const NEVER = 100_000;

interface Described { id: string; data: unknown }

function sorted<T>(list: T[]): T[] {
  return list.map(one => JSON.stringify(one)).sort().map(text => JSON.parse(text) as T);
}

export function describeAcks(world: World): void {
  describe('a broadcast with ack', () => {
    it('collects the acks of all clients of all servers', async () => {
      const clients = [ ...await world.connect(), ...await world.connect() ];
      for (const [ i, client ] of clients.entries()) answer(client, { i });
      for (const server of world.servers) {
        const replies = await server.io([ 'timeout', NEVER ], [ 'emitWithAck', 'ask' ]) as unknown[];
        assert.deepEqual(sorted(replies), clients.map((_, i) => ({ i })));
      }
    });

    it('asks the clients of a room, and returns binary acks', async () => {
      for (const client of await world.connect([ 'a' ])) answer(client, Buffer.from('yes'));
      for (const client of await world.connect()) answer(client, 'no');
      const replies = await world.servers[0].io([ 'to', 'a' ], [ 'timeout', NEVER ], [ 'emitWithAck', 'ask' ]);
      assert.deepEqual(replies, world.servers.map(() => Buffer.from('yes')));
    });

    it('ends at once if there is nobody to ask', async () => {
      await world.connect();
      assert.deepEqual(await world.servers[0].io([ 'to', 'nobody' ], [ 'timeout', NEVER ], [ 'emitWithAck', 'ask' ]), []);
    });

    it('with local asks only the clients of its server', async () => {
      for (const [ i, client ] of (await world.connect()).entries()) answer(client, i);
      for (const [ i, server ] of world.servers.entries()) {
        assert.deepEqual(await server.io([ 'local' ], [ 'timeout', NEVER ], [ 'emitWithAck', 'ask' ]), [ i ]);
      }
    });

    it('returns the received acks after its time-out, and ignores a late ack', async () => {
      for (const client of await world.connect()) answer(client, 'yes');
      const lateAcks = (await world.connect()).map(nextAck);
      let received: unknown[] = [];
      // On a busy machine the acks of the other servers may come later than a time-out that is short.
      for (let limit = 200; received.length < world.servers.length; limit *= 2) {
        await assert.rejects(world.servers[0].io([ 'timeout', limit ], [ 'emitWithAck', 'ask' ]), (error: Error & { responses: unknown[] }) => {
          assert.equal(error.message, 'operation has timed out');
          received = error.responses;
          return true;
        });
        assert.deepEqual(received, received.map(() => 'yes'));
      }
      assert.equal(received.length, world.servers.length);
      for (const ack of await Promise.all(lateAcks)) ack('late');
      assert.deepEqual(await world.servers[0].io([ 'to', 'nobody' ], [ 'timeout', NEVER ], [ 'emitWithAck', 'ask' ]), []);
    });
  });
}

/** The results of `acks()`, as a server reports them: with the code of an error, or the ack. */
type Results = [ socket: string, what: string, value?: unknown ][];

export function describeAcksOneByOne(world: World): void {
  describe('acks()', () => {
    it('yields the ack of each client of all servers, with the id of its socket', async () => {
      const clients = [ ...await world.connect(), ...await world.connect() ];
      for (const [ i, client ] of clients.entries()) answer(client, { i });
      for (const server of world.servers) {
        const results = await server.io([ 'timeout', NEVER ], [ 'acks', 'ask' ]) as Results;
        assert.deepEqual(sorted(results), sorted(clients.map(({ id }, i) => [ id, 'acked', { i }])));
      }
    });

    it('asks the clients of a room except others, and yields binary acks', async () => {
      const asked = await world.connect([ 'a' ]);
      for (const client of asked) answer(client, Buffer.from('yes'));
      for (const client of [ ...await world.connect([ 'a', 'b' ]), ...await world.connect() ]) answer(client, 'no');
      const results = await world.servers[0].io([ 'to', 'a' ], [ 'except', 'b' ], [ 'timeout', NEVER ], [ 'acks', 'ask' ]) as Results;
      assert.deepEqual(results.map(([ id, what ]) => [ id, what ]).sort(), asked.map(({ id }) => [ id, 'acked' ]).sort());
      for (const [ , , value ] of results) assert.deepEqual(value, Buffer.from('yes'));
    });

    it('of a socket asks the other clients', async () => {
      const [ asker, ...others ] = await world.connect();
      for (const client of [ asker, ...others ]) answer(client, 1);
      const results = await world.servers[0].run({ socket: asker.id, calls: [[ 'broadcast' ], [ 'timeout', NEVER ], [ 'acks', 'ask' ]] });
      assert.deepEqual(sorted(results as Results), sorted(others.map(({ id }) => [ id, 'acked', 1 ])));
    });

    it('yields nothing if there is nobody to ask', async () => {
      await world.connect();
      assert.deepEqual(await world.servers[0].io([ 'to', 'nobody' ], [ 'timeout', NEVER ], [ 'acks', 'ask' ]), []);
    });

    it('with local asks only the clients of its server', async () => {
      const clients = await world.connect();
      for (const [ i, client ] of clients.entries()) answer(client, i);
      for (const [ i, server ] of world.servers.entries()) {
        assert.deepEqual(await server.io([ 'local' ], [ 'timeout', NEVER ], [ 'acks', 'ask' ]), [[ clients[i].id, 'acked', i ]]);
      }
    });

    it('yields ACK_TIMEOUT for each client that has not acked in time, after the acks of the others', async () => {
      const quick = await world.connect();
      for (const client of quick) answer(client, 'yes');
      const slow = await world.connect();
      const lateAcks = slow.map(nextAck);
      const results = await world.servers[0].io([ 'timeout', 1000 ], [ 'acks', 'ask' ]) as Results;
      assert.deepEqual(sorted(results.slice(0, quick.length)), sorted(quick.map(({ id }) => [ id, 'acked', 'yes' ])));
      assert.deepEqual(sorted(results.slice(quick.length)), sorted(slow.map(({ id }) => [ id, 'ACK_TIMEOUT' ])));
      for (const ack of await Promise.all(lateAcks)) ack('late');
      assert.deepEqual(await world.servers[0].io([ 'to', 'nobody' ], [ 'timeout', NEVER ], [ 'acks', 'ask' ]), []);
    });

    it('does not wait for a client that leaves, and yields CLIENT_LEFT for it', async () => {
      const leavers = await world.connect();
      for (const { socket } of leavers) socket.on('ask', () => socket.disconnect());
      const others = await world.connect();
      for (const client of others) answer(client, 'stays');
      const ids = leavers.map(({ id }) => id);
      const results = await world.servers[0].io([ 'timeout', NEVER ], [ 'acks', 'ask' ]) as Results;
      assert.deepEqual(sorted(results), sorted([ ...ids.map(id => [ id, 'CLIENT_LEFT' ]), ...others.map(({ id }) => [ id, 'acked', 'stays' ]) ]));
    });

    it('yields an ack while others are missing, and can be left then', async () => {
      const [ quick, ...rest ] = await world.connect();
      answer(quick, 'first');
      assert.equal(await world.servers.at(-1)!.io([ 'timeout', NEVER ], [ 'acks', 'ask' ], [ 'leave the loop' ]), 'first');
      for (const client of rest) (await nextAck(client))('late');
      assert.deepEqual(await world.servers[0].io([ 'to', 'nobody' ], [ 'timeout', NEVER ], [ 'acks', 'ask' ]), []);
    });
  });
}

export function describeSockets(world: World): void {
  describe('fetchSockets', () => {
    it('finds the sockets of all servers, with their rooms, data and handshake', async () => {
      const all = await world.connect([ 'a', 'b' ]);
      const expected = all.map(({ id }, at) => ({ id, rooms: [ 'a', 'b' ], data: { at }, auth: { rooms: [ 'a', 'b' ], data: { at } } }));
      for (const server of world.servers) {
        assert.deepEqual(sorted(await server.io([ 'fetchSockets' ]) as unknown[]), sorted(expected));
      }
    });

    it('supports rooms, excluded rooms and local', async () => {
      const [ a, both ] = [ await world.connect([ 'a' ]), await world.connect([ 'a', 'b' ]) ];
      await world.connect([ 'b' ]);
      const found = async (...calls: Calls) => {
        return (await world.servers[0].io(...calls, [ 'fetchSockets' ]) as Described[]).map(({ id }) => id).sort();
      };
      const ids = (clients: readonly { id?: string }[]) => clients.map(({ id }) => id).sort();
      assert.deepEqual(await found([ 'in', 'a' ]), ids([ ...a, ...both ]));
      assert.deepEqual(await found([ 'in', 'a' ], [ 'except', 'b' ]), ids(a));
      assert.deepEqual(await found([ 'in', 'a' ], [ 'local' ]), ids([ a[0], both[0] ]));
      assert.deepEqual(await found([ 'in', 'nobody' ]), []);
    });

    it('returns sockets that reach their clients, on any server', async () => {
      const [ server ] = world.servers;
      const all = await world.connect();
      for (const client of all) {
        const remote = client.id!;
        await server.run({ remote, calls: [[ 'join', remote + '!' ]] });
        await server.io([ 'to', remote + '!' ], [ 'emit', 'joined' ]);
        await server.run({ remote, calls: [[ 'leave', remote + '!' ]] });
        await server.io([ 'to', remote + '!' ], [ 'emit', 'left' ]);
        await server.run({ remote, calls: [[ 'emit', 'direct' ]] });
        assert.deepEqual(await world.heard(server, all), all.map(other => (other === client ? [[ 'joined' ], [ 'direct' ]] : [])));
        answer(client, 'yes');
        assert.equal(await server.run({ remote, calls: [[ 'timeout', NEVER ], [ 'emitWithAck', 'ask' ]] }), 'yes');
        await client.next('ask');
      }
      for (const client of all) {
        const [[ reason ]] = await Promise.all([ once(client, 'disconnect'), server.run({ remote: client.id, calls: [[ 'disconnect' ]] }) ]);
        assert.equal(reason, 'io server disconnect');
      }
    });
  });

  describe('the sockets of all servers', () => {
    it('join and leave rooms', async () => {
      const [ a, rest ] = [ await world.connect([ 'a' ]), await world.connect() ];
      const [ server ] = world.servers;
      await server.io([ 'in', 'a' ], [ 'socketsJoin', [ 'x', 'y' ]]);
      await server.io([ 'to', [ 'x', 'y' ]], [ 'emit', 'one' ]);
      await server.io([ 'in', 'a' ], [ 'socketsLeave', 'x' ]);
      await server.io([ 'to', 'x' ], [ 'emit', 'two' ]);
      await server.io([ 'to', 'y' ], [ 'emit', 'three' ]);
      assert.deepEqual(await world.heard(server, [ ...a, ...rest ]), [ ...world.everybody([ 'one' ], [ 'three' ]), ...world.everybody() ]);
    });

    it('are made to join once: a leave right after it is respected', async () => {
      const [ server, ...others ] = world.servers;
      const [ leaving, ...rest ] = await world.connect();
      await server.run({ calls: [[ 'socketsJoin', 'x' ]] }, { socket: leaving.id, calls: [[ 'leave', 'x' ]] });
      await world.heard(server, [ leaving, ...rest ]);
      const found = await (others[0] ?? server).io([ 'in', 'x' ], [ 'fetchSockets' ]) as Described[];
      assert.deepEqual(found.map(({ id }) => id).sort(), rest.map(({ id }) => id).sort());
    });

    it('join and leave rooms on one server with local', async () => {
      const all = await world.connect();
      const [ server ] = world.servers;
      await server.io([ 'socketsJoin', 'y' ]);
      await server.io([ 'local' ], [ 'socketsJoin', 'x' ]);
      await server.io([ 'local' ], [ 'socketsLeave', 'y' ]);
      await server.io([ 'to', 'x' ], [ 'emit', 'to x' ]);
      await server.io([ 'to', 'y' ], [ 'emit', 'to y' ]);
      assert.deepEqual(await world.heard(server, all), all.map((_, i) => (i === 0 ? [[ 'to x' ]] : [[ 'to y' ]])));
    });

    for (const close of [ false, true ]) {
      it(`are disconnected, ${close ? 'and the connections closed' : 'while the connections stay'}`, async () => {
        const [ a, rest ] = [ await world.connect([ 'a' ]), await world.connect() ];
        // A second namespace on each connection, without which the client itself would close it.
        const beside = a.map(({ socket }) => socket.io.socket('/dynamic-beside').connect());
        await Promise.all(beside.map(socket => new Promise<void>(resolve => { socket.once('connect', resolve); })));
        const closed = close ? beside : a.map(({ socket }) => socket);
        const gone = closed.map(socket => new Promise(resolve => { socket.once('disconnect', resolve); }));
        await world.servers[0].io([ 'in', 'a' ], [ 'disconnectSockets', close ]);
        assert.deepEqual(await Promise.all(gone), world.servers.map(() => 'io server disconnect'));
        assert.deepEqual(a.map(({ connected }) => connected), world.servers.map(() => false));
        assert.deepEqual(beside.map(({ connected }) => connected), world.servers.map(() => !close));
        assert.deepEqual(await world.heard(world.servers[0], rest), world.everybody());
        beside.forEach(socket => socket.disconnect());
      });
    }
  });
}
