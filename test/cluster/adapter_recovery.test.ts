import assert from 'node:assert/strict';
import type { SocketIOTestClient } from '../../lib/mock/typed';
import { MemoryCluster, type MemoryWorker } from '../support/adapter/memory_cluster';
import { type Ticket, ticketOf } from '../support/adapter/ticket';

const RECOVERY = { connectionStateRecovery: {} };

/** The names of the events that a client has got before the next one of this name, which it takes. */
async function namesUntil(client: SocketIOTestClient, last: string): Promise<string[]> {
  await client.next(last);
  return (client.pending as { event: string; args: unknown[] }[]).splice(0).map(({ event }) => event);
}

function typeOf(message: unknown): unknown {
  return (message as { type: unknown }).type;
}

describe('test/cluster/adapter_recovery.test.ts', () => {
  let cluster: MemoryCluster;
  let a: MemoryWorker;
  let b: MemoryWorker;
  let c: MemoryWorker;

  beforeEach(async () => {
    cluster = new MemoryCluster();
    [ a, b, c ] = await cluster.start(RECOVERY, 'a', 'b', 'c');
  });
  afterEach(() => cluster.close());

  /** Connects a client that has got one event, and so has an offset. */
  async function connect(worker: MemoryWorker, nsp = '/'): Promise<SocketIOTestClient> {
    const client = await worker.connect({ namespace: nsp });
    worker.socketOf(client, nsp).emit('first');
    await client.next('first');
    return client;
  }

  async function comeBack(worker: MemoryWorker, { pid, offset }: Ticket, namespace = '/'): Promise<SocketIOTestClient> {
    return worker.connect({ namespace, auth: { pid, offset } });
  }

  /** Waits until all that one worker has said so far has come to another. */
  async function arrived(from: MemoryWorker, to: MemoryWorker): Promise<void> {
    const came = new Promise<void>(resolve => { to.io.once('came', resolve); });
    from.io.serverSideEmit('came');
    await came;
  }

  it('tells the server that it has recovered a client', async () => {
    const ticket = await a.drop(await connect(a));
    const recovered = new Promise(resolve => { b.io.on('connection', socket => resolve(socket.recovered)); });
    await comeBack(b, ticket);
    assert.equal(await recovered, true);
  });

  it('delivers once what has come to the new worker, but not yet to the old one', async () => {
    const ticket = await a.drop(await connect(a));
    const release = cluster.network.hold(c.tag, a.tag);
    c.io.emit('early');
    await arrived(c, b);
    const client = await comeBack(b, ticket);
    release();
    await arrived(c, a);
    b.io.emit('last');
    assert.deepEqual(await namesUntil(client, 'last'), [ 'early' ]);
  });

  it('delivers once what has come to the old worker, but not yet to the new one', async () => {
    const ticket = await a.drop(await connect(a));
    const bystander = await connect(b);
    const release = cluster.network.hold(c.tag, b.tag);
    c.io.emit('one');
    c.io.emit('two');
    await arrived(c, a);
    const start = Date.now();
    const client = await comeBack(b, ticket);
    assert.ok(Date.now() - start < 2000, 'the answer of c to b is held back too; that of a is enough');
    release();
    c.io.emit('last');
    assert.deepEqual(await namesUntil(client, 'last'), [ 'one', 'two' ]);
    assert.deepEqual(await namesUntil(bystander, 'last'), [ 'one', 'two' ]);
    c.io.emit('more');
    assert.deepEqual(await namesUntil(client, 'more'), []);
  });

  it('does not deliver what was sent before the client was there', async () => {
    c.io.emit('old');
    await Promise.all([ arrived(c, a), arrived(c, b) ]);
    b.io.local.emit('local to b');
    const [ d ] = await cluster.start(RECOVERY, 'd');
    const ticket = await d.drop(await connect(d));
    b.io.local.emit('local to b');
    const client = await comeBack(b, ticket);
    b.io.emit('last');
    assert.deepEqual(await namesUntil(client, 'last'), []);
  });

  it('knows on the third worker what has happened on the first', async () => {
    const client = await connect(a);
    const ticket = await a.drop(client);
    a.io.to(ticket.id).emit('on a');
    const second = await comeBack(b, ticket);
    await second.next('on a');
    // Of this offset only a and what it has handed over know anything.
    const offset = await b.drop(second);
    b.io.to(ticket.id).emit('on b');
    const third = await comeBack(c, offset);
    c.io.emit('on c');
    assert.deepEqual(await namesUntil(third, 'on c'), [ 'on b' ]);
    await c.drop(third);
    // As if that connection had broken before anything came through.
    const fourth = await comeBack(a, offset);
    assert.equal(fourth.id, ticket.id);
    a.io.emit('last');
    assert.deepEqual(await namesUntil(fourth, 'last'), [ 'on b', 'on c' ]);
  });

  it('keeps what comes while asynchronous connection middleware runs', async () => {
    const [ d, e ] = await cluster.start({ connectionStateRecovery: { skipMiddlewares: false } }, 'd', 'e');
    const client = await connect(d);
    void d.socketOf(client).join('room');
    const ticket = await d.drop(client);
    let proceed = () => {};
    const entered = new Promise<void>(resolve => {
      e.io.use((_socket, next) => {
        proceed = next;
        resolve();
      });
    });
    const coming = comeBack(e, ticket);
    await entered;
    d.io.emit('one');
    e.io.to('room').emit('two');
    e.io.to('elsewhere').emit('three');
    await arrived(d, e);
    proceed();
    const back = await coming;
    assert.equal(back.id, ticket.id);
    e.io.emit('last');
    assert.deepEqual((await namesUntil(back, 'last')).sort(), [ 'one', 'two' ]);
  });

  it('does not give a session to a second client while the first is about to connect', async () => {
    const [ d, e ] = await cluster.start({ connectionStateRecovery: { skipMiddlewares: false } }, 'd', 'e');
    const ticket = await d.drop(await connect(d));
    const waiting: (() => void)[] = [];
    let entered = () => {};
    e.io.use((_socket, next) => {
      waiting.push(next);
      entered();
    });
    const coming: Promise<SocketIOTestClient>[] = [];
    for (let i = 0; i < 2; i++) {
      const waits = new Promise<void>(resolve => { entered = resolve; });
      coming.push(comeBack(e, ticket));
      await waits;
    }
    waiting.forEach(next => next());
    const ids = (await Promise.all(coming)).map(({ id }) => id);
    assert.equal(ids.filter(id => id === ticket.id).length, 1);
  });

  it('keeps the session of a client that was refused, or did not stay until it was connected', async () => {
    const [ d, e ] = await cluster.start({ connectionStateRecovery: { skipMiddlewares: false } }, 'd', 'e');
    const ticket = await d.drop(await connect(d));
    let open = false;
    e.io.use((_socket, next) => next(open ? undefined : new Error('not yet')));
    await assert.rejects(comeBack(e, ticket), { message: 'not yet' });
    d.io.emit('missed');
    await arrived(d, e);
    open = true;
    const client = await comeBack(e, ticket);
    assert.equal(client.id, ticket.id);
    e.io.emit('last');
    assert.deepEqual(await namesUntil(client, 'last'), [ 'missed' ]);
  });

  it('sends nothing to other workers for what is private to a client, unless its own room has guests there', async () => {
    const client = await connect(a);
    const guest = await connect(b);
    cluster.takeSent();
    a.socketOf(client).emit('private');
    a.socketOf(client).emit('with ack', () => undefined);
    await client.next('with ack');
    assert.deepEqual(cluster.takeSent(), []);

    await b.socketOf(guest).join(client.id!);
    await arrived(b, a);
    a.io.to(client.id!).emit('to the room');
    assert.deepEqual(await namesUntil(guest, 'to the room'), []);
    assert.deepEqual(await namesUntil(client, 'to the room'), [ 'private' ]);
    a.socketOf(client).emit('with ack', () => undefined);
    a.io.to(client.id!).emit('to the room');
    assert.deepEqual(await namesUntil(guest, 'to the room'), [], 'what is to be acked is for the client alone');

    await namesUntil(client, 'to the room');
    const ticket = await a.drop(client);
    const back = await comeBack(c, ticket);
    c.io.to(ticket.id).emit('to the room');
    assert.deepEqual(await namesUntil(guest, 'to the room'), [], 'the guest is known wherever the client goes');
    assert.deepEqual(await namesUntil(back, 'to the room'), []);
  });

  it('asks nobody about what cannot be a session', async () => {
    const ticket = await a.drop(await connect(a));
    cluster.takeSent();
    for (const wrong of [{ offset: 'text of the last event' }, { offset: 'x'.repeat(10_000) }, { pid: 'x'.repeat(10_000) }]) {
      assert.notEqual((await comeBack(b, { ...ticket, ...wrong })).id, ticket.id);
    }
    assert.deepEqual(cluster.takeSent(), []);
  });

  it('adds one offset to what a parent namespace sends in each of its children', async () => {
    const parent = a.io.of(/^\/child-\d$/);
    parent.on('connection', socket => { void socket.join('room'); });
    const clients = await Promise.all([ 1, 2 ].map(i => a.connect({ namespace: `/child-${i}` })));
    parent.to('room').emit('hi', 1);
    for (const client of clients) {
      const args = await client.next('hi');
      assert.equal(args.length, 2);
      assert.deepEqual([ args[0], typeof args[1] ], [ 1, 'string' ]);
    }
  });

  it('gives a client whose worker was killed a clean new session, at once', async () => {
    const client = await connect(a);
    const ticket = ticketOf(client);
    cluster.network.kill(a.tag);
    const back = await comeBack(b, ticket);
    assert.notEqual(back.id, ticket.id);
    assert.notEqual(ticketOf(back).pid, ticket.pid);
  });

  it('gives a client a new session if its own cannot be handed over', async () => {
    const client = await connect(a);
    const data: { self?: unknown } = {};
    data.self = data;
    a.socketOf(client).data = data;
    const ticket = await a.drop(client);
    assert.notEqual((await comeBack(b, ticket)).id, ticket.id);
    assert.equal((await comeBack(a, ticket)).id, ticket.id, 'it is still where it was');
  });

  it('forgets a session after its time', async () => {
    const [ d, e ] = await cluster.start({ connectionStateRecovery: { maxDisconnectionDuration: -1 } }, 'd', 'e');
    const ticket = await d.drop(await connect(d));
    for (const worker of [ d, e ]) assert.notEqual((await comeBack(worker, ticket)).id, ticket.id);
  });

  it('outlives a dynamic namespace that its last client has left', async () => {
    const [ d, e ] = await cluster.start({ ...RECOVERY, cleanupEmptyChildNamespaces: true }, 'd', 'e');
    const nsp = '/room-1';
    for (const { io } of [ d, e ]) io.of(/^\/room-\d$/);
    const other = await e.connect({ namespace: nsp });
    for (const to of [ d, e ]) {
      const ticket = await d.drop(await connect(d, nsp), nsp);
      assert.equal(d.io._nsps.has(nsp), false);
      e.io.of(nsp).emit('missed');
      await arrived(e, d);
      const client = await comeBack(to, ticket, nsp);
      assert.equal(client.id, ticket.id);
      e.io.of(nsp).emit('last');
      assert.deepEqual(await namesUntil(client, 'last'), [ 'missed' ]);
      await to.drop(client, nsp);
    }
    await other.close();
  });

  describe('a worker that closes', () => {
    it('leaves its sessions to the others', async () => {
      const [ away, stays ] = [ await connect(a), await connect(a) ];
      await a.socketOf(away).join('room');
      const ticket = await a.drop(away);
      a.socketOf(stays).emit('private');
      await stays.next('private');
      c.io.to('room').emit('one');
      await arrived(c, a);
      const ticketOfStays = ticketOf(stays);
      await a.close();
      c.io.emit('two');
      await arrived(c, b);

      const first = await comeBack(b, ticket);
      c.io.emit('three');
      assert.deepEqual([ first.id, ...await namesUntil(first, 'three') ], [ ticket.id, 'one', 'two' ]);
      const second = await comeBack(c, ticketOfStays);
      c.io.emit('four');
      assert.deepEqual([ second.id, ...await namesUntil(second, 'four') ], [ ticketOfStays.id, 'two', 'three' ]);
    });

    it('leaves them one after the other', async () => {
      const ticket = await a.drop(await connect(a));
      c.io.emit('one');
      await arrived(c, a);
      await a.close();
      c.io.emit('two');
      await arrived(c, b);
      await b.close();
      c.io.emit('three');
      const client = await comeBack(c, ticket);
      c.io.emit('last');
      assert.deepEqual([ client.id, ...await namesUntil(client, 'last') ], [ ticket.id, 'one', 'two', 'three' ]);
    });

    it('has its heir answer for it until that has told it to have got everything', async () => {
      const ticket = await a.drop(await connect(a));
      const closed = a.io.close();
      const { to } = cluster.network.sent.find(({ message }) => typeOf(message) === 'bequeath')!;
      const other = to === b.tag ? c : b;
      const release = cluster.network.hold(a.tag, to);
      const passedOn = cluster.network.next(({ from, message }) => from === a.tag && typeOf(message) === 'find-session');
      const nothing = cluster.network.next(({ from, message }) => from === to && typeOf(message) === 'session');
      // The heir has nothing yet when it is asked; behind the heritage it is asked once more.
      const asked = comeBack(other, ticket);
      await Promise.all([ passedOn, nothing ]);
      release();
      assert.equal((await asked).id, ticket.id);
      await closed;
    });

    it('takes another heir if the first dies', async () => {
      const ticket = await a.drop(await connect(a));
      const closed = a.io.close();
      const { to } = cluster.network.sent.find(({ message }) => typeOf(message) === 'bequeath')!;
      cluster.network.kill(to);
      await closed;
      assert.equal((await comeBack(to === b.tag ? c : b, ticket)).id, ticket.id);
    });

    it('closes although its heir is silent', async () => {
      await a.drop(await connect(a));
      for (const { tag } of [ b, c ]) cluster.network.hold(tag, a.tag);
      await a.io.close();
      assert.equal(a.port.listeners.size, 0);
    });

    it('does not wait if it is alone, or has nothing to leave', async () => {
      await connect(a);
      cluster.network.kill(b.tag);
      cluster.network.kill(c.tag);
      cluster.takeSent();
      await a.close();
      assert.deepEqual(cluster.takeSent(), []);
    });
  });
});
