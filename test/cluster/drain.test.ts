import assert from 'node:assert/strict';
import { ClusterProcess } from '../support/cluster_process';
import { connectMany, KINDS, type LoadClient } from '../support/load_client';

const WORKERS = 3;
const CLIENTS = 30;

/** Closed by its transport, a client reconnects by itself; after 'io server disconnect' it would not. */
function assertLetGo(clients: readonly LoadClient[]): void {
  for (const { name, kind, disconnects } of clients) {
    assert.deepEqual(disconnects.map(({ reason }) => reason), [ 'transport close' ], `${name} (${kind})`);
  }
}

describe('test/cluster/drain.test.ts', function() {
  this.timeout(120_000);
  let cluster: ClusterProcess;
  let clients: LoadClient[];

  before(async () => { cluster = await ClusterProcess.start({ workers: WORKERS }); });
  after(() => cluster.stop());
  beforeEach(async () => {
    clients = await connectMany(cluster.url, CLIENTS, 1);
    await Promise.all(clients.map(client => client.upgraded()));
  });
  afterEach(() => Promise.all(clients.map(client => client.close())));

  it('SIGTERM to a worker: its disconnect handlers finish, and its clients reconnect to other workers', async () => {
    const stopped = clients[0].pid;
    const guests = clients.filter(({ pid }) => pid === stopped);
    const others = clients.filter(({ pid }) => pid !== stopped);
    assert.ok(guests.some(({ kind }) => kind === 'polling') && guests.some(({ kind }) => kind !== 'polling'));
    const ids = guests.map(({ socket }) => socket.id!);
    const from = cluster.news.length;
    const begun = Date.now();
    process.kill(stopped, 'SIGTERM');
    await Promise.all(guests.map(guest => guest.until(() => guest.returns.length > 0)));
    const back = Date.now() - begun;
    await cluster.hear('worker died', from);
    const died = Date.now() - begun;
    assertLetGo(guests);
    assert.ok(guests.every(({ pid }) => pid !== stopped));
    const { left } = cluster;
    for (const id of ids) assert.equal(left.get(id), 'server shutting down');
    // Few of them at a time: with so few clients, one. The pause is 25 ms at least.
    const times = cluster.news.flatMap(news => (news.what === 'left' && ids.includes(news.id) ? [ news.at ] : [])).sort((a, b) => a - b);
    const pauses = times.slice(1).map((at, i) => at - times[i]).filter(pause => pause > 20);
    assert.ok(pauses.length >= guests.length / 2, `${pauses.length} pauses`);
    await Promise.all(others.map(other => other.ask('echo')));
    for (const { name, kind, disconnects } of others) assert.deepEqual(disconnects, [], `${name} (${kind}), a client of another worker`);
    console.log('      %d clients were let go and back after %d ms, the worker was gone after %d ms', guests.length, back, died);
  });

  it('SIGTERM to the master: all disconnect handlers finish, and the clients reconnect once the app has started again', async () => {
    const ids = clients.map(({ socket }) => socket.id!);
    const { port, left } = { port: cluster.port, left: () => cluster.left };
    const begun = Date.now();
    assert.equal(await cluster.stop(), 0);
    const gone = Date.now() - begun;
    await Promise.all(clients.map(client => client.until(() => client.disconnects.length > 0)));
    assertLetGo(clients);
    for (const id of ids) assert.equal(left().get(id), 'server shutting down');
    cluster = await ClusterProcess.start({ workers: WORKERS, port });
    await Promise.all(clients.map(client => client.until(() => client.returns.length > 0)));
    assertLetGo(clients);
    assert.deepEqual(new Set(clients.map(({ kind }) => kind)), new Set(KINDS));
    console.log('      the cluster of %d clients was gone after %d ms', CLIENTS, gone);
  });
});
