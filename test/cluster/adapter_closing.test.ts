import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { arrived, comeBack, MemoryCluster, type MemoryWorker } from '../support/adapter/memory_cluster';
import type { Ticket } from '../support/adapter/ticket';
import type { Sent } from '../support/memory_peers';

const RECOVERY = { connectionStateRecovery: {} };

function typeOf(message: unknown): unknown {
  return (message as { type: unknown }).type;
}

/** How many sessions a closing worker leaves with a message. */
function sessionsIn(message: unknown): number {
  return (message as { data?: { part?: { sessions: unknown[] } } }).data?.part?.sessions.length ?? 0;
}

describe('test/cluster/adapter_closing.test.ts', () => {
  let cluster: MemoryCluster;
  let a: MemoryWorker;
  let b: MemoryWorker;
  let c: MemoryWorker;

  beforeEach(async () => {
    cluster = new MemoryCluster();
    [ a, b, c ] = await cluster.start(RECOVERY, 'a', 'b', 'c');
    // A worker then prefers the first of the others.
    mock.method(Math, 'random', () => 0);
  });
  afterEach(async () => {
    mock.restoreAll();
    await cluster.close();
  });

  async function leaveSession(worker: MemoryWorker): Promise<Ticket> {
    const client = await worker.connect();
    worker.socketOf(client).emit('first');
    await client.next('first');
    return worker.drop(client);
  }

  function heirsOf(worker: MemoryWorker): string[] {
    return cluster.takeSent().filter(({ from, message }) => from === worker.tag && typeOf(message) === 'heir').map(({ to }) => to);
  }

  it('a worker leaves its sessions to one that has not begun to stop', async () => {
    const ticket = await leaveSession(a);
    b.Adapter.retire();
    await arrived(b, a);
    await a.close();
    assert.deepEqual(heirsOf(a), [ c.tag ]);
    await b.close();
    const client = await comeBack(c, ticket);
    assert.equal(client.id, ticket.id);
  });

  it('a worker that is started during the stop of another one knows that it stops', async () => {
    a.Adapter.retire();
    const [ d ] = await cluster.start(RECOVERY, 'd');
    await arrived(a, d);
    const ticket = await leaveSession(d);
    await d.close();
    assert.deepEqual(heirsOf(d), [ b.tag ]);
    assert.equal((await comeBack(b, ticket)).id, ticket.id);
  });

  it('a worker that closes while sessions are on their way to it hands them on', async () => {
    const ticket = await leaveSession(a);
    const asked = cluster.network.next(({ message }) => typeOf(message) === 'held');
    const closed = a.io.close();
    assert.equal((await asked).from, b.tag);
    const release = cluster.network.hold(a.tag, b.tag);
    const heirClosed = b.io.close();
    await arrived(b, c);
    release();
    await Promise.all([ closed, heirClosed ]);
    assert.equal((await comeBack(c, ticket)).id, ticket.id);
  });

  it('a worker that has handed its sessions over accepts no others, and these go to another worker', async () => {
    const tickets = [ await leaveSession(a), await leaveSession(b) ];
    a.Adapter.retire();
    await arrived(a, b);
    // What b says of its stop does not reach a yet.
    const releaseNews = cluster.network.hold(b.tag, a.tag);
    const given = cluster.network.next(({ from, message }) => from === b.tag && sessionsIn(message) > 0);
    const heirClosed = b.io.close();
    assert.equal((await given).to, c.tag);
    const release = cluster.network.hold(c.tag, b.tag);
    const offered = cluster.network.next(({ from, message }) => from === a.tag && typeOf(message) === 'heir');
    const closed = a.io.close();
    assert.equal((await offered).to, b.tag);
    releaseNews();
    await closed;
    release();
    await heirClosed;
    for (const ticket of tickets) assert.equal((await comeBack(c, ticket)).id, ticket.id);
  });

  it('a session is found if its worker has handed it over before it reads the question, and the heir has read it earlier', async () => {
    const ticket = await leaveSession(a);
    const release = cluster.network.hold(c.tag, a.tag);
    const answered = cluster.network.next(({ from, message }) => from === b.tag && typeOf(message) === 'session');
    const asked = comeBack(c, ticket);
    await answered;
    await a.io.close();
    release();
    assert.equal((await asked).id, ticket.id);
  });

  it('a worker whose heir is killed leaves to the next one only the sessions that the first has not confirmed', async () => {
    const tickets: Ticket[] = [];
    for (let i = 0; i < 2; i++) {
      const client = await a.connect();
      // A part of the hand-over, and not more than a session may have.
      a.socketOf(client).data.text = 'x'.repeat(1024 * 1024 - 100);
      a.socketOf(client).emit('first');
      await client.next('first');
      tickets.push(await a.drop(client));
    }
    const isPart = ({ from, message }: Sent) => from === a.tag && sessionsIn(message) > 0;
    const first = cluster.network.next(isPart);
    const closed = a.io.close();
    assert.equal((await first).to, b.tag);
    const confirm = cluster.network.hold(b.tag, a.tag);
    const moved = await comeBack(c, tickets[0]);
    assert.equal(moved.id, tickets[0].id);
    const second = cluster.network.next(isPart);
    cluster.network.hold(a.tag, b.tag);
    confirm();
    assert.equal((await second).to, b.tag);
    cluster.takeSent();
    cluster.network.kill(b.tag);
    await closed;
    const left = cluster.takeSent().filter(({ to }) => to === c.tag).map(({ message }) => sessionsIn(message));
    assert.equal(left.reduce((sum, count) => sum + count, 0), 1);
    assert.equal((await comeBack(c, tickets[1])).id, tickets[1].id);
    assert.equal(moved.socket.connected, true);
  });

  it('a worker chooses another heir if it reads the end of the first together with its answer', async () => {
    const ticket = await leaveSession(a);
    const asked = cluster.network.next(({ from, message }) => from === b.tag && typeOf(message) === 'held');
    const closed = a.io.close();
    const release = cluster.network.hold(b.tag, a.tag);
    await asked;
    cluster.network.kill(b.tag);
    release();
    await closed;
    assert.deepEqual(heirsOf(a), [ b.tag, c.tag ]);
    assert.equal((await comeBack(c, ticket)).id, ticket.id);
  });
});
