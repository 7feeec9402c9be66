import assert from 'node:assert/strict';
import { life } from '../fixtures/apps/life/app/socket/rooms';
import { useApp } from '../support/app';

/** Something that a handler waits for until the test lets it go on. */
function gate(name: string): () => void {
  let open!: () => void;
  life.gates.set(name, new Promise(resolve => { open = resolve; }));
  return open;
}

/** Resolves once the handlers have noted `count` things. */
async function noted(count: number): Promise<unknown[]> {
  while (life.log.length < count) await new Promise<void>(resolve => { life.told.push(resolve); });
  return life.log;
}

describe('test/namespace/life.test.ts', () => {
  const t = useApp('life');
  const connect = () => t.connect({ namespace: '/life' });
  const CONNECTED = [[ 'connected', 'first' ], [ 'connected', 'second' ]];

  beforeEach(() => {
    life.log = [];
    life.gates.clear();
  });

  it('runs the connection handlers of every controller in turn, and an error in one does not stop the others', async () => {
    const client = await connect();
    assert.deepEqual(await client.next('exception'), [{ event: 'connection', code: 'INTERNAL', message: 'second fails' }]);
    assert.deepEqual(life.log, CONNECTED);
    assert.equal(await client.sendWithAck('other'), 'from the second controller');
  });

  it('keeps early messages until the connection handlers have finished, in order', async () => {
    const open = gate('connection');
    const client = await connect();
    const arrived = new Promise<void>(resolve => {
      t.app.io.of('/life').sockets.forEach(socket => socket.onAny((_event, text) => { if (text === 'early 3') resolve(); }));
    });
    const acks = [ 1, 2, 3 ].map(n => client.sendWithAck('say', `early ${n}`));
    await arrived;
    assert.deepEqual(life.log, []);
    open();
    assert.deepEqual(await Promise.all(acks), [ 'early 1', 'early 2', 'early 3' ]);
    assert.deepEqual(life.log, [ ...CONNECTED, [ 'say', 'early 1' ], [ 'say', 'early 2' ], [ 'say', 'early 3' ]]);
  });

  it('runs connection, message and disconnect handlers in that order for a client that leaves at once', async () => {
    const open = gate('connection');
    const client = await connect();
    client.send('say', 'last words');
    const left = new Promise<void>(resolve => {
      t.app.io.of('/life').sockets.forEach(socket => socket.once('disconnect', () => resolve()));
    });
    await client.close();
    await left;
    assert.deepEqual(life.log, []);
    open();
    assert.deepEqual(await noted(5), [
      ...CONNECTED,
      [ 'say', 'last words' ],
      [ 'disconnecting', 'client namespace disconnect', undefined, false ],
      [ 'disconnect', 'client namespace disconnect', 'disconnect', false ],
    ]);
  });

  it('gives disconnect handlers reason and details, and disconnecting handlers the rooms, also after an await', async () => {
    const client = await connect();
    await client.sendWithAck('say', 'hi');
    client.socket.io.engine.close();
    const [ , , , disconnecting, disconnect ] = await noted(5) as unknown[][];
    assert.deepEqual(disconnecting, [ 'disconnecting', 'transport close', disconnecting[2], true ]);
    assert.deepEqual(disconnect, [ 'disconnect', 'transport close', 'disconnect', false ]);
  });

  it('distinguishes a disconnect by the server from others', async () => {
    const client = await connect();
    await client.sendWithAck('say', 'hi');
    t.app.io.of('/life').disconnectSockets();
    const log = await noted(5) as unknown[][];
    assert.equal(log[4][1], 'server namespace disconnect');
  });

  describe('dynamic namespaces', () => {
    it('belong to all controllers of an equal RegExp, whatever its flags, and every time', async () => {
      for (const name of [ '/room-1', '/room-2', '/room-3' ]) {
        const client = await t.connect({ namespace: name });
        assert.deepEqual(await client.next('welcome'), [ name ]);
        assert.equal(await client.sendWithAck('where'), name);
      }
      await assert.rejects(t.connect({ namespace: '/room-x' }), { message: 'Invalid namespace' });
    });

    it('are cleaned up when the last client has left', async () => {
      const { io } = t.app;
      const client = await t.connect({ namespace: '/room-9' });
      assert.ok(io._nsps.has('/room-9'));
      const left = new Promise(resolve => { io.of('/room-9').sockets.forEach(socket => socket.once('disconnect', resolve)); });
      await client.close();
      await left;
      assert.ok(!io._nsps.has('/room-9'));
    });
  });

  describe('inherited handlers', () => {
    it('are bound for each subclass, and an override without decorators keeps the base\'s', async () => {
      const left = await t.connect({ namespace: '/left' });
      const right = await t.connect({ namespace: '/right' });
      assert.equal(await left.sendWithAck('ping'), 'pong of LeftController');
      assert.equal(await right.sendWithAck('ping'), 'pong of RightController');
      assert.equal(await left.sendWithAck('kept'), 'left over base');
      assert.equal(await right.sendWithAck('kept'), 'base');
    });

    it('are replaced by an override with decorators of its own', async () => {
      const left = await t.connect({ namespace: '/left' });
      assert.deepEqual(await left.sendWithAck('old name'), { error: { code: 'EVENT_NOT_FOUND', message: 'no handler for this event' } });
      left.send('new name');
      assert.deepEqual(await left.next('new event'), [ 'left' ]);
      assert.deepEqual(left.pending, []);
      const right = await t.connect({ namespace: '/right' });
      right.send('old name');
      assert.deepEqual(await right.next('old event'), [ 'base' ]);
    });
  });
});
