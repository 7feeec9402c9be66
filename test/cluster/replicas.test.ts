import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { mock } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { SocketIOTestClient } from '../../lib/mock/typed';
import { lengthen, type Message, shorten } from '../../lib/adapter/messages/messages';
import { REPLICA_VERSION } from '../../lib/adapter/messages/replica_messages';
import { pack } from '../../lib/cluster/frames';
import { standbyOf } from '../../lib/adapter/replicas/standby';
import { machineClock } from '../../lib/base/machine_clock';
import { arrived, comeBack, MemoryCluster, type MemoryWorker } from '../support/adapter/memory_cluster';
import { type Ticket, ticketOf } from '../support/adapter/ticket';
import type { Sent } from '../support/memory_peers';

const RECOVERY = { connectionStateRecovery: {} };

/** The names of the events that a client has got before the next one of this name, which it takes. */
async function namesUntil(client: SocketIOTestClient, last: string): Promise<string[]> {
  await client.next(last);
  return (client.pending as { event: string; args: unknown[] }[]).splice(0).map(({ event }) => event);
}

interface Replica { type: string; data: { epoch: number; isLive?: boolean } }

function isLiveFrom(owner: MemoryWorker): (sent: Sent) => boolean {
  return ({ from, message }) => {
    const { type, data } = lengthen(message) as unknown as Replica;
    return from === owner.tag && type === 'replica' && data.isLive === true;
  };
}

describe('test/cluster/replicas.test.ts', () => {
  let folder: string;
  let cluster: MemoryCluster;
  let owner: MemoryWorker;
  /** The worker with the replicas of the owner. */
  let standby: MemoryWorker;
  let third: MemoryWorker;

  beforeEach(async () => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'replicas-'));
    cluster = new MemoryCluster(folder);
    await start(RECOVERY);
  });
  afterEach(async () => {
    mock.restoreAll();
    await cluster.close();
    rmSync(folder, { recursive: true });
  });

  async function start(options: object): Promise<void> {
    const [ a, b, c ] = await cluster.start(options as never, 'a', 'b', 'c');
    owner = a;
    standby = standbyOf(a.tag, [ b.tag, c.tag ]) === b.tag ? b : c;
    third = standby === b ? c : b;
    await isCopied(owner);
  }

  /** Waits until the sessions of a worker are copied. */
  async function isCopied(worker: MemoryWorker): Promise<void> {
    const isLive = isLiveFrom(worker);
    const begun = cluster.network.sent.findLastIndex(({ from, message }) => from === worker.tag && (message as Replica).type === 'replica-begin');
    if (begun < 0 || !cluster.network.sent.slice(begun).some(isLive)) await cluster.network.next(isLive);
  }

  /** Connects a client that has got one event, and so has an offset. */
  async function connect(worker: MemoryWorker, nsp = '/'): Promise<SocketIOTestClient> {
    const client = await worker.connect({ namespace: nsp });
    worker.socketOf(client, nsp).emit('first');
    await client.next('first');
    return client;
  }

  /** Ends a worker as `kill -9` does; what its client has to show afterwards. */
  async function kill(worker: MemoryWorker, client: SocketIOTestClient): Promise<Ticket> {
    const ticket = ticketOf(client);
    cluster.network.kill(worker.tag);
    client.socket.io.engine.close();
    // The others hear of it a turn later.
    await setImmediate();
    await setImmediate();
    return ticket;
  }

  it('recovers a client of a killed worker on each of the others, with its id, rooms and data, and all packets once and in order', async () => {
    for (const back of [ () => standby, () => third ]) {
      const client = await connect(owner);
      const socket = owner.socketOf(client);
      await socket.join([ 'room', 'left' ]);
      await socket.leave('left');
      Object.assign(socket.data as object, { name: 'Ada', nested: { tags: [ 1, 2 ] } });
      socket.emit('private 1');
      await client.next('private 1');
      const ticket = await owner.drop(client);
      owner.io.to('room').emit('to the room');
      owner.io.to(ticket.id).emit('private 2');
      third.io.emit('to all');
      await arrived(third, owner);
      owner.io.to(ticket.id).emit('private 3', Buffer.from([ 1, 2 ]));
      owner.io.to('left').emit('not for it');
      await kill(owner, client);
      const again = await comeBack(back(), ticket);
      assert.equal(again.id, ticket.id);
      const { rooms, data } = back().socketOf(again);
      assert.deepEqual([ ...rooms ].sort(), [ ticket.id, 'room' ].sort());
      assert.deepEqual(data, { name: 'Ada', nested: { tags: [ 1, 2 ] } });
      back().io.emit('last');
      assert.deepEqual(await namesUntil(again, 'last'), [ 'to the room', 'private 2', 'to all', 'private 3' ]);
      await cluster.close();
      cluster = new MemoryCluster(folder);
      await start(RECOVERY);
    }
  });

  it('knows the order in which the killed worker has sent the packets of several others', async () => {
    const client = await connect(owner);
    // The standby gets them in the other order.
    const release = cluster.network.hold(third.tag, standby.tag);
    third.io.emit('one');
    await client.next('one');
    const ticket = ticketOf(client);
    standby.io.emit('two');
    await client.next('two');
    assert.notEqual(ticketOf(client).offset, ticket.offset);
    await kill(owner, client);
    release();
    await arrived(third, standby);
    // As if "two" had not reached it.
    const again = await comeBack(third, ticket);
    third.io.emit('last');
    assert.deepEqual(await namesUntil(again, 'last'), [ 'two' ]);
  });

  it('recovers a client before a packet of a third worker has reached the standby, if it has got it', async () => {
    const client = await connect(owner);
    const release = cluster.network.hold(third.tag, standby.tag);
    third.io.emit('one');
    await client.next('one');
    const ticket = await kill(owner, client);
    const again = await comeBack(standby, ticket);
    assert.equal(again.id, ticket.id);
    release();
    await arrived(third, standby);
    standby.io.emit('last');
    assert.deepEqual(await namesUntil(again, 'last'), []);
  });

  it('does not recover a client if a packet that it has missed reached only the killed worker', async () => {
    const client = await connect(owner);
    const ticket = ticketOf(client);
    cluster.network.hold(third.tag, standby.tag);
    third.io.emit('one');
    await client.next('one');
    await kill(owner, client);
    cluster.network.kill(third.tag);
    cluster.network.lose(third.tag, standby.tag);
    const again = await comeBack(standby, ticket);
    assert.notEqual(again.id, ticket.id);
    assert.equal(again.socket.recovered, false);
  });

  it('recovers a client that was away when its worker was killed', async () => {
    const client = await connect(owner);
    const ticket = await owner.drop(client);
    owner.io.to(ticket.id).emit('while it was away');
    await kill(owner, client);
    const again = await comeBack(third, ticket);
    assert.equal(again.id, ticket.id);
    third.io.emit('last');
    assert.deepEqual(await namesUntil(again, 'last'), [ 'while it was away' ]);
  });

  it('sends the missed packets again if the next worker of a recovered client is killed too', async () => {
    const client = await connect(owner);
    const ticket = await owner.drop(client);
    owner.io.to(ticket.id).emit('private');
    third.io.emit('to all');
    await arrived(third, owner);
    await isCopied(third);
    const second = await comeBack(third, ticket);
    // As if its connection had broken before it got them.
    await kill(third, second);
    const last = [ owner, standby ].find(worker => worker.port.peers().length > 0)!;
    const again = await comeBack(last, ticket);
    assert.equal(again.id, ticket.id);
    last.io.emit('last');
    assert.deepEqual(await namesUntil(again, 'last'), [ 'private', 'to all' ]);
  });

  it('sends what the last worker has sent while the client of a killed worker was away', async () => {
    const client = await connect(owner);
    await owner.socketOf(client).join('room');
    await arrived(owner, standby);
    cluster.network.kill(third.tag);
    const ticket = await kill(owner, client);
    standby.io.to('room').emit('to the room');
    standby.io.to(ticket.id).emit('to its own room');
    const again = await comeBack(standby, ticket);
    standby.io.emit('last');
    assert.deepEqual([ again.id, ...await namesUntil(again, 'last') ], [ ticket.id, 'to the room', 'to its own room' ]);
  });

  it('copies what it keeps for a killed worker: the standby may be killed as well', async () => {
    const client = await connect(owner);
    owner.socketOf(client).emit('private');
    const ticket = await kill(owner, client);
    await isCopied(standby);
    await arrived(standby, third);
    await isCopied(standby);
    await arrived(standby, third);
    cluster.network.kill(standby.tag);
    await setImmediate();
    await setImmediate();
    const again = await comeBack(third, ticket);
    assert.equal(again.id, ticket.id);
  });

  it('copies the log that the sessions of a killed worker share once, in parts', async () => {
    const clients = [ await connect(owner), await connect(owner), await connect(owner) ];
    const tickets: Ticket[] = [];
    for (const client of clients) tickets.push(await owner.drop(client));
    const numbers = Array.from({ length: 40 }, (_, i) => i);
    for (const number of numbers) for (const { id } of tickets) owner.io.to(id).emit('private', number, 'x'.repeat(20_000));
    await arrived(owner, standby);
    for (const { tag } of [ third, owner ]) cluster.network.kill(tag);
    await setImmediate();
    await setImmediate();
    cluster.takeSent();
    const [ d ] = await cluster.start(RECOVERY, 'd');
    await isCopied(standby);
    const updates = cluster.takeSent().filter(({ from, message }) => from === standby.tag && (lengthen(message) as Message).type === 'replica');
    assert.ok(updates.every(({ message }) => pack(message).length < 512 * 1024));
    const offsets = updates.flatMap(({ message }) => (lengthen(message) as Message & { type: 'replica' }).data.parts)
      .flatMap(({ rows }) => (rows ?? []).map(([ offset ]) => offset));
    assert.equal(offsets.length, new Set(offsets).size);
    cluster.network.kill(standby.tag);
    await setImmediate();
    await setImmediate();
    for (const ticket of tickets) {
      const again = await comeBack(d, ticket);
      assert.equal(again.id, ticket.id);
      d.io.to(ticket.id).emit('last');
      await again.next('last');
      const got = (again.pending as { event: string; args: unknown[] }[]).map(({ event, args }) => [ event, args[0] ]);
      assert.deepEqual(got, numbers.map(number => [ 'private', number ]));
    }
  });

  it('chooses another standby when its own is gone', async () => {
    const client = await connect(owner);
    cluster.takeSent();
    cluster.network.kill(standby.tag);
    await isCopied(owner);
    owner.socketOf(client).emit('private');
    const ticket = await kill(owner, client);
    const again = await comeBack(third, ticket);
    assert.equal(again.id, ticket.id);
  });

  it('copies the data that the app has changed in an event before it sends the ack', async () => {
    const client = await connect(owner);
    owner.socketOf(client).on('count', (ack: () => void) => {
      const data = owner.socketOf(client).data as { count?: number; seen?: Set<number> };
      data.count = (data.count ?? 0) + 1;
      (data.seen ??= new Set()).add(data.count);
      ack();
    });
    for (let i = 0; i < 3; i++) await client.sendWithAck('count');
    const ticket = await kill(owner, client);
    const again = await comeBack(standby, ticket);
    assert.deepEqual(standby.socketOf(again).data, { count: 3, seen: [ 1, 2, 3 ] });
  });

  it('copies the data that the app has changed before it sends an event to that client, also to one that was recovered', async () => {
    const first = await connect(owner);
    const client = await comeBack(owner, await owner.drop(first));
    const socket = owner.socketOf(client);
    (socket.data as { count?: number }).count = 1;
    socket.emit('counted');
    await client.next('counted');
    const ticket = await kill(owner, client);
    const again = await comeBack(standby, ticket);
    assert.deepEqual(standby.socketOf(again).data, { count: 1 });
  });

  it('copies the data that the app has changed outside of events with the next clean-up', async () => {
    const client = await connect(owner);
    (owner.socketOf(client).data as { late?: boolean }).late = true;
    owner.Adapter.sweep();
    await arrived(owner, standby);
    const ticket = await kill(owner, client);
    const again = await comeBack(standby, ticket);
    assert.deepEqual(standby.socketOf(again).data, { late: true });
  });

  it('keeps namespaces apart', async () => {
    owner.io.of('/chat');
    for (const worker of [ standby, third ]) worker.io.of('/chat');
    const client = await connect(owner, '/chat');
    owner.io.of('/').emit('for the other namespace');
    owner.io.of('/chat').emit('for this one');
    await client.next('for this one');
    const ticket = await kill(owner, client);
    const again = await comeBack(third, ticket, '/chat');
    assert.equal(again.id, ticket.id);
  });

  it('gives clients new sessions if the standby has not got everything, and marks that before they are told more', async () => {
    const client = await connect(owner);
    const before = ticketOf(client);
    cluster.network.hold(owner.tag, standby.tag);
    owner.socketOf(client).emit('private');
    await client.next('private');
    assert.deepEqual(readdirSync(folder), [ `${owner.tag}.behind` ]);
    cluster.network.lose(owner.tag, standby.tag);
    await kill(owner, client);
    const again = await comeBack(standby, before);
    assert.equal(again.socket.recovered, false);
    assert.notEqual(again.id, before.id);
    assert.deepEqual(standby.promoted, [{ owner: owner.tag, sessions: 1, isWhole: false }]);
    assert.deepEqual(readdirSync(folder), []);
  });

  it('recovers clients again once the standby has got everything', async () => {
    const client = await connect(owner);
    const release = cluster.network.hold(owner.tag, standby.tag);
    owner.socketOf(client).emit('private');
    await client.next('private');
    release();
    await arrived(owner, standby);
    // The mark is removed with the next look.
    while (standby.port.peers().length > 0) {
      const { size } = await import('node:fs').then(({ statSync }) => statSync(path.join(folder, `${owner.tag}.behind`)));
      if (size === 0) break;
      await setImmediate();
    }
    const ticket = await kill(owner, client);
    const again = await comeBack(standby, ticket);
    assert.equal(again.id, ticket.id);
  });

  it('chooses another standby if its own does not read', async () => {
    const client = await connect(owner);
    cluster.takeSent();
    cluster.network.hold(owner.tag, standby.tag);
    const { now } = machineClock;
    owner.socketOf(client).emit('private');
    mock.method(machineClock, 'now', () => now() + 60_000);
    await isCopied(owner);
    mock.restoreAll();
    owner.socketOf(client).emit('private');
    const ticket = await kill(owner, client);
    const again = await comeBack(third, ticket);
    assert.equal(again.id, ticket.id);
    assert.deepEqual(third.promoted, [{ owner: owner.tag, sessions: 1, isWhole: true }]);
  });

  it('begins the replica anew if the changes of a turn cannot be sent as one message', async () => {
    const client = await connect(owner);
    cluster.takeSent();
    const { send } = owner.port;
    mock.method(owner.port, 'send', function(this: MemoryWorker['port'], to: string, message: unknown) {
      if (Array.isArray(message)) {
        mock.restoreAll();
        throw new Error('too large');
      }
      send.call(this, to, message);
    });
    owner.socketOf(client).emit('private');
    await client.next('private');
    await isCopied(owner);
    const ticket = await kill(owner, client);
    const again = await comeBack(third, ticket);
    assert.equal(again.id, ticket.id);
  });

  it('returns to a standby that has not read for a while if there is no other', async () => {
    const client = await connect(owner);
    cluster.network.kill(third.tag);
    await setImmediate();
    cluster.takeSent();
    mock.timers.enable({ apis: [ 'setTimeout' ] });
    const release = cluster.network.hold(owner.tag, standby.tag);
    const { now } = machineClock;
    owner.socketOf(client).emit('private');
    await setImmediate();
    mock.method(machineClock, 'now', () => now() + 60_000);
    mock.timers.tick(100);
    release();
    mock.timers.tick(10_000);
    mock.timers.reset();
    mock.restoreAll();
    await isCopied(owner);
    const ticket = await kill(owner, client);
    const again = await comeBack(standby, ticket);
    assert.equal(again.id, ticket.id);
  });

  it('answers a request for a session that arrives before the news that its owner was killed', async () => {
    const client = await connect(owner);
    const ticket = ticketOf(client);
    // Everything that the owner has sent is there, but its end is not known yet.
    const release = cluster.network.hold(owner.tag, standby.tag);
    cluster.network.kill(owner.tag);
    const asked = cluster.network.next(({ message }) => (message as Replica).type === 'find-session');
    const coming = comeBack(third, ticket);
    await asked;
    await setImmediate();
    release();
    assert.equal((await coming).id, ticket.id);
  });

  it('answers a request for a session whose client has moved on at once', async () => {
    const client = await connect(owner);
    const ticket = await owner.drop(client);
    const second = await comeBack(third, ticket);
    assert.equal(second.id, ticket.id);
    const start = Date.now();
    // Nobody has a session with this pid any more but the third worker.
    const stranger = await comeBack(standby, { ...ticket, pid: 'x'.repeat(20) });
    assert.equal(stranger.socket.recovered, false);
    assert.ok(Date.now() - start < 1500);
  });

  it('drops a copy of a session that its client has left behind', async () => {
    const client = await connect(owner);
    const ticket = await owner.drop(client);
    const second = await comeBack(third, ticket);
    await arrived(owner, standby);
    cluster.network.kill(owner.tag);
    await setImmediate();
    await setImmediate();
    third.socketOf(second).emit('private');
    await second.next('private');
    const moved = await third.drop(second);
    const again = await comeBack(standby, moved);
    assert.equal(again.id, ticket.id);
    standby.io.emit('last');
    assert.deepEqual(await namesUntil(again, 'last'), []);
  });

  it('copies all sessions again after its link was broken, because changes may be lost, and then recovers them', async () => {
    const client = await connect(owner);
    await arrived(owner, standby);
    owner.socketOf(client).emit('lost on the way');
    const mend = cluster.network.cut(owner.tag, standby.tag);
    await client.next('lost on the way');
    const copied = cluster.network.next(isLiveFrom(owner));
    mend();
    await copied;
    await arrived(owner, standby);
    const ticket = await owner.drop(client);
    owner.io.to(ticket.id).emit('missed');
    await kill(owner, client);
    const again = await comeBack(third, ticket);
    assert.equal(again.id, ticket.id);
    third.io.emit('last');
    assert.deepEqual(await namesUntil(again, 'last'), [ 'missed' ]);
  });

  it('does not recover a client from a replica whose link was broken when its owner was killed', async () => {
    const client = await connect(owner);
    await arrived(owner, standby);
    owner.socketOf(client).emit('lost on the way');
    cluster.network.cut(owner.tag, standby.tag);
    await client.next('lost on the way');
    const again = await comeBack(third, await kill(owner, client));
    assert.equal(again.socket.recovered, false);
    assert.deepEqual(standby.promoted.map(({ isWhole }) => isWhole), [ false ]);
  });

  it('frees the memory of a replica that is not needed any more, although the link broke when it was to begin again', async () => {
    await connect(owner);
    await arrived(owner, standby);
    assert.equal(standby.Adapter.copies!.sessions, 1);
    cluster.network.cut(owner.tag, standby.tag)();
    const mend = cluster.network.cut(owner.tag, standby.tag);
    const newer = Array.from({ length: 50 }, (_, i) => `newer${i}`.padEnd(8, '-'))
      .find(tag => standbyOf(owner.tag, [ standby.tag, third.tag, tag ]) === tag)!;
    const [ next ] = await cluster.start(RECOVERY, newer);
    cluster.takeSent();
    mend();
    await isCopied(owner);
    await Promise.all([ arrived(owner, standby), arrived(owner, next) ]);
    assert.deepEqual([ standby, next ].map(({ Adapter }) => Adapter.copies!.sessions), [ 0, 1 ]);
  });

  it('frees the memory of a replica when its owner closes, and of sessions that are gone', async () => {
    const used = () => (standby.Adapter.recovery as { bytes: number }).bytes;
    const before = used();
    const clients = await Promise.all(Array.from({ length: 20 }, () => connect(owner)));
    await arrived(owner, standby);
    assert.ok(used() > before + 20 * 500);
    await Promise.all(clients.map(client => {
      const left = once(owner.socketOf(client), 'disconnect');
      // Not just its connection, after which it could come back.
      client.socket.disconnect();
      return left;
    }));
    const ended = cluster.network.next(({ from, message }) => from === owner.tag && (message as Replica).type === 'replica-end');
    await owner.close();
    await ended;
    cluster.workers.splice(cluster.workers.indexOf(owner), 1);
    cluster.network.kill(owner.tag);
    await setImmediate();
    await setImmediate();
    // The shared log of the standby has the packets that all workers have; those of single clients are gone.
    assert.equal(standby.promoted.length, 0);
    standby.Adapter.sweep();
    assert.ok(used() <= before + 1000, `${used()} bytes are used, ${before} before`);
  });

  it('refuses a message about replicas in the name of another worker', async () => {
    const client = await connect(owner);
    third.port.send(standby.tag, { uid: owner.tag, nsp: '/', type: 'replica-end', data: { epoch: 1 } });
    await arrived(third, standby);
    assert.deepEqual(cluster.network.refused.map(({ message }) => message), [ 'it is in the name of another worker' ]);
    await isCopied(owner);
    const { id } = client;
    const back = await comeBack(third, await kill(owner, client));
    assert.equal(back.id, id);
  });

  it('ignores replicas that were not announced, or come in another version, and logs it once', async () => {
    const update = { uid: third.tag, nsp: '/', type: 'replica', data: { epoch: 99, parts: [
      { nsp: '/', start: { first: 0, seen: {}, lostAt: 0 }, sessions: [] },
    ] } };
    for (let i = 0; i < 2; i++) third.port.send(standby.tag, shorten({ ...update, uid: third.tag } as Message));
    await arrived(third, standby);
    assert.deepEqual(standby.warnings, [ `ignored replicas of sessions from worker ${third.tag}: it did not ask for them before.` ]);
    const answered = cluster.network.next(({ to, message }) => to === third.tag && (message as Replica).type === 'failed');
    third.port.send(standby.tag, { uid: third.tag, nsp: '/', type: 'replica-begin', data: { requestId: 'zz', version: REPLICA_VERSION + 1, epoch: 1, isOrdered: true } });
    const { message } = await answered;
    assert.match((message as { data: { reason: string } }).data.reason, /copies sessions in version \d+ of the format, and worker [bc]-{7} in version \d+$/);
  });
});
