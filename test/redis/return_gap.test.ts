import assert from 'node:assert/strict';
import type { Adapter } from 'socket.io-adapter';
import { type RedisTestServer, withTwoServers } from '../support/redis_servers';

describe('test/redis/return_gap.test.ts', () => {
  let a: RedisTestServer;
  let b: RedisTestServer;
  withTwoServers((...servers) => { [ a, b ] = servers; });

  it('a recovered client gets packets that are sent between reading its missed packets and its connection', async () => {
    const [ client, witness ] = [ await a.connect(), await b.connect() ];
    a.io.emit('before');
    await Promise.all([ client.next('before'), witness.next('before') ]);
    const { id, pid, offset } = await a.drop(client);
    a.io.emit('missed');

    const adapter = b.io.of('/').adapter as Adapter;
    const restore = adapter.restoreSession.bind(adapter);
    adapter.restoreSession = async (...args) => {
      const session = await restore(...args);
      a.io.emit('in between', 'from there');
      await witness.next('in between');
      b.io.emit('in between', 'from here');
      a.io.to('nobody').emit('in between', 'to others');
      a.io.except(id).emit('in between', 'to others');
      await witness.next('in between');
      await witness.next('in between');
      return session;
    };
    const back = await b.connect({ auth: { pid, offset } });
    assert.equal(back.id, id);
    a.io.emit('marker');
    await back.next('marker');
    const events = back.pending.map(({ event, args }) => [ event, ...args.slice(0, -1) ]);
    assert.deepEqual(events, [[ 'missed' ], [ 'in between', 'from there' ], [ 'in between', 'from here' ]]);
  });

  it('a recovered client gets no packet twice, however much of the stream its new server has not read yet', async () => {
    const client = await a.connect();
    const adapter = b.io.of('/').adapter as Adapter & { onRawMessage(...message: unknown[]): void };
    const read = adapter.onRawMessage.bind(adapter);
    const unread: unknown[][] = [];
    adapter.onRawMessage = (...message) => { unread.push(message); };

    a.io.emit('before', 1);
    a.io.emit('before', 2);
    await client.next('before');
    await client.next('before');
    const { id, pid, offset } = await a.drop(client);
    a.io.emit('missed');

    const back = await b.connect({ auth: { pid, offset } });
    assert.equal(back.id, id);
    const other = await b.connect();
    delete (adapter as Partial<typeof adapter>).onRawMessage;
    assert.ok(unread.length >= 3);
    for (const message of unread) read(...message);
    b.io.emit('marker');
    await Promise.all([ back, other ].map(one => one.next('marker')));
    const events = (one: typeof back) => one.pending.map(({ event, args }) => [ event, ...args.slice(0, -1) ]);
    assert.deepEqual(events(back), [[ 'missed' ]]);
    assert.deepEqual(events(other), [[ 'before', 1 ], [ 'before', 2 ], [ 'missed' ]]);
  });

  it('a recovered client that has got and missed nothing gets a packet that is sent before its connection', async () => {
    const [ witness, { id, pid }] = [ await b.connect(), await a.drop(await a.connect()) ];
    const adapter = b.io.of('/').adapter as Adapter;
    const restore = adapter.restoreSession.bind(adapter);
    adapter.restoreSession = async (...args) => {
      const session = await restore(...args);
      a.io.emit('in between');
      await witness.next('in between');
      return session;
    };
    const back = await b.connect({ auth: { pid } });
    assert.equal(back.id, id);
    a.io.emit('marker');
    await back.next('marker');
    assert.deepEqual(back.pending.map(({ event }) => event), [ 'in between' ]);
  });

  it('a client that sends the offset of an earlier session gets nothing from before its own session', async () => {
    const early = await a.connect();
    a.io.emit('first');
    await early.next('first');
    // socket.io-client keeps the offset when it connects again after `socket.disconnect()`.
    const { offset } = await a.drop(early);
    const witness = await b.connect();
    a.io.emit('between the sessions');
    await witness.next('between the sessions');
    const { id, pid } = await b.drop(await b.connect());
    a.io.emit('missed');

    const back = await b.connect({ auth: { pid, offset } });
    assert.equal(back.id, id);
    a.io.emit('marker');
    await back.next('marker');
    assert.deepEqual(back.pending.map(({ event }) => event), [ 'missed' ]);
  });

  it('missed packets that do not arrive because the connection is lost again are sent at the next recovery', async () => {
    const { id, pid } = await a.drop(await a.connect());
    a.io.emit('missed');
    await b.drop(await b.connect({ auth: { pid } }));

    const back = await a.connect({ auth: { pid } });
    assert.equal(back.id, id);
    a.io.emit('marker');
    await back.next('marker');
    assert.deepEqual(back.pending.map(({ event }) => event), [ 'missed' ]);
  });
});
