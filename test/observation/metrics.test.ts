import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { io, Socket } from 'socket.io-client';
import { type ClientOptions, SocketIOTestClient } from 'egg-socketio/mock';
import { Tally } from '../../lib/telemetry/stats/tally';
import { type Exposition, scrape, scrapeUntil } from '../support/exposition';
import { RawWebSocket } from '../support/protocol/raw_websocket';
import { needsRedis, RedisServer } from '../support/redis';
import { type RunningServer, startCluster } from '../support/server';
import { exchange } from '../support/sticky_http';

const io2 = require('socket.io-client-v2') as typeof io;

const WORKERS = [ '1', '2' ];

type Client = SocketIOTestClient & { pid: number };

describe('test/observation/metrics.test.ts', function() {
  this.timeout(60_000);
  let server: RunningServer | undefined;
  let clients: { close(): unknown }[];

  beforeEach(() => { clients = []; });
  afterEach(() => Promise.all(clients.map(client => client.close())));

  async function stop(): Promise<void> {
    await server?.stop();
    server = undefined;
  }

  async function start(options: object = {}, env: Record<string, string> = {}): Promise<string> {
    server = await startCluster('stats', 2, { env: { STATS_OPTIONS: JSON.stringify(options), ...env } });
    return server.url;
  }

  async function connect(url: string, options: ClientOptions = {}): Promise<Client> {
    const client = await new SocketIOTestClient({ url, transports: [ 'websocket' ], ...options }).connect();
    clients.push(client);
    return Object.assign(client, { pid: await client.sendWithAck<number>('pid') });
  }

  /** A client of each worker. */
  async function everywhere(url: string): Promise<[Client, Client]> {
    const first = await connect(url);
    for (;;) {
      const other = await connect(url);
      if (other.pid !== first.pid) return [ first, other ];
    }
  }

  describe('one app', () => {
    before(() => start({ allowEIO3: true }));
    after(stop);
    // What has been counted so far does not change any more.
    beforeEach(() => scrapeUntil(server!.url, it => it.sum('socketio_connections') === 0 && it.sum('socketio_sockets') === 0));

    // The first, for which nothing has been counted yet.
    it('counts connects by namespace and disconnects by reason, in both workers, from any worker', async () => {
      const { url } = server!;
      const before = await scrape(url);
      for (const worker of WORKERS) {
        assert.equal(before.of('socketio_disconnects_total', { worker }).length, 10, 'all reasons are there from the start');
        assert.deepEqual(before.of('socketio_connects_total', { worker, namespace: '/' }).map(({ value }) => value), [ 0 ]);
        assert.deepEqual(before.of('socketio_redis_up', { worker }), [], 'without Redis it is neither up nor down');
      }
      const [ a, b ] = await everywhere(url);
      for (const namespace of [ '/room-1', '/room-2' ]) await connect(url, { namespace });
      for (const client of [ a, b ]) await client.close();
      for (const client of await everywhere(url)) client.socket.io.engine.close();
      const all = clients.length;
      const after = await scrapeUntil(url, it => it.sum('socketio_sockets') === all - 4);
      assert.equal(after.sum('socketio_connects_total', { namespace: '/^\\/room-\\d+$/' }), 2);
      assert.equal(after.sum('socketio_connects_total', { namespace: '/' }), all - 2);
      for (const worker of WORKERS) assert.ok(after.sum('socketio_connects_total', { worker, namespace: '/' }) >= 2, worker);
      assert.equal(after.sum('socketio_disconnects_total', { reason: 'client namespace disconnect' }), 2);
      assert.equal(after.sum('socketio_disconnects_total', { reason: 'transport close' }), 2);
      assert.equal(after.sum('socketio_disconnects_total'), 4);
      assert.equal(after.sum('socketio_recoveries_total'), 0);
      for (const worker of WORKERS) {
        assert.ok(after.sum('socketio_process_resident_memory_bytes', { worker }) > 10 * 1024 ** 2);
        assert.ok(after.sum('socketio_process_heap_used_bytes', { worker }) > 1024 ** 2);
        assert.ok(after.sum('socketio_process_cpu_seconds_total', { worker }) > 0.1);
      }
    });

    it('counts the packets and bytes of polling, wherever the requests arrive', async () => {
      const { url } = server!;
      const path = `${url}/socket.io/?EIO=4&transport=polling`;
      const before = await scrape(url);
      const open = (await exchange(path)).body;
      const { sid } = JSON.parse(open.slice(1)) as { sid: string };
      clients.push({ close: () => exchange(`${path}&sid=${sid}`, { method: 'POST' }, '1') });
      const sent = [ '40', '420["pid"]\x1e421["字"]' ];
      const received = [ open ];
      for (const body of sent) {
        assert.equal((await exchange(`${path}&sid=${sid}`, { method: 'POST' }, body)).body, 'ok');
        received.push((await exchange(`${path}&sid=${sid}`)).body);
      }
      const packets = received.flatMap(body => body.split('\x1e'));
      const bytes = (bodies: string[]) => bodies.reduce((sum, body) => sum + Buffer.byteLength(body), 0);
      const exposition = await scrape(url);
      const figures = [ 'received_packets', 'received_bytes', 'sent_packets', 'sent_bytes' ].map(name => (
        exposition.sum(`socketio_${name}_total`, { transport: 'polling' }) - before.sum(`socketio_${name}_total`, { transport: 'polling' })
      ));
      assert.deepEqual(figures, [ 3, bytes(sent), packets.length, bytes(received) ]);
      const byWebSocket = (it: Exposition) => it.sum('socketio_sent_packets_total', { transport: 'websocket' });
      assert.equal(byWebSocket(exposition), byWebSocket(before));
    });

    it('counts the packets and bytes of a WebSocket, also after its end', async () => {
      const { url } = server!;
      const before = await scrape(url);
      const socket = await RawWebSocket.open(`${url}/socket.io/?EIO=4&transport=websocket`);
      await socket.next();
      socket.send('40');
      await socket.next();
      // The answer is a binary packet, of two messages, and too long to be joined with others.
      socket.send('42["much",300000]');
      await socket.take(2);
      const of = (exposition: Exposition) => [ 'received_packets', 'sent_packets', 'received_bytes', 'sent_bytes' ].map(name => (
        exposition.sum(`socketio_${name}_total`, { transport: 'websocket' }) - before.sum(`socketio_${name}_total`, { transport: 'websocket' })
      ));
      const [ received, sent, receivedBytes, sentBytes ] = of(await scrape(url));
      assert.deepEqual([ received, sent ], [ 2, 4 ]);
      // With the handshake.
      assert.ok(receivedBytes > 20 && receivedBytes < 1000, `${receivedBytes}`);
      assert.ok(sentBytes > 300_000 && sentBytes < 301_000, `${sentBytes}`);
      await socket.close();
      const after = of(await scrapeUntil(url, it => it.sum('socketio_connections') === 0));
      assert.deepEqual(after.slice(0, 2), [ 2, 4 ]);
      assert.ok(after[2] >= receivedBytes && after[2] < receivedBytes + 100, `${after[2]}`);
      assert.ok(after[3] >= sentBytes && after[3] < sentBytes + 100, `${after[3]}`);
    });

    it('counts clients of protocol 3 like others, over both transports', async () => {
      const { url } = server!;
      const first = await scrape(url);
      for (const transport of [ 'polling', 'websocket' ]) {
        const client: Socket = io2(url, { forceNew: true, reconnection: false, transports: [ transport ] });
        clients.push(client);
        await once(client as never, 'connect');
        const before = await scrape(url);
        await new Promise(resolve => { client.emit('pid', resolve); });
        const after = await scrape(url);
        for (const name of [ 'received_packets', 'sent_packets' ]) {
          const grown = (it: Exposition) => it.sum(`socketio_${name}_total`, { transport });
          assert.ok(grown(after) > grown(before), `${name} of ${transport}`);
        }
      }
      const exposition = await scrape(url);
      assert.equal(exposition.sum('socketio_connects_total', { namespace: '/' }) - first.sum('socketio_connects_total', { namespace: '/' }), 2);
      assert.equal(exposition.sum('socketio_errors_total'), first.sum('socketio_errors_total'));
    });

    it('counts the handlers that have not finished', async () => {
      const { url } = server!;
      const both = await everywhere(url);
      const held = both.map(client => client.sendWithAck('hold'));
      await scrapeUntil(url, it => WORKERS.every(worker => it.sum('socketio_running_handlers', { worker }) === 1));
      for (const client of both) await client.sendWithAck('release');
      await Promise.all(held);
      assert.equal((await scrape(url)).sum('socketio_running_handlers'), 0);
    });

    it('shows the bytes that wait for another worker, by its number', async () => {
      const { url } = server!;
      const [ a, b ] = await everywhere(url);
      const { workers } = await a.sendWithAck<{ workers: { pid: number; number: number }[] }>('stats');
      const numberOf = (pid: number) => String(workers.find(worker => worker.pid === pid)!.number);
      const labels = { worker: numberOf(a.pid), peer: numberOf(b.pid) };
      const idle = await scrape(url);
      assert.deepEqual(idle.of('socketio_peer_queue_bytes').map(({ value }) => value), [ 0, 0 ]);
      assert.equal(idle.of('socketio_peer_queue_bytes', labels).length, 1);
      process.kill(b.pid, 'SIGSTOP');
      try {
        await a.sendWithAck('to all', 4 * 1024 ** 2);
        const { workers: [{ links }] } = await a.sendWithAck<{ workers: { links: { number: number; pid: number; queuedBytes: number }[] }[] }>('stats', { timeout: 50 });
        assert.equal(links.length, 1);
        assert.deepEqual([ links[0].pid, String(links[0].number) ], [ b.pid, labels.peer ]);
        assert.ok(links[0].queuedBytes > 1024 ** 2, `${links[0].queuedBytes}`);
      } finally {
        process.kill(b.pid, 'SIGCONT');
      }
      const drained = await scrapeUntil(url, it => it.sum('socketio_peer_queue_bytes') === 0);
      assert.equal(drained.of('socketio_peer_queue_bytes').length, 2);
    });
  });

  describe('an app of its own', () => {
    afterEach(stop);

    it('counts clients that get their session back, and those that do not', async () => {
      const url = await start({ connectionStateRecovery: true });
      const client = new SocketIOTestClient({ url, transports: [ 'websocket' ], reconnection: true, reconnectionDelay: 20 });
      clients.push(client);
      await client.connect();
      await client.sendWithAck('much', 1);
      const kept = once(client, 'connect');
      client.socket.io.engine.close();
      await kept;
      assert.equal(client.socket.recovered, true);
      // Sessions that nobody has, and a client that has never had one.
      await connect(url, { auth: { pid: 'unknown', offset: 'unknown' } });
      await connect(url);
      const exposition = await scrape(url);
      assert.equal(exposition.sum('socketio_recoveries_total', { outcome: 'recovered' }), 1);
      assert.equal(exposition.sum('socketio_recoveries_total', { outcome: 'lost' }), 1);
      assert.equal(exposition.sum('socketio_connects_total'), 4);
      assert.ok(exposition.sum('socketio_recovery_packets') > 0);
      // The three sessions are each copied to the other worker.
      await scrapeUntil(url, it => it.sum('socketio_recovery_copied_sessions') === 3 && it.sum('socketio_recovery_copied_bytes') > 0);
      client.socket.io.reconnection(false);
      client.socket.io.engine.close();
      await scrapeUntil(url, it => it.sum('socketio_recovery_sessions') === 1);
    });

    describe('with Redis', () => {
      needsRedis();
      let redis: RedisServer;
      before(async () => { redis = await RedisServer.start(); });
      after(() => redis?.close());

      it('shows whether Redis is up, and counts outages and lost messages', async () => {
        const url = await start({}, { STATS_REDIS: JSON.stringify({ url: redis.url }) });
        const up = (exposition: Exposition) => exposition.of('socketio_redis_up').map(({ value }) => value);
        const [ a ] = await everywhere(url);
        const before = await scrape(url);
        assert.deepEqual(up(before), [ 1, 1 ]);
        assert.equal(before.sum('socketio_redis_outages_total'), 0);
        await redis.stop();
        await scrapeUntil(url, it => up(it).join() === '0,0');
        await a.sendWithAck('to all', 1);
        const down = await scrapeUntil(url, it => it.sum('socketio_redis_lost_messages_total') > 0);
        assert.deepEqual(down.of('socketio_redis_outages_total').map(({ value }) => value), [ 1, 1 ]);
        await redis.run();
        const back = await scrapeUntil(url, it => up(it).join() === '1,1');
        assert.deepEqual(back.of('socketio_redis_outages_total').map(({ value }) => value), [ 1, 1 ]);
        assert.ok(back.sum('socketio_redis_lost_messages_total') >= down.sum('socketio_redis_lost_messages_total'), 'it is not reset');
      });
    });
  });

  it('the private id of a session counts only in an app with recovery', () => {
    const nsp = { name: '/', server: {} };
    const outcomes = [ true, false ].map(recovers => {
      const { connections } = new Tally({ recovers });
      for (const auth of [{ pid: 'x' }, {}, null ]) connections.connect({ nsp: '/', socket: { nsp, handshake: { auth }, recovered: false } } as never);
      return connections.recoveries;
    });
    assert.deepEqual(outcomes, [{ recovered: 0, lost: 1 }, { recovered: 0, lost: 0 }]);
  });

  it('a reason that Socket.IO does not have is counted as other', () => {
    const { connections } = new Tally({ recovers: false });
    for (const reason of [ 'made up', '__proto__', 'toString', 'other', 'ping timeout' ]) connections.disconnect({ reason });
    const { other, 'ping timeout': timeout, ...rest } = connections.disconnects;
    assert.deepEqual([ other, timeout, new Set(Object.values(rest)) ], [ 4, 1, new Set([ 0 ]) ]);
  });

  it('counts a thousand namespaces separately, and those of a RegExp or a function together', () => {
    const { connections } = new Tally({ recovers: false });
    const child = { name: '/room-1' };
    const server = {
      parentNsps: new Map([[ 'a function', { children: new Set([ child ]) }]]), parentNamespacesFromRegExp: new Map(),
    };
    const connectTo = (nsp: object) => connections.connect({ nsp: '', socket: { nsp: Object.assign(nsp, { server }), handshake: {} } } as never);
    connectTo(child);
    server.parentNsps.clear();
    connectTo(child);
    for (let i = 0; i < 1001; i++) connectTo({ name: `/${i}` });
    const counts = connections.connectsTo([ '/998', '/empty' ]);
    const named = [ '(function)', '/998', '/999', '(other)', '/empty' ].map(name => counts[name]);
    assert.deepEqual(named, [ 2, 1, undefined, 2, 0 ]);
  });
});
