import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ClusterProcess } from '../support/cluster_process';
import { compiledFixture } from '../support/compiled_plugin';
import { onlyOnEgg3, RELOAD_LEAVES_A_WORKER } from '../support/framework';
import { connectMany } from '../support/load_client';

const WORKERS = 3;
const CLIENTS = 30;
// If nobody stays, a poll may meet nobody, or come to a worker that goes before it has seen it: then no answer comes.
const REASONS = [ 'transport close', ...(RELOAD_LEAVES_A_WORKER ? [] : [ 'transport error', 'ping timeout' ]) ];

describe('test/cluster/reload.test.ts', function() {
  this.timeout(120_000);
  let cluster: ClusterProcess;

  before(async () => { cluster = await ClusterProcess.start({ workers: WORKERS, env: 'local' }); });
  after(() => cluster.stop());

  it('after a reload in development all clients reconnect to new workers, and no old worker stays', async () => {
    const clients = await connectMany(cluster.url, CLIENTS, 1);
    await Promise.all(clients.map(client => client.upgraded()));
    const old = new Set(clients.map(({ pid }) => pid));
    assert.equal(old.size, WORKERS);
    const ids = clients.map(({ socket }) => socket.id!);
    const from = cluster.news.length;
    await clients[0].ask('reload');
    // The clients may all have come back while the last new worker still starts.
    for (const what of [ 'worker died', 'worker' ] as const) {
      let last = from;
      for (let heard = 0; heard < WORKERS; heard++) last = cluster.news.indexOf(await cluster.hear(what, last)) + 1;
    }
    await Promise.all(clients.map(client => client.until(() => client.pid !== 0 && !old.has(client.pid))));
    for (const { name, kind, disconnects } of clients) {
      assert.ok(disconnects.every(({ reason }) => REASONS.includes(reason)), `${name} (${kind}): ${JSON.stringify(disconnects)}`);
    }
    for (const id of ids) assert.equal(cluster.left.get(id), 'server shutting down');
    const present = await clients[0].ask<{ pid: number }[]>('who');
    assert.deepEqual(present.map(({ pid }) => pid).sort(), clients.map(({ pid }) => pid).sort());
    await Promise.all(clients.map(client => client.close()));
  });

  it('one worker logs the loaded handlers; workers that have loaded the same do not log them again', async function() {
    onlyOnEgg3(this, 'at a reload, its cluster-reload stops all workers before there are new ones, and nobody is left to know');
    await cluster.stop();
    const pids = cluster.news.flatMap(news => (news.what === 'worker' ? [ news.pid ] : []));
    assert.equal(new Set(pids).size, 2 * WORKERS);
    // In this env the log is the fixture's own, and has earlier runs too.
    const log = readFileSync(path.join(compiledFixture('workers'), 'logs/workers/workers-web.log'), 'utf8');
    const said = log.split('\n').filter(line => pids.some(pid => line.includes(`INFO ${pid} [egg-socketio] loaded `)));
    assert.equal(said.length, 1, said.join('\n'));
  });
});
