import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { transformSync } from 'esbuild';
import { type ClientOptions, SocketIOTestClient } from 'egg-socketio/mock';
import { codeBlocksOf, readPage } from '../docs/markdown';
import { ClusterProcess } from '../support/cluster_process';
import { compiledPlugin } from '../support/compiled_plugin';

const WORKERS = 3;
const PAIRS = 60;

/** Beside the page's controller, whose handlers run before: tells all clients of the namespace that a connection is settled. */
const SETTLED = `
  const { defineSocketController } = require('egg-socketio');
  module.exports = defineSocketController({
    namespace: '/desk',
    connectionMiddleware: [ async (ctx, next) => { ctx.data.userId = ctx.handshake.auth.user; await next(); } ],
    onConnection: ctx => { ctx.nsp.emit('settled', ctx.id); },
    messages: {
      pid: () => process.pid,
      who: async ctx => (await ctx.nsp.in('user:' + ctx.data.userId).fetchSockets()).map(({ id }) => id),
    },
  });`;

function writeApp(): string {
  const baseDir = path.join(compiledPlugin(), '../../apps/one_connection');
  const recipe = codeBlocksOf(readPage('docs/rooms-and-broadcasting.md')).find(block => block.path === 'app/socket/desk.ts')!;
  const { code } = transformSync(recipe.content, {
    loader: 'ts', format: 'cjs', target: 'es2022',
    tsconfigRaw: { compilerOptions: { experimentalDecorators: true, useDefineForClassFields: false } },
  });
  const files = {
    'package.json': '{ "name": "one-connection" }',
    'config/config.default.js': "module.exports = () => ({ keys: 'test', socketio: { connectionStateRecovery: {} } });",
    'app/socket/desk.js': code,
    'app/socket/settled.js': SETTLED,
  };
  for (const [ name, content ] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(baseDir, name)), { recursive: true });
    writeFileSync(path.join(baseDir, name), content);
  }
  return baseDir;
}

describe('test/cluster/one_connection.test.ts', function() {
  this.timeout(120_000);
  let cluster: ClusterProcess;
  let clients: SocketIOTestClient[];
  /** One on each worker. */
  let watchers: SocketIOTestClient[];

  before(async () => { cluster = await ClusterProcess.start({ baseDir: writeApp(), workers: WORKERS }); });
  after(() => cluster.stop());
  beforeEach(async () => {
    clients = [];
    watchers = [];
    const pids = new Set<number>();
    for (let i = 0; pids.size < WORKERS; i++) {
      const client = newClient(`watcher ${i}`);
      await client.connect();
      const pid = await client.sendWithAck<number>('pid');
      if (!pids.has(pid)) watchers.push(client);
      pids.add(pid);
    }
  });
  afterEach(() => Promise.all(clients.map(client => client.close())));

  function newClient(user: string, options: ClientOptions = {}): SocketIOTestClient {
    const client = new SocketIOTestClient({ url: cluster.url, namespace: '/desk', auth: { user }, waitTimeout: 60_000, transports: [ 'websocket' ], ...options });
    clients.push(client);
    return client;
  }

  /** Resolves once the connection handlers of these have finished, and what they have sent has come to all workers. */
  async function settled(ids: readonly string[]): Promise<void> {
    await Promise.all(watchers.map(async watcher => {
      const missing = new Set(ids);
      while (missing.size > 0) missing.delete((await watcher.next<[string]>('settled'))[0]);
    }));
  }

  async function connected(client: SocketIOTestClient): Promise<string> {
    let id = '';
    // It may be sent away before connect() resolves.
    client.socket.once('connect', () => { id = client.socket.id!; });
    await client.connect();
    return id;
  }

  for (const [ title, transports ] of [[ 'WebSocket', [ 'websocket' ]], [ 'polling that upgrades', [ 'polling', 'websocket' ]]] as const) {
    it(`exactly one of two simultaneous connections of a user stays, over ${title}: ${PAIRS} pairs`, async () => {
      const pairs = Array.from({ length: PAIRS }, (_, i) => [ 0, 1 ].map(() => newClient(`${title} ${i}`, { transports: [ ...transports ] })));
      const ids = await Promise.all(pairs.flat().map(connected));
      await settled(ids);
      const outcomes = await Promise.all(pairs.map(async pair => {
        // The server has sent somebody away; that its client knows may take longer.
        if (pair.every(client => client.socket.connected)) await Promise.race(pair.map(client => once(client.socket as never, 'disconnect')));
        const stay = pair.find(client => client.socket.connected);
        return stay?.sendWithAck('who').then(who => assert.deepEqual(who, [ stay.id ])).catch(String) ?? 'none stays';
      }));
      assert.deepEqual(outcomes, outcomes.map(() => undefined));
    });
  }

  it('the older connection is notified and disconnected, on any worker', async () => {
    let user = newClient('Ada');
    let id = await connected(user);
    // Its worker has noted since when it is there. A client is told that it is connected before that.
    await settled([ id ]);
    for (let i = 0; i < 2 * WORKERS; i++) {
      const older = user;
      const left = once(older.socket as never, 'disconnect');
      user = newClient('Ada');
      id = await connected(user);
      await settled([ id ]);
      await older.next('replaced');
      assert.deepEqual((await left)[0], 'io server disconnect');
      assert.deepEqual(await user.sendWithAck('who'), [ id ]);
    }
  });

  it('an older connection that is recovered does not count as new', async () => {
    const older = newClient('Bob');
    await connected(older);
    await older.sendWithAck('who');
    older.socket.io.reconnection(false);
    older.socket.io.engine.close();
    const newer = newClient('Bob');
    await connected(newer);
    await newer.sendWithAck('who');
    const left = once(older.socket as never, 'disconnect');
    await older.connect();
    assert.equal(older.socket.recovered, true);
    await older.next('replaced');
    await left;
    assert.deepEqual(await newer.sendWithAck('who'), [ newer.id ]);
  });
});
