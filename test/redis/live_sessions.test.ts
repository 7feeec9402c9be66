import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mock } from 'node:test';
import { LiveSessions } from '../../lib/redis/live_sessions';
import type { RedisServer } from '../support/redis';
import { type RedisTestServer, withTwoServers } from '../support/redis_servers';
import { ticketOf } from '../support/adapter/ticket';

describe('test/redis/live_sessions.test.ts', () => {
  let redis: RedisServer;
  let a: RedisTestServer;
  let b: RedisTestServer;
  withTwoServers((...servers) => { [ a, b, redis ] = servers; });
  afterEach(() => mock.restoreAll());

  /** Connects a client that can be recovered: it has got an event. It does not reconnect by itself. */
  async function connectRecoverable() {
    const client = await a.connect();
    const socket = a.socketOf(client);
    socket.emit('hello');
    await client.next('hello');
    client.socket.io.reconnection(false);
    return { client, socket, ...ticketOf(client) };
  }

  it('a client that comes back on another server, before its first one has noticed, is recovered there, and the first one lets it go', async () => {
    const client = await a.connect();
    const socket = a.socketOf(client);
    await socket.join('room');
    socket.data = { name: 'Ann', since: new Date(7) };
    socket.emit('hello');
    await client.next('hello');
    const { id, pid, offset } = ticketOf(client);
    client.socket.io.reconnection(false);
    const gone = once(socket, 'disconnect');
    b.io.to('room').emit('missed');

    const back = await b.connect({ auth: { pid, offset } });
    assert.equal(back.id, id);
    await gone;
    assert.equal(a.socketOf(client), undefined);
    const there = b.socketOf(back);
    assert.deepEqual([ ...there.rooms ].sort(), [ id, 'room' ].sort());
    assert.deepEqual(there.data, { name: 'Ann', since: new Date(7) });
    a.io.to('room').emit('marker');
    await back.next('marker');
    assert.deepEqual(back.pending.map(({ event }) => event), [ 'missed' ]);
  });

  it('a server that has lost a session to another one does not overwrite it', async () => {
    const { socket, id, pid, offset } = await connectRecoverable();
    // It is not told that its client has come back elsewhere, as if it were paused.
    Object.assign(a.io.of('/').adapter, { onMessage: () => undefined });
    const back = await b.connect({ auth: { pid, offset }, waitTimeout: 20_000 });
    assert.equal(back.id, id);
    const there = b.socketOf(back);
    await there.join('new');
    there.emit('hello');
    await back.next('hello');
    const gone = once(socket, 'disconnect');
    await socket.join('old');
    await gone;
    const again = await b.drop(back);
    const third = await b.connect({ auth: { pid, offset: again.offset } });
    assert.equal(third.id, id);
    assert.deepEqual([ ...b.socketOf(third).rooms ].sort(), [ id, 'new' ].sort());
  });

  it('a server that was about to connect the client when it was first told to let it go is told again', async () => {
    const { client, socket, id, pid, offset } = await connectRecoverable();
    const gone = once(socket, 'disconnect');
    const { letGo } = LiveSessions.prototype;
    let isTold = false;
    mock.method(LiveSessions.prototype, 'letGo', function(this: LiveSessions, which: string) {
      const isHere = (this as unknown as { live: Map<string, unknown> }).live.has(which);
      if (isTold || !isHere) return letGo.call(this, which);
      isTold = true;
      return false;
    });
    const back = await b.connect({ auth: { pid, offset } });
    assert.equal(back.id, id);
    await gone;
    assert.ok(isTold);
    assert.equal(a.socketOf(client), undefined);
  });

  it('recovers one of two connections that a client makes at once', async () => {
    const { id, pid, offset } = await connectRecoverable();
    const back = await Promise.all([ b.connect({ auth: { pid, offset } }), b.connect({ auth: { pid, offset } }) ]);
    const recovered = back.filter(one => one.id === id);
    assert.equal(recovered.length, 1);
    b.io.to(id).emit('marker');
    await recovered[0].next('marker');
    assert.equal(b.socketOf(recovered[0]).id, id);
  });

  it('a client that has disconnected by itself is not recovered', async () => {
    const { client, socket, id, pid, offset } = await connectRecoverable();
    const gone = once(socket, 'disconnect');
    client.socket.disconnect();
    await gone;
    const back = await b.connect({ auth: { pid, offset } });
    assert.notEqual(back.id, id);
  });

  it('an ack waits until Redis has the data that was changed before it', async () => {
    const client = await a.connect();
    const socket = a.socketOf(client);
    socket.on('save', (ack: () => void) => {
      socket.data.saved = true;
      ack();
    });
    socket.emit('hello');
    await client.next('hello');
    redis.pause();
    let isAcked = false;
    const acked = client.sendWithAck('save').then(() => { isAcked = true; });
    await once(socket.conn, 'packet');
    // Another client's messages go back and forth meanwhile.
    const other = await a.connect();
    assert.equal(isAcked, false);
    redis.resume();
    await acked;
    await other.close();
    const { id, pid, offset } = ticketOf(client);
    client.socket.io.reconnection(false);
    const back = await b.connect({ auth: { pid, offset } });
    assert.equal(back.id, id);
    assert.deepEqual(b.socketOf(back).data, { saved: true });
  });
});
