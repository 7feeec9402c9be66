import assert from 'node:assert/strict';
import { ClusterProcess } from '../support/cluster_process';
import { assertAllHeard, connectMany, KINDS, type LoadClient } from '../support/load_client';

const WORKERS = 3;
const CLIENTS = 300;
const ROOMS = 10;
const MESSAGES = 10;

describe('test/cluster/load.test.ts', () => {
  let cluster: ClusterProcess;
  let clients: LoadClient[] = [];

  before(async () => { cluster = await ClusterProcess.start({ workers: WORKERS }); });
  after(async () => {
    await Promise.all(clients.map(client => client.close()));
    await cluster.stop();
  });

  it(`${CLIENTS} clients of all kinds: every message is acked, and reaches every member of the room once and in order`, async function() {
    this.timeout(120_000);
    const started = Date.now();
    clients = await connectMany(cluster.url, CLIENTS, ROOMS);
    const connected = Date.now();
    assert.equal(new Set(clients.map(({ pid }) => pid)).size, WORKERS, 'all workers have clients');
    for (const client of clients) client.talk(MESSAGES);
    await Promise.all(clients.map(client => client.finished()));
    const heard = await assertAllHeard(clients);
    for (const client of clients) {
      client.assertAllAcked();
      assert.deepEqual(client.disconnects, []);
    }
    await Promise.all(clients.map(client => client.upgraded()));
    const used = new Set(clients.map(({ kind, socket }) => `${kind}: ${socket.io.engine.transport.name}`));
    assert.deepEqual(used, new Set(KINDS.map(kind => `${kind}: ${kind === 'polling' ? 'polling' : 'websocket'}`)));
    console.log('      %d clients connected in %d ms; %d acks and %d broadcasts in %d ms',
      CLIENTS, connected - started, CLIENTS * MESSAGES, heard, Date.now() - connected);
  });
});
