import assert from 'node:assert/strict';
import Redis from 'ioredis';
import type { Server } from 'socket.io';
import { removeEmptyNamespaces } from '../../lib/events/namespace/empty_namespaces';
import type { RedisKind } from '../../lib/redis/types';
import { MemoryCluster, type TestServer } from '../support/adapter/memory_cluster';
import { attachServer } from '../support/attached_server';
import { withInlineApp } from '../support/inline_app';
import { RawWebSocket } from '../support/protocol/raw_websocket';
import { needsRedis, RedisServer } from '../support/redis';
import { RedisTestServer } from '../support/redis_servers';

const DOCUMENT = /^\/doc-\w+$/;

function prepare(io: Server): void {
  removeEmptyNamespaces(io);
  io.of(DOCUMENT).on('connection', socket => socket.emit('welcome'));
}

/** Waits until a server has this many namespaces. */
async function untilThereAre(count: number, { io }: TestServer): Promise<void> {
  while (io._nsps.size !== count) await new Promise(resolve => { setTimeout(resolve, 20); });
}

describe('test/namespace/empty_namespaces.test.ts', () => {
  const cluster = new MemoryCluster();
  afterEach(() => cluster.close());

  async function start(): Promise<[ a: TestServer, b: TestServer ]> {
    const workers = await cluster.start({}, 'a', 'b');
    for (const { io } of workers) prepare(io);
    return workers;
  }

  it('a dynamic namespace that was only emitted to is removed, and one with a client stays', async () => {
    const [ a, b ] = await start();
    for (let n = 0; n < 500; n++) a.io.of(`/doc-${n}`).emit('changed', n);
    const client = await a.connect({ namespace: '/doc-1' });
    const far = await b.connect({ namespace: '/doc-2' });
    await untilThereAre(2, a);
    a.io.of('/doc-1').emit('changed');
    a.io.of('/doc-2').emit('changed');
    await client.next('changed');
    await far.next('changed');
    await Promise.all([ untilThereAre(2, a), untilThereAre(2, b) ]);
  });

  it('a Namespace object that was removed and is still referenced reaches current clients on all workers', async () => {
    const [ a, b ] = await start();
    const kept = a.io.of('/doc-1');
    await untilThereAre(1, a);
    const far = await b.connect({ namespace: '/doc-1' });
    kept.emit('one');
    await far.next('one');
    const near = await a.connect({ namespace: '/doc-1' });
    kept.to(near.id!).emit('two');
    await near.next('two');
    assert.equal(kept.sockets.size, 1);
    kept.on('told', (value: number) => kept.local.emit('told', value));
    b.io.of('/doc-1').serverSideEmit('told', 3);
    assert.deepEqual(await near.next('told'), [ 3 ]);
    assert.equal((await kept.fetchSockets()).length, 2);
  });

  it('a client that is connecting keeps the namespace when the last other client leaves', async () => {
    const [ a ] = await start();
    const asked = new Promise<() => void>(resolve => {
      a.io.of(/^\/slow-\w+$/).use((socket, next) => {
        if (socket.handshake.auth.slow) resolve(next);
        else next();
      });
    });
    const first = await a.connect({ namespace: '/slow-1' });
    const second = a.connect({ namespace: '/slow-1', auth: { slow: true } });
    const letIn = await asked;
    const nsp = a.io.of('/slow-1');
    await a.drop(first, '/slow-1');
    letIn();
    const client = await second;
    assert.equal(a.io.of('/slow-1'), nsp);
    a.io.of('/slow-1').emit('hi');
    await client.next('hi');
  });

  it('a client that is back before its lost connection is noticed keeps its dynamic namespace', () => withInlineApp({
    'config/config.default.js': "module.exports = () => ({ keys: 'k', socketio: { connectionStateRecovery: true } });",
    'app/socket/doc.js': `
      const { defineSocketController } = require('egg-socketio');
      module.exports = defineSocketController({ namespace: /^\\/doc-/, messages: {} });`,
  }, async ({ app }, startError) => {
    assert.ifError(startError);
    const server = await attachServer(app);
    const connect = async (auth: object) => {
      const socket = await RawWebSocket.open(`http://${server.host}/socket.io/?EIO=4&transport=websocket`);
      await socket.next();
      socket.send(`40/doc-1,${JSON.stringify(auth)}`);
      return { socket, ...JSON.parse(String(await socket.next()).slice('40/doc-1,'.length)) as { sid: string; pid: string } };
    };
    const lost = await connect({});
    const nsp = app.io.of('/doc-1');
    const back = await connect({ pid: lost.pid });
    assert.equal(back.sid, lost.sid);
    await lost.socket.closed;
    assert.equal(app.io.of('/doc-1'), nsp);
    app.io.of('/doc-1').emit('hi');
    assert.match(String(await back.socket.next()), /^42\/doc-1,\["hi"/);
    server.close();
  }));

  it('a namespace with a listener of the app is kept', async () => {
    const [ a ] = await start();
    a.io.of('/doc-own').on('told', () => undefined);
    a.io.of('/doc-other').emit('x');
    await untilThereAre(2, a);
    assert.ok(a.io._nsps.has('/doc-own'));
  });

  it('a namespace is kept while an emit waits for acks', async () => {
    const [ a, b ] = await start();
    const client = await b.connect({ namespace: '/doc-1' });
    client.socket.on('ask', (ack: (answer: string) => void) => { setTimeout(ack, 1500, 'yes'); });
    assert.deepEqual(await a.io.of('/doc-1').timeout(5000).emitWithAck('ask'), [ 'yes' ]);
  });

  describe('with Redis', () => {
    needsRedis();
    let redis: RedisServer;
    before(async () => { redis = await RedisServer.start(); });
    after(() => redis?.close());

    for (const kind of [ 'pubsub', 'sharded', 'streams' ] satisfies RedisKind[]) {
      it(`${kind}: its subscriptions are removed with it, and made again with the next client`, async () => {
        const start = () => RedisTestServer.start({ url: redis.url, kind }, { prepare: ({ io }) => prepare(io) });
        const servers = [ await start(), await start() ];
        const [ a, b ] = servers;
        const admin = new Redis(redis.url);
        const counts = async () => {
          const lines = (await admin.client('LIST') as string).split('\n');
          return lines.flatMap(line => [ ...line.matchAll(/ (?:sub|psub|ssub)=(\d+)/g) ].map(([ , count ]) => Number(count))).reduce((x, y) => x + y);
        };
        try {
          const before = await counts();
          for (let n = 0; n < 100; n++) a.io.of(`/doc-${n}`).emit('changed', n);
          while (await counts() === before);
          await untilThereAre(1, a);
          while (await counts() !== before);
          const client = await b.connect({ namespace: '/doc-1' });
          // The subscription of a namespace that is made for a client is on its way when the client is connected.
          const again = setInterval(() => a.io.of('/doc-1').emit('changed', 1), 50);
          await client.next('changed').finally(() => clearInterval(again));
          assert.deepEqual([ ...a.log.lines, ...b.log.lines ], []);
        } finally {
          admin.disconnect();
          await Promise.all(servers.map(server => server.close()));
        }
      });
    }
  });
});
