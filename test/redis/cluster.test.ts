import assert from 'node:assert/strict';
import { type ClientOptions, SocketIOTestClient } from '../../lib/mock/typed';
import { ClusterProcess } from '../support/cluster_process';
import { freePort } from '../support/free_port';
import { needsRedis, RedisServer } from '../support/redis';

const WORKERS = 2;
const SECOND = 1000;

type Client = SocketIOTestClient & { pid: number };

describe('test/redis/cluster.test.ts', function() {
  this.timeout(120 * SECOND);
  needsRedis();
  let redis: RedisServer;
  let machines: ClusterProcess[] | undefined;
  const clients: SocketIOTestClient[] = [];

  before(async () => { redis = await RedisServer.start(); });
  after(() => redis?.close());
  afterEach(() => Promise.all(clients.splice(0).map(client => client.close())));

  async function connect(machine: ClusterProcess, options: ClientOptions = {}): Promise<Client> {
    const client = await new SocketIOTestClient({ url: machine.url, ...options }).connect();
    clients.push(client);
    const [ pid ] = await client.next<[number]>('worker');
    return Object.assign(client, { pid });
  }

  /** A client on each worker of each machine. */
  async function everywhere(options?: ClientOptions, of = machines!): Promise<Client[]> {
    const all = new Map<number, Client>();
    for (const machine of of) {
      const wanted = all.size + WORKERS;
      while (all.size < wanted) {
        for (const client of await Promise.all(Array.from({ length: WORKERS }, () => connect(machine, options)))) {
          if (all.has(client.pid)) await client.close();
          else all.set(client.pid, client);
        }
      }
    }
    return [ ...all.values() ];
  }

  describe('two machines', () => {
    before(async () => {
      // The window is long enough for an upgrade on a busy machine.
      const variables = { WORKERS_REDIS: JSON.stringify({ url: redis.url, kind: 'pubsub', requestsTimeout: 1000 }), WORKERS_WINDOW: '3000' };
      machines = await Promise.all([ 1, 2 ].map(() => ClusterProcess.start({ workers: WORKERS, variables })));
    });
    after(() => Promise.all(machines?.map(machine => machine.stop()) ?? []));

    it('a killed worker is waited for at most once, and no longer than requestsTimeout', async () => {
      const all = await everywhere();
      const [ asker, victim ] = [ all[0], all[3] ];
      const gone = new Promise(resolve => { victim.socket.once('disconnect', resolve); });
      process.kill(victim.pid, 'SIGKILL');
      await gone;
      const started = Date.now();
      let found = await asker.sendWithAck<{ id: string }[]>('who');
      // Redis may have counted it still, and the first question failed.
      if (!Array.isArray(found)) found = await asker.sendWithAck('who');
      // Less than the five seconds that the adapter waits by itself.
      assert.ok(Date.now() - started < 4500, `${Date.now() - started} ms`);
      assert.deepEqual(found.map(({ id }) => id).sort(), all.slice(0, 3).map(({ id }) => id!).sort());
    });

    // It stops a machine, for its log.
    it('when Redis is gone the workers live, sessions are routed and upgraded as before, and each worker logs one line', async () => {
      const [ machine ] = machines!;
      const onItsWorkers = (options?: ClientOptions) => everywhere(options, [ machine ]);
      const pids = new Set((await onItsWorkers({ transports: [ 'polling' ] })).map(({ pid }) => pid));
      await redis.stop();
      try {
        // Each request of a polling session comes to any worker: half of them are forwarded.
        const byPolling = await onItsWorkers({ transports: [ 'polling' ] });
        for (let n = 0; n < 10; n++) {
          for (const client of byPolling) assert.deepEqual(await client.sendWithAck('echo', n), [ client.pid, n ]);
        }
        for (const client of await onItsWorkers()) {
          assert.deepEqual(await client.sendWithAck('echo', 'x'), [ client.pid, 'x' ]);
          if (client.socket.io.engine.transport.name !== 'websocket') await new Promise(resolve => { client.socket.io.engine.once('upgrade', resolve); });
          assert.equal(await client.sendWithAck('is direct'), true, 'taken over by the worker that the WebSocket came to');
        }
        assert.deepEqual(new Set(byPolling.map(({ pid }) => pid)), pids, 'no worker has died');
      } finally {
        await redis.run();
      }
      // On each worker the first that is heard from the other one shows that it subscribes again.
      const [ a, b ] = await onItsWorkers();
      for (const [ from, to ] of [[ a, b ], [ b, a ]]) {
        let heard = false;
        to.socket.once('said', () => { heard = true; });
        while (!heard) await from.sendWithAck('say', 'back');
      }
      await machine.stop();
      const lines = machine.log.split('\n');
      assert.equal(lines.filter(line => /Redis at .* cannot be reached/.test(line)).length, WORKERS + 1, 'the workers and the agent');
      assert.equal(lines.filter(line => /Redis at .* is back after/.test(line)).length, WORKERS + 1);
      assert.deepEqual(lines.filter(line => /unhandledRejection/i.test(line)), []);
    });
  });

  it('does not start without Redis, and logs why', async () => {
    const variables = { WORKERS_REDIS: JSON.stringify({ host: '127.0.0.1', port: await freePort(), connectTimeout: 300 }) };
    await assert.rejects(ClusterProcess.start({ workers: WORKERS, variables }), /Redis at 127\.0\.0\.1:\d+ cannot be reached: connect ECONNREFUSED/);
  });
});
