import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { childrenOf } from '../support/child_processes';
import { ClusterProcess } from '../support/cluster_process';
import { compiledFixture } from '../support/compiled_plugin';
import { connectAll, type DeployClient, finish } from '../support/deploy_clients';

const CLIENTS = 24;

describe('test/cluster/restart.test.ts', function() {
  this.timeout(120_000);
  let cluster: ClusterProcess;
  /** How many workers the cluster has that the last test has left running. */
  let running = 0;
  let clients: DeployClient[];

  beforeEach(() => { clients = []; });
  afterEach(async function() {
    for (const client of clients) client.close();
    if (this.currentTest!.isFailed()) await stop();
  });
  after(() => stop());

  /** The processes of the workers that were started, oldest first. */
  const started = (): number[] => cluster.news.flatMap(news => (news.what === 'worker' ? [ news.pid ] : []));

  async function start(workers: number, port?: number): Promise<number[]> {
    cluster = await ClusterProcess.start({ fixture: 'deploys', workers, port });
    running = workers;
    return started();
  }

  async function stop(): Promise<void> {
    running = 0;
    await cluster.stop();
  }

  /** The cluster that the last test has started again, or one that is started. */
  async function runningOrStarted(workers: number): Promise<number[]> {
    if (running === workers) return started();
    if (running > 0) await stop();
    return start(workers);
  }

  /** Resolves when each client has lost its connection and has one again. */
  async function back(): Promise<void> {
    await Promise.all(clients.map(({ socket }) => new Promise<void>(resolve => {
      socket.once('disconnect', () => { socket.once('connect', resolve); });
    })));
  }

  /** The files that the app has left in its `run` folder. */
  function leftFiles(): string[] {
    const run = path.join(compiledFixture('deploys'), 'run');
    return existsSync(run) ? readdirSync(run).filter(name => name.startsWith('egg-socketio-')) : [];
  }

  /** The lines that the plugin has logged about this stop and start. */
  const linesOfLog = (): string => cluster.log.split('\n').filter(line => /stop:|start:/.test(line)).join('\n');

  async function assertNothingIsLost(living: readonly number[], expected: number): Promise<void> {
    const notes = await Promise.all(clients.map(client => client.ask('recall')));
    assert.deepEqual(notes, clients.map(({ socket }) => `of ${socket.id}`), linesOfLog());
    const { disconnected, ...rest } = await finish(clients, living);
    assert.deepEqual(rest, { recovered: disconnected, anew: 0, missed: 0, doubled: 0 }, linesOfLog());
    assert.ok(disconnected >= expected, `${disconnected} disconnects`);
  }

  for (const workers of [ 1, 3 ]) {
    it(`${workers} worker(s): all clients recover over a stop and start of the whole app, and miss nothing`, async () => {
      const first = await runningOrStarted(workers);
      const { port } = cluster;
      clients = await connectAll(cluster, CLIENTS, first);
      const returned = back();
      const others = leftFiles();
      await stop();
      assert.match(cluster.log, /stop: wrote \d+ recoverable session\(s\) to /);
      assert.equal(leftFiles().length, others.length + 1);
      const living = await start(workers, port);
      assert.deepEqual(leftFiles(), others);
      await returned;
      await assertNothingIsLost(living, CLIENTS);
    });
  }

  it('all clients recover if SIGINT goes to all processes at once, as PM2 and a terminal send it', async () => {
    const first = await runningOrStarted(3);
    const { port } = cluster;
    clients = await connectAll(cluster, CLIENTS, first);
    const returned = back();
    const others = leftFiles();
    for (const pid of [ ...childrenOf(cluster.master), cluster.master ]) process.kill(pid, 'SIGINT');
    running = 0;
    assert.equal(await cluster.over(), 0);
    assert.match(cluster.log, /stop: wrote \d+ recoverable session\(s\) to /);
    const living = await start(3, port);
    assert.deepEqual(leftFiles(), others);
    await returned;
    await assertNothingIsLost(living, CLIENTS);
  });

  it('all clients recover over a rolling restart, in which a worker is stopped while the previous one is still stopping', async () => {
    const first = await runningOrStarted(3);
    clients = await connectAll(cluster, CLIENTS, first);
    const from = cluster.news.length;
    const gone = clients.map(({ socket }) => new Promise<void>(resolve => { socket.once('disconnect', () => resolve()); }));
    // The first has a client, whose disconnect is waited for. Another may have none: who is dealt to which depends on how busy they are.
    const { home } = clients[0];
    for (const pid of [ home, ...first.filter(other => other !== home) ]) {
      process.kill(pid, 'SIGTERM');
      // As soon as it closes connections.
      await Promise.race(gone);
    }
    let at = from;
    for (let i = 0; i < first.length; i++) at = cluster.news.indexOf(await cluster.hear('worker', at)) + 1;
    await Promise.all(clients.map(client => client.connected()));
    await assertNothingIsLost(started().slice(-3), CLIENTS);
  });
});
