import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { SocketIOTestClient } from 'egg-socketio/mock';
import { ticketOf } from '../support/adapter/ticket';
import { ClusterProcess } from '../support/cluster_process';
import { compiledPlugin } from '../support/compiled_plugin';
import { freePort } from '../support/free_port';

const WORKERS = 3;

const FILES = {
  'package.json': '{ "name": "expired" }',
  'config/config.default.js': `
    module.exports = () => ({ keys: 'test', socketio: { connectionStateRecovery: {
      maxDisconnectionDuration: 6000, skipMiddlewares: process.env.SKIP_MIDDLEWARES !== 'false',
    } } });`,
  'app/socket/main.js': "module.exports = require('../lib/controller')('/');",
  'app/socket/room.js': "module.exports = require('../lib/controller')(/^\\/room-\\d+$/);",
  'app/lib/controller.js': `
    const { defineSocketController } = require('egg-socketio');
    const report = data => process.send({ to: 'parent', action: 'report', data: { pid: process.pid, ...data } });
    module.exports = namespace => defineSocketController({
      namespace,
      connectionMiddleware: [ (ctx, next) => {
        if (ctx.handshake.auth.refused) throw Object.assign(new Error('refused'), { status: 403 });
        return next();
      } ],
      onDisconnection: ctx => { report({ what: 'left', id: ctx.id, reason: 'gone' }); },
      onExpired(ctx, reason) {
        const { id, rooms, data, connected, nsp, event } = ctx;
        report({ what: 'expired', id, rooms: [ ...rooms ].sort(), data, connected, nsp: nsp.name, event, reason });
        ctx.to('watchers').emit('expired', id);
      },
      messages: {
        async enter(ctx, room, note) {
          await ctx.join(room);
          ctx.data.note = note;
          return process.pid;
        },
      },
    });`,
};

function writeApp(): string {
  const baseDir = path.join(compiledPlugin(), '../../apps/expired');
  for (const [ name, content ] of Object.entries(FILES)) {
    mkdirSync(path.dirname(path.join(baseDir, name)), { recursive: true });
    writeFileSync(path.join(baseDir, name), content);
  }
  return baseDir;
}

interface Expired {
  what: 'expired'; pid: number; id: string; rooms: string[]; data: unknown; connected: boolean; nsp: string; event: string; reason?: string;
}

describe('test/cluster/expired.test.ts', function() {
  this.timeout(60_000);
  let cluster: ClusterProcess;
  let clients: SocketIOTestClient[] = [];

  const reports = () => cluster.news as readonly (Expired | { what: 'left' | 'other'; id: string; pid: number })[];
  const expired = () => reports().filter((news): news is Expired => news.what === 'expired');

  async function hear(id: string): Promise<Expired> {
    return await cluster.hear('expired' as never, 0, (news: { id: string }) => news.id === id) as Expired;
  }

  async function hasLeft(id: string): Promise<void> {
    await cluster.hear('left', 0, news => news.id === id);
  }

  async function connect(options: { namespace?: string; transports?: string[]; auth?: object } = {}): Promise<SocketIOTestClient> {
    const client = new SocketIOTestClient({ url: cluster.url, transports: [ 'websocket' ], waitTimeout: 20_000, ...options });
    clients.push(client);
    return client.connect();
  }

  /** A client in a room, with data, and the process of its worker. */
  async function enter(room = 'hall', options = {}): Promise<{ client: SocketIOTestClient; id: string; pid: number }> {
    const client = await connect(options);
    return { client, id: client.id!, pid: await client.sendWithAck<number>('enter', room, 'remember me') };
  }

  afterEach(async () => {
    await Promise.all(clients.map(client => client.close()));
    clients = [];
  });

  describe(`${WORKERS} workers`, () => {
    before(async () => { cluster = await ClusterProcess.start({ baseDir: writeApp(), workers: WORKERS }); });
    after(async () => {
      await cluster.stop();
      const ids = expired().map(({ id }) => id);
      assert.deepEqual(ids, [ ...new Set(ids) ], 'each session has expired once');
    });

    for (const transport of [ 'websocket', 'polling' ]) {
      it(`a client that has lost its connection expires when it cannot be recovered any more: ${transport}`, async () => {
        const watcher = await connect();
        await watcher.sendWithAck('enter', 'watchers');
        const { client, id, pid } = await enter('hall', { transports: [ transport ] });
        client.socket.io.engine.close();
        const { reason, ...news } = await hear(id);
        assert.deepEqual(news, {
          what: 'expired', pid, id, rooms: [ id, 'hall' ].sort(), data: { note: 'remember me' }, connected: false, nsp: '/', event: 'expired',
        });
        assert.match(reason!, /^transport (close|error)$/);
        // An offset for recovery follows.
        assert.equal((await watcher.next('expired'))[0], id);
      });
    }

    it('a client that leaves on purpose expires at once, after its disconnect handlers', async () => {
      const { client, id, pid } = await enter('hall', { namespace: '/room-1' });
      client.socket.disconnect();
      const { reason, rooms, nsp, pid: where } = await hear(id);
      assert.deepEqual({ reason, rooms, nsp, where }, { reason: 'client namespace disconnect', rooms: [ id, 'hall' ].sort(), nsp: '/room-1', where: pid });
      const steps = reports().filter(news => news.id === id).map(({ what }) => what);
      assert.deepEqual(steps, [ 'left', 'expired' ]);
    });

    it('a dynamic namespace that nobody is in any more has its clients expire too', async () => {
      const { client, id } = await enter('hall', { namespace: '/room-2' });
      client.socket.io.engine.close();
      assert.equal((await hear(id)).nsp, '/room-2');
    });

    it('a client that was recovered by another worker does not expire on the old one, and expires once when it is gone', async () => {
      const { client, id, pid } = await enter();
      let place = pid;
      let back = client;
      // Node's cluster deals out the connections.
      while (place === pid) {
        const { pid: privateId, offset } = ticketOf(back);
        back.socket.io.engine.close();
        await hasLeft(id);
        back = await connect({ auth: { pid: privateId, offset } });
        assert.equal(back.id, id);
        place = await back.sendWithAck<number>('enter', 'elsewhere', 'new');
      }
      back.socket.io.engine.close();
      const { pid: where, data, rooms } = await hear(id);
      assert.deepEqual({ where, data, rooms }, { where: place, data: { note: 'new' }, rooms: [ id, 'elsewhere', 'hall' ].sort() });
    });

    it('the sessions of a stopped worker expire on the worker that has taken them over', async () => {
      const { client, id, pid } = await enter();
      client.socket.io.engine.close();
      await hasLeft(id);
      process.kill(pid, 'SIGTERM');
      const { pid: where, data } = await hear(id);
      assert.notEqual(where, pid);
      assert.deepEqual(data, { note: 'remember me' });
    });

    it('the sessions of a killed worker expire on its standby, also those of clients that were connected', async () => {
      const { client: away, id, pid } = await enter();
      away.socket.io.engine.close();
      await hasLeft(id);
      let still = await enter();
      while (still.pid !== pid) still = await enter();
      still.client.socket.io.reconnection(false);
      process.kill(pid, 'SIGKILL');
      const [ first, second ] = [ await hear(id), await hear(still.id) ];
      assert.ok(first.pid !== pid && second.pid !== pid);
      assert.match(first.reason!, /^transport (close|error)$/);
      assert.deepEqual([ second.reason, second.rooms, second.data ], [ undefined, [ still.id, 'hall' ].sort(), { note: 'remember me' }]);
    });
  });

  it('a client that is refused when it comes back, by any worker, expires once', async () => {
    cluster = await ClusterProcess.start({ baseDir: writeApp(), workers: WORKERS, variables: { SKIP_MIDDLEWARES: 'false' } });
    try {
      const left = await Promise.all(Array.from({ length: 4 }, (_, index) => enter('hall', { namespace: index % 2 ? '/' : '/room-3' })));
      for (const { client, id } of left) {
        const { pid, offset } = ticketOf(client);
        client.socket.io.engine.close();
        await hasLeft(id);
        const namespace = (client.socket as unknown as { nsp: string }).nsp;
        await assert.rejects(connect({ namespace, auth: { pid, offset, refused: true } }), { message: 'refused' });
      }
      for (const { id } of left) assert.match((await hear(id)).reason!, /^transport (close|error)$/);
      assert.deepEqual(expired().map(({ id }) => id).sort(), left.map(({ id }) => id).sort());
    } finally {
      await cluster.stop();
    }
  });

  it('sessions that were kept over a restart of the app expire after the next start', async () => {
    const options = { baseDir: writeApp(), workers: 1, port: await freePort() };
    cluster = await ClusterProcess.start(options);
    const { client, id } = await enter();
    client.socket.io.reconnection(false);
    await cluster.stop();
    assert.deepEqual(expired(), []);
    cluster = await ClusterProcess.start(options);
    try {
      const { reason, data } = await hear(id);
      assert.deepEqual({ reason, data }, { reason: 'server shutting down', data: { note: 'remember me' } });
    } finally {
      await cluster.stop();
    }
  });
});
