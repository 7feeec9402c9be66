import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { makeAppFolder } from '../support/app_folder';
import { ClusterProcess } from '../support/cluster_process';
import { compiledPlugin } from '../support/compiled_plugin';
import { CLIENTS, OldClient } from '../support/old_app';
import { needsRedis, RedisServer } from '../support/redis';

const WORKERS = 3;
const CLIENTS_OF_EACH_KIND = 4;

const FILES = {
  'package.json': '{ "name": "old-app", "egg": { "typescript": false } }',
  'config/plugin.js': "exports.io = { enable: true, package: 'egg-socketio/egg-socket.io' };",
  'config/config.prod.js': `module.exports = () => ({
    keys: 'k',
    io: {
      namespace: { '/': {}, '/chat': { connectionMiddleware: [ 'stay' ], packetMiddleware: [ 'mark' ] } },
      ...process.env.OLD_REDIS ? { redis: { host: '127.0.0.1', port: Number(process.env.OLD_REDIS), db: 0 } } : {},
    },
    // Pub/sub in Redis cannot recover anything.
    socketio: { connectionStateRecovery: !process.env.OLD_REDIS, startupTable: false },
  });`,
  'app/io/middleware/stay.js': `module.exports = () => async (ctx, next) => {
    ctx.join('everybody');
    await next();
    await new Promise(resolve => setTimeout(resolve, 20));
    process.send({ to: 'parent', action: 'report', data: { what: 'noted', pid: process.pid, text: 'after next ' + ctx.id } });
  };`,
  'app/io/middleware/mark.js': 'module.exports = () => async (ctx, next) => { ctx.mark = true; await next(); };',
  'app/io/controller/chat.js': `module.exports = app => class ChatController extends app.Controller {
    async say() { app.io.of('/chat').to('everybody').emit('said', this.ctx.args[0], this.ctx.mark); }
    async where() { this.ctx.args.pop()(process.pid, this.ctx.id); }
    async count() { app.io.of('/chat').adapter.clients([ 'everybody' ], (error, ids) => this.ctx.args.pop()(ids.length)); }
    async slow() {
      process.send({ to: 'parent', action: 'report', data: { what: 'noted', pid: process.pid, text: 'slow' } });
      await new Promise(resolve => setTimeout(resolve, 300));
      this.ctx.args.pop()('done');
    }
  };`,
  'app/router.js': `module.exports = app => {
    for (const event of [ 'say', 'where', 'count', 'slow' ]) app.io.of('/chat').route(event, app.io.controller.chat[event]);
    app.io.route('where', app.io.controller.chat.where);
  };`,
};

describe('test/compat/workers.test.ts', function() {
  this.timeout(120_000);
  let baseDir: string;
  let cluster: ClusterProcess | undefined;
  let clients: OldClient[] = [];

  before(() => {
    baseDir = makeAppFolder(path.join(compiledPlugin(), '../../apps'), 'old-');
    for (const [ name, content ] of Object.entries(FILES)) {
      mkdirSync(path.dirname(path.join(baseDir, name)), { recursive: true });
      writeFileSync(path.join(baseDir, name), content);
    }
    // Egg 4 looks for a plugin in the app's own folder first, and not above it.
    mkdirSync(path.join(baseDir, 'node_modules'));
    symlinkSync(compiledPlugin(), path.join(baseDir, 'node_modules/egg-socketio'), 'junction');
  });
  afterEach(async () => {
    for (const client of clients) client.close();
    clients = [];
    await cluster?.stop();
    cluster = undefined;
  });

  function connect(kind: keyof typeof CLIENTS, namespace: string, options: Record<string, unknown> = {}): OldClient {
    const client = new OldClient(CLIENTS[kind], cluster!.url + namespace, options).listen('said', 'connect', 'disconnect');
    clients.push(client);
    return client;
  }

  /** Clients of both versions, half of them with polling and an upgrade, at several workers. */
  async function crowd(): Promise<{ all: OldClient[]; pids: Set<unknown> }> {
    const all = Object.keys(CLIENTS).flatMap(kind => Array.from({ length: CLIENTS_OF_EACH_KIND }, (_, i) => (
      connect(kind as keyof typeof CLIENTS, '/chat', { transports: i % 2 === 0 ? [ 'websocket' ] : [ 'polling', 'websocket' ] })
    )));
    const pids = new Set<unknown>();
    for (const client of all) pids.add((await client.ask('where'))[0]);
    return { all, pids };
  }

  it('three workers in production serve clients of both versions, in two namespaces, and broadcasts of a route reach all of them', async () => {
    cluster = await ClusterProcess.start({ workers: WORKERS, baseDir });
    const { all, pids } = await crowd();
    assert.ok(pids.size > 1, `all clients are at one worker: ${[ ...pids ].join()}`);
    assert.equal((await all[0].ask('count'))[0], all.length);
    all[0].emit('say', 'hello');
    for (const client of all) assert.deepEqual((await client.next('said')).slice(0, 2), [ 'hello', true ]);
    const root = connect('socket.io-client 2', '');
    assert.equal((await root.ask('where')).length, 2);
  });

  it('a stop lets handlers finish, and connection middleware run its part after next()', async () => {
    cluster = await ClusterProcess.start({ workers: WORKERS, baseDir });
    const { all } = await crowd();
    const ids: unknown[] = [];
    for (const client of all) ids.push((await client.ask('where'))[1]);
    const from = cluster.news.length;
    const answers = all.map(client => client.ask('slow'));
    await Promise.all(all.map((_, i) => cluster!.hear('noted', from, () => cluster!.news.filter(news => news.what === 'noted' && news.text === 'slow').length > i)));
    const stopping = cluster.stop();
    assert.deepEqual(await Promise.all(answers), all.map(() => [ 'done' ]));
    assert.equal(await stopping, 0);
    const after = cluster.news.flatMap(news => (news.what === 'noted' && news.text.startsWith('after next') ? [ news.text ] : []));
    assert.deepEqual(after.sort(), ids.map(id => `after next ${id as string}`).sort());
    cluster = undefined;
  });

  it('a client of version 4 is recovered with its id, its room and what it has missed; its events reach the routes', async () => {
    cluster = await ClusterProcess.start({ workers: WORKERS, baseDir });
    const client = connect('socket.io-client 4', '/chat', { reconnection: true, reconnectionDelay: 10, reconnectionDelayMax: 20 });
    const other = connect('socket.io-client 4', '/chat');
    await client.next('connect');
    const [ , id ] = await client.ask('where');
    other.emit('say', 'first');
    await Promise.all([ client.next('said'), other.next('said') ]);
    client.socket.io.engine.close();
    await client.next('disconnect');
    other.emit('say', 'missed');
    await client.next('connect');
    assert.deepEqual([ client.socket.recovered, (await client.ask('where'))[1] ], [ true, id ]);
    assert.deepEqual((await client.next('said')).slice(0, 2), [ 'missed', true ]);
  });

  describe('with config.io.redis', () => {
    needsRedis();
    let redis: RedisServer;
    before(async () => { redis = await RedisServer.start(); });
    after(() => redis.close());

    it('broadcasts cross workers through Redis', async () => {
      cluster = await ClusterProcess.start({ workers: WORKERS, baseDir, variables: { OLD_REDIS: `${redis.port}` } });
      const { all } = await crowd();
      all[0].emit('say', 'hello');
      for (const client of all) assert.deepEqual((await client.next('said')).slice(0, 2), [ 'hello', true ]);
    });
  });
});
