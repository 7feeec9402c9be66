import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { transformSync } from 'esbuild';
import { SocketIOTestClient } from 'egg-socketio/mock';
import { codeBlocksOf, readPage } from '../docs/markdown';
import { ClusterProcess } from '../support/cluster_process';
import { compiledPlugin } from '../support/compiled_plugin';
import { type Exposition, scrapeUntil } from '../support/exposition';
import { ownOptions } from '../support/quick_start';

const WORKERS = 3;
const CLIENTS = 30;

const blocks = codeBlocksOf(readPage('docs/operations.md'));

/** In the tests, more often than on the page. */
const INTERVAL = 1000;

function rebalance(): string {
  const { content } = blocks.find(block => block.path === 'app/schedule/rebalance.ts')!;
  assert.ok(content.includes("interval: '5m'"));
  return transformSync(content.replace("'5m'", String(INTERVAL)), { loader: 'ts', format: 'cjs', target: 'es2022' }).code;
}

const FILES = {
  'package.json': '{ "name": "operations" }',
  'config/config.default.js': `module.exports = ({ root }) => ({
    keys: 'test', socketio: { connectionStateRecovery: {}, accessLog: true },
    logrotator: { filesRotateBySize: process.env.ROTATE ? [ 'egg-socketio.log' ] : [], maxFileSize: 2000, rotateDuration: ${INTERVAL} },
  });`,
  'app.js': `module.exports = app => {
    app.messenger.once('egg-ready', () => process.send({ to: 'parent', action: 'report', data: { what: 'worker', pid: process.pid } }));
  };`,
  'app/router.js': `
    const { socketioMetrics } = require('egg-socketio/prometheus');
    const { register } = require('prom-client');
    module.exports = app => {
      socketioMetrics(app);
      app.router.get('/metrics', async ctx => { ctx.body = await register.metrics(); });
    };`,
  'app/socket/main.js': `module.exports = require('egg-socketio').defineSocketController({
    namespace: '/', onConnection: ctx => { ctx.emit('hello'); },
    messages: { pid: () => process.pid, all: (ctx, n) => { ctx.app.io.emit('n', n); } },
  });`,
};

function writeApp(name: string, more: Record<string, string> = {}): string {
  const baseDir = path.join(compiledPlugin(), '../../apps', name);
  for (const [ file, content ] of Object.entries({ ...FILES, ...more })) {
    mkdirSync(path.dirname(path.join(baseDir, file)), { recursive: true });
    writeFileSync(path.join(baseDir, file), content);
  }
  return baseDir;
}

/** Connections by worker. */
function spread(exposition: Exposition): number[] {
  const all = new Map<string, number>();
  for (const { labels: { worker }, value } of exposition.of('socketio_connections')) all.set(worker, (all.get(worker) ?? 0) + value);
  return [ ...all.values() ];
}

describe('test/cluster/operations.test.ts', function() {
  this.timeout(120_000);
  let cluster: ClusterProcess | undefined;
  let clients: SocketIOTestClient[];
  let folder: string;

  beforeEach(() => {
    clients = [];
    folder = mkdtempSync(path.join(os.tmpdir(), 'operations-'));
  });
  afterEach(async () => {
    await Promise.all(clients.map(client => client.close()));
    await cluster?.stop();
    cluster = undefined;
    rmSync(folder, { recursive: true, force: true });
  });

  async function connect(url: string, count: number): Promise<void> {
    while (clients.length < count) {
      const client = new SocketIOTestClient({ url, transports: [ 'websocket' ], reconnection: true, reconnectionDelay: 100, randomizationFactor: 0 });
      clients.push(client);
      await client.connect();
      await client.next('hello');
    }
  }

  const pids = () => Promise.all(clients.map(client => client.sendWithAck<number>('pid')));

  it('roll.sh of docs/operations.md replaces each worker, and clients are recovered', async () => {
    cluster = await ClusterProcess.start({ baseDir: writeApp('operations_roll'), workers: WORKERS });
    await scrapeUntil(cluster.url, it => it.of('socketio_uptime_seconds').length === WORKERS);
    await connect(cluster.url, CLIENTS);
    const before = new Set(await pids());
    assert.equal(before.size, WORKERS);
    const missed = clients.map(client => once(client, 'disconnect'));
    const script = path.join(folder, 'roll.sh');
    writeFileSync(script, blocks.find(({ content }) => content.startsWith('# roll.sh'))!.content);
    // Not every machine has curl.
    const curl = path.join(folder, 'curl');
    writeFileSync(curl, `#!${process.execPath}\nfetch(process.argv.at(-1)).then(async answer => process.stdout.write(await answer.text()));\n`, { mode: 0o755 });
    const shell = spawn('sh', [ script, String(cluster.master), cluster.url ], {
      env: { ...process.env, NODE_OPTIONS: '', PATH: `${folder}:${process.env.PATH}` }, stdio: [ 'ignore', 'ignore', 'pipe' ],
    });
    let errors = '';
    shell.stderr.setEncoding('utf8').on('data', text => { errors += text; });
    const [ code ] = await once(shell, 'close');
    assert.deepEqual({ code, errors }, { code: 0, errors: '' });
    await Promise.all(missed);
    await Promise.all(clients.map(client => client.connect()));
    const after = new Set(await pids());
    assert.deepEqual([ ...after ].filter(pid => before.has(pid)), [], 'no worker is as old as the clients');
    assert.deepEqual(clients.filter(({ socket }) => !socket.recovered), []);
  });

  it('the recipe for rebalancing moves clients to an empty worker, and they are recovered', async () => {
    cluster = await ClusterProcess.start({ baseDir: writeApp('operations_rebalance', { 'app/schedule/rebalance.js': rebalance() }), allPlugins: true, workers: WORKERS, workersSay: true });
    await connect(cluster.url, CLIENTS);
    const [ victim ] = await pids();
    const from = cluster.news.length;
    process.kill(victim, 'SIGTERM');
    await cluster.hear('worker', from);
    const even = await scrapeUntil(cluster.url, it => {
      const counts = spread(it);
      const average = CLIENTS / WORKERS;
      const all = counts.reduce((sum, count) => sum + count, 0);
      return counts.length === WORKERS && all === CLIENTS && counts.every(count => count <= average * 1.2);
    });
    assert.ok(even.sum('socketio_disconnects_total', { reason: 'forced close' }) > 0, 'some were closed by the recipe');
    assert.equal(even.sum('socketio_recoveries_total', { outcome: 'lost' }), 0);
  });

  it("Egg's logrotator rotates egg-socketio.log, and all workers continue in the new file", async () => {
    cluster = await ClusterProcess.start({ baseDir: writeApp('operations_logs'), allPlugins: true, workers: 2, variables: { ROTATE: 'yes', NODE_OPTIONS: ownOptions() } });
    await connect(cluster.url, 8);
    const logs = path.join(cluster.home, 'logs/operations');
    const log = path.join(logs, 'egg-socketio.log');
    const rotated = () => readdirSync(logs).filter(name => name.startsWith('egg-socketio.log.'));
    // Each event has a line of the access log.
    while (rotated().length === 0) await pids();
    const workers = new Set(await pids());
    assert.equal(workers.size, 2);
    const written = () => {
      const text = existsSync(log) ? readFileSync(log, 'utf8') : '';
      return new Set([ ...text.matchAll(/ INFO (\d+) \[/g) ].map(([ , pid ]) => Number(pid)));
    };
    while (written().size < 2) await pids();
    assert.deepEqual([ ...written() ].sort(), [ ...workers ].sort());
    assert.match(readFileSync(path.join(logs, rotated()[0]), 'utf8'), /acked/);
  });
});
