import assert from 'node:assert/strict';
import { arrived, MemoryCluster, type MemoryWorker } from '../support/adapter/memory_cluster';
import type { SocketIOTestClient } from '../../lib/mock/typed';

/** The names of the events that a client has got before the next one of this name, which it takes. */
async function namesUntil(client: SocketIOTestClient, last: string): Promise<string[]> {
  await client.next(last);
  return (client.pending as unknown as { event: string }[]).splice(0).map(({ event }) => event);
}

describe('test/cluster/last_packets.test.ts', () => {
  let cluster: MemoryCluster;
  let killed: MemoryWorker;
  let busy: MemoryWorker;
  let others: MemoryWorker[];

  beforeEach(async () => {
    cluster = new MemoryCluster();
    [ killed, busy, ...others ] = await cluster.start({ connectionStateRecovery: {} }, 'a', 'b', 'c', 'd');
  });
  afterEach(() => cluster.close());

  /** Kills a worker before the system has accepted what it has sent to the busy one. */
  function kill(): void {
    cluster.network.lose(killed.tag, busy.tag);
    cluster.network.kill(killed.tag);
  }

  it('clients of a worker that did not read get the last broadcasts of a killed one too, once and in order', async () => {
    const client = await busy.connect();
    await busy.socketOf(client).join([ 'room', 'excluded' ]);
    killed.io.emit('first');
    await client.next('first');
    cluster.network.hold(killed.tag, busy.tag);
    killed.io.emit('second');
    killed.io.to('room').emit('third', Buffer.from([ 1, 2 ]));
    killed.io.to('another room').emit('not for it');
    killed.io.to('room').except('excluded').emit('not for it either');
    killed.io.emit('fourth');
    await Promise.all(others.map(other => arrived(killed, other)));
    kill();
    await client.next('second');
    const [ content ] = await client.next('third');
    assert.deepEqual(content, Buffer.from([ 1, 2 ]));
    await client.next('fourth');
    for (const other of others) await arrived(other, busy);
    busy.io.emit('end');
    assert.deepEqual(await namesUntil(client, 'end'), []);
  });

  it('a worker that still reads the last messages of the killed one passes them on when it has got them', async () => {
    const [ slow, third ] = others;
    const client = await busy.connect();
    killed.io.emit('first');
    await client.next('first');
    await arrived(killed, third);
    cluster.network.hold(killed.tag, third.tag);
    const release = cluster.network.hold(killed.tag, slow.tag);
    cluster.network.hold(killed.tag, busy.tag);
    killed.io.emit('second');
    cluster.network.lose(killed.tag, third.tag);
    kill();
    await arrived(busy, slow);
    release();
    await client.next('second');
  });

  it('a client that has got them elsewhere before it came to that worker does not get them again', async () => {
    const [ other ] = others;
    const client = await other.connect();
    killed.io.emit('first');
    await client.next('first');
    cluster.network.hold(killed.tag, busy.tag);
    killed.io.emit('second');
    await client.next('second');
    await arrived(killed, others[1]);
    const { pid, offset } = await other.drop(client);
    const again = await busy.connect({ auth: { pid, offset } });
    const bystander = await busy.connect();
    kill();
    await bystander.next('second');
    busy.io.emit('end');
    assert.deepEqual(await namesUntil(again, 'end'), []);
  });
});
