import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { MessageType } from 'socket.io-adapter';
import { addAcks } from '../../lib/boot/acks_method';
import { resolveLimits } from '../../lib/limits/limits';
import type { SocketIOTestClient } from '../../lib/mock/typed';
import type { AckResult } from '../../lib/types/client_acks';
import { MemoryCluster, type MemoryWorker } from '../support/adapter/memory_cluster';
import { answer, nextAck } from '../support/adapter/world';

/** Milliseconds. A test that waits for this one fails. */
const NEVER = 100_000;

function acksOf(worker: MemoryWorker, client: SocketIOTestClient): Map<number, unknown> {
  return (worker.socketOf(client) as unknown as { acks: Map<number, unknown> }).acks;
}

const shown = ({ socket, value, error }: AckResult) => [ socket, error?.code ?? value ];

describe('test/cluster/client_acks.test.ts', () => {
  let cluster: MemoryCluster;
  let a: MemoryWorker;
  let b: MemoryWorker;

  beforeEach(async () => {
    cluster = new MemoryCluster();
    [ a, b ] = await cluster.start({}, 'a', 'b');
  });
  afterEach(() => cluster.close());

  it('acks() without a loop sends nothing', async () => {
    const client = await a.connect();
    const results = a.io.timeout(NEVER).acks('ask');
    await results.return();
    a.io.emit('later');
    await client.next('later');
    assert.deepEqual(client.pending, []);
    assert.equal(acksOf(a, client).size, 0);
  });

  it('leaving the loop forgets the acks that are missing: on its own worker at once, on others when the time is over', async () => {
    const [ quick, slow, far ] = [ await a.connect(), await a.connect(), await b.connect() ];
    answer(quick, 1);
    const asked = Promise.all([ nextAck(slow), nextAck(far) ]);
    for await (const result of a.io.timeout(300).acks('ask')) {
      assert.deepEqual(shown(result), [ quick.id, 1 ]);
      await asked;
      break;
    }
    assert.equal(acksOf(a, slow).size, 0);
    while (acksOf(b, far).size > 0) await setImmediate();
    for (const ack of await asked) ack('late');
    assert.deepEqual([ ...a.errors, ...b.errors ], []);
  });

  it('a loop that is begun and abandoned forgets all acks when its time is over, and rejects nothing', async () => {
    const [ near, far ] = [ await a.connect(), await b.connect() ];
    const asked = Promise.all([ nextAck(near), nextAck(far) ]);
    void a.io.timeout(300).acks('ask').next();
    await asked;
    assert.equal(acksOf(a, near).size, 1);
    while (acksOf(a, near).size + acksOf(b, far).size > 0) await setImmediate();
  });

  it('clients of a worker that is killed have CLIENT_LEFT, and are not waited for', async () => {
    const [ near, far, gone ] = [ await a.connect(), await b.connect(), await b.connect() ];
    answer(near, 'near');
    answer(far, 'far');
    const results: unknown[] = [];
    for await (const result of a.io.timeout(NEVER).acks('ask')) {
      results.push(shown(result));
      if (results.length === 2) cluster.network.kill(b.tag);
    }
    assert.deepEqual(results.slice(0, 2).sort(), [[ near.id, 'near' ], [ far.id, 'far' ]].sort());
    assert.deepEqual(results.slice(2), [[ gone.id, 'CLIENT_LEFT' ]]);
  });

  it('a worker that is killed before it has said whom it has asked does not hold up the loop', async () => {
    const near = await a.connect();
    await b.connect();
    answer(near, 1);
    cluster.network.hold(b.tag, a.tag);
    const results: unknown[] = [];
    const waiting = (async () => { for await (const result of a.io.timeout(NEVER).acks('ask')) results.push(shown(result)); })();
    await near.next('ask');
    cluster.network.lose(b.tag, a.tag);
    cluster.network.kill(b.tag);
    await waiting;
    assert.deepEqual(results, [[ near.id, 1 ]]);
  });

  it('throws PEERS_SILENT after the results if a worker has not said in time whom it has asked', async () => {
    const near = await a.connect();
    await b.connect();
    answer(near, 1);
    const release = cluster.network.hold(b.tag, a.tag);
    const results: unknown[] = [];
    await assert.rejects(async () => {
      for await (const result of a.io.timeout(300).acks('ask')) results.push(shown(result));
    }, { code: 'PEERS_SILENT', message: /^acks of 'ask': namespace \/: only 1 worker\(s\) or server\(s\) have said within 300 ms/ });
    assert.deepEqual(results, [[ near.id, 1 ]]);
    release();
  });

  it('clients whose worker cannot pass their acks on have PEER_FAILED, with its reason', async () => {
    const far = await b.connect();
    const isCount = ({ message }: { message: unknown }) => (message as { type: unknown }).type === MessageType.BROADCAST_CLIENT_COUNT;
    const count = cluster.network.next(isCount);
    const results = a.io.timeout(NEVER).acks('ask');
    const first = results.next();
    const { data: { requestId } } = (await count).message as { data: { requestId: string } };
    b.port.send(a.tag, { uid: b.tag, nsp: '/', type: 'failed', data: { requestId, reason: 'too large' } });
    const { value } = await first as { value: AckResult };
    assert.deepEqual([ value.socket, value.error?.code, value.error?.message ], [ far.id, 'PEER_FAILED', 'too large' ]);
    assert.equal((await results.next()).done, true);
  });

  it('a client that an outgoing listener disconnects while it is asked has CLIENT_LEFT', async () => {
    const clients = [ await a.connect(), await b.connect() ];
    for (const [ i, worker ] of [ a, b ].entries()) {
      const socket = worker.socketOf(clients[i]);
      socket.onAnyOutgoing(() => socket.disconnect(true));
    }
    const ids = clients.map(({ id }) => id);
    const results: unknown[] = [];
    for await (const result of a.io.timeout(NEVER).acks('ask')) results.push(shown(result));
    assert.deepEqual(results.sort(), ids.map(id => [ id, 'CLIENT_LEFT' ]).sort());
  });

  it('a slow loop keeps no more bytes of acks than the limit, and the results of the others have ACK_DROPPED', async () => {
    addAcks(a.io, resolveLimits({ ackBytes: 25_000 }), { add: () => undefined } as never);
    const clients = [ await a.connect(), await a.connect(), await b.connect(), await b.connect() ];
    for (const client of clients) answer(client, 'x'.repeat(10_000));
    const isAck = ({ message }: { message: unknown }) => (message as { type: unknown }).type === MessageType.BROADCAST_ACK;
    const sent = [ cluster.network.next(isAck), cluster.network.next(isAck) ];
    const results = a.io.timeout(NEVER).acks('ask');
    const first = results.next();
    await Promise.all(sent);
    await setImmediate();
    await setImmediate();
    while (clients.slice(0, 2).some(client => acksOf(a, client).size > 0)) await setImmediate();
    const codes = [ (await first).value as AckResult ];
    for await (const result of results) codes.push(result);
    assert.deepEqual(codes.map(({ error }) => error?.code ?? 'acked').sort(), [ 'ACK_DROPPED', 'acked', 'acked', 'acked' ]);
  });

  it('throws for data that cannot be sent, and asks nobody', async () => {
    const client = await a.connect();
    await assert.rejects(a.io.acks('ask', 1n).next(), TypeError);
    assert.throws(() => a.io.acks('connect'), /reserved event name/);
    assert.equal(acksOf(a, client).size, 0);
  });
});
