import assert from 'node:assert/strict';
import Redis from 'ioredis';
import type { RedisAdapterOptions, RedisKind } from '../../lib/redis/types';
import type { SocketIOTestClient } from '../../lib/mock/typed';
import { freePort } from '../support/free_port';
import { needsRedis, RedisServer } from '../support/redis';
import { HARMS, RedisProxy, STEPS } from '../support/redis_proxy';
import { RedisTestServer } from '../support/redis_servers';
import { seedOf } from '../support/seed';

const KINDS = [ 'pubsub', 'sharded', 'streams' ] satisfies RedisKind[];
const TARGETS = [ 'options', 'URL', 'clients', 'cluster' ] as const;
const NAMESPACES = { one: [ '/' ], three: [ '/', '/chat', '/market' ], 'a RegExp later': [ '/' ] } as const;
const SHAPES = Object.keys(NAMESPACES) as (keyof typeof NAMESPACES)[];

/** Runs with random plans: some seconds each. REDIS_RUNS=500 is for a night. */
const RUNS = Number(process.env.REDIS_RUNS ?? 12);
const SEED = seedOf('REDIS_SEED');
/** Plans that found a bug once, as the title of a run names them. REDIS_PLAN plays another one. */
const FOUND = process.env.REDIS_PLAN ? [ process.env.REDIS_PLAN ] : [
  // ioredis waited for ever for a sharded subscriber that it had stopped.
  'sharded, hold, connect, cluster, three, 4, later',
];
/** Milliseconds after which a worker must hear again once the proxy is healed. */
const HEALED = 20_000;

/** mulberry32: the same numbers for the same seed. */
function randomOf(seed: number): <T>(list: readonly T[]) => T {
  let state = seed;
  return list => {
    state = (state + 0x6D2B79F5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return list[((t ^ (t >>> 14)) >>> 0) % list.length];
  };
}

interface Plan {
  readonly kind: RedisKind;
  readonly harm: (typeof HARMS)[number];
  readonly step: (typeof STEPS)[number];
  readonly target: (typeof TARGETS)[number];
  readonly namespaces: keyof typeof NAMESPACES;
  readonly times: 1 | 2 | 4;
  readonly when: 'at the start' | 'later';
}

/** Each kind and each harm in turn, the rest at random. */
function randomPlan(run: number): Plan {
  const random = randomOf(SEED + run);
  return {
    kind: KINDS[run % KINDS.length], harm: HARMS[Math.floor(run / KINDS.length) % HARMS.length], step: random(STEPS),
    target: random(TARGETS), namespaces: random(SHAPES), times: random([ 1, 2, 4 ]), when: random([ 'at the start', 'later' ]),
  };
}

function readPlan(title: string): Plan {
  const [ kind, harm, step, target, namespaces, times, when ] = title.split(', ');
  return { kind, harm, step, target, namespaces, times: Number(times), when } as Plan;
}

describe('test/redis/proxy.test.ts', function() {
  this.timeout(90_000);
  needsRedis();
  let single: RedisServer;
  let cluster: RedisServer;

  before(async () => {
    single = await RedisServer.start();
    cluster = await RedisServer.start('--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1', '--cluster-port', `${await freePort()}`);
    const admin = new Redis(cluster.url);
    await admin.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
    while (!/cluster_state:ok/.test(await admin.call('CLUSTER', 'INFO') as string));
    admin.disconnect();
    console.log(`      REDIS_SEED=${SEED}`);
  });
  after(() => Promise.all([ single?.close(), cluster?.close() ]));

  /** Sends until it is heard, and then once more: that must come once. */
  async function hears(from: RedisTestServer, client: SocketIOTestClient, namespace: string): Promise<void> {
    let n = 0;
    const got: number[] = [];
    client.socket.on('said', (value: number) => got.push(value));
    const end = Date.now() + HEALED;
    while (got.length === 0) {
      assert.ok(Date.now() < end, `${namespace} is deaf after ${HEALED} ms`);
      from.io.of(namespace).emit('said', n += 1);
      await new Promise(resolve => { setTimeout(resolve, 50); });
    }
    from.io.of(namespace).emit('said', n += 1);
    while (got.at(-1) !== n) {
      assert.ok(Date.now() < end, `${namespace} does not hear ${n}, after ${got.join()}`);
      await new Promise(resolve => { setTimeout(resolve, 20); });
    }
    assert.deepEqual(got, [ ...new Set(got) ].sort((x, y) => x - y), 'each is heard once, in order');
  }

  const plans = [ ...FOUND.map(readPlan), ...Array.from({ length: RUNS }, (_, run) => randomPlan(run)) ];
  for (const [ run, plan ] of plans.entries()) {
    it(`run ${run}: ${Object.values(plan).join(', ')}`, async () => {
      const redis = plan.target === 'cluster' ? cluster : single;
      const proxy = await RedisProxy.start(redis.port);
      const clients: Redis[] = [];
      const key = `proxy-${SEED}-${run}`;
      const address = { host: '127.0.0.1', port: proxy.port };
      const optionsOf = (): RedisAdapterOptions => {
        const common = { kind: plan.kind, key, requestsTimeout: 2000 };
        switch (plan.target) {
          case 'options': return { ...common, ...address };
          case 'URL': return { ...common, url: `redis://127.0.0.1:${proxy.port}` };
          // The nodes of a cluster announce their own address.
          case 'cluster': return { ...common, cluster: [ address ], clusterOptions: { natMap: { [`127.0.0.1:${redis.port}`]: address } } };
          case 'clients': {
            const made = [ 1, 2 ].map(() => new Redis(address).on('error', () => undefined));
            clients.push(...made);
            return { ...common, pubClient: made[0], subClient: made[1] };
          }
        }
      };
      const servers: RedisTestServer[] = [];
      const start = async (options: RedisAdapterOptions) => {
        const server = await RedisTestServer.start(options, { prepare: ({ io }) => {
          for (const name of NAMESPACES[plan.namespaces]) io.of(name);
          io.of(/^\/room-\w+$/);
        } });
        servers.push(server);
        return server;
      };
      try {
        const plain = { url: redis.url, kind: plan.kind, key };
        const other = await start(plan.target === 'cluster' ? { ...plain, url: undefined, cluster: [{ host: '127.0.0.1', port: redis.port }] } : plain);
        if (plan.when === 'at the start') proxy.break(plan.harm, plan.step, plan.times);
        const healing = setTimeout(() => proxy.heal(), 1500);
        let one: RedisTestServer;
        try {
          one = await start(optionsOf());
        } catch (error) {
          assert.equal((error as { code?: string }).code, 'REDIS_UNAVAILABLE');
          assert.match((error as Error).message, /cannot be reached: .+\.|does not hear what is sent through it within \d+ ms: (namespace \/|all namespaces)/);
          return;
        } finally {
          clearTimeout(healing);
        }
        if (plan.when === 'later') {
          proxy.break(plan.harm, plan.step, plan.times);
          proxy.cutAll();
          await new Promise(resolve => { setTimeout(resolve, 1500); });
        }
        proxy.heal();
        const names = plan.namespaces === 'a RegExp later' ? [ '/', '/room-a', '/room-b' ] : NAMESPACES[plan.namespaces];
        for (const namespace of names) {
          const [ here, there ] = [ await one.connect({ namespace }), await other.connect({ namespace }) ];
          await hears(other, here, namespace);
          await hears(one, there, namespace);
        }
      } finally {
        proxy.heal();
        await Promise.all(servers.map(server => server.close()));
        clients.forEach(client => client.disconnect());
        await proxy.close();
      }
    });
  }
});
