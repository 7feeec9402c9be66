import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { Claim } from '../../lib/events/once/claim';
import { type Claimed, OnceStore, valuesOf } from '../../lib/events/once/once_store';
import { Shared } from '../../lib/events/once/shared';
import { RedisLayer } from '../../lib/redis/layer';
import { planRedis } from '../../lib/redis/options';
import { needsRedis, RedisServer } from '../support/redis';
import { LogBook } from '../support/redis_servers';
import { ClusterProcess } from '../support/cluster_process';
import { SocketIOTestClient } from '../../lib/mock/typed';

const LIMITS = { keys: 1000, bytes: 1_000_000 };
const KEEP = 60_000;
/** Milliseconds. */
const LEASE = 2000;

function isClaim(claimed: Claimed): claimed is Claim {
  return claimed instanceof Claim;
}

/** A worker with connections of its own. */
class Worker {
  private readonly layer: RedisLayer;
  readonly store: OnceStore;
  readonly renewals = new EventEmitter();

  constructor(url: string, lease?: number) {
    const plan = planRedis({ adapter: { redis: url } }, false, { name: 'once', redis: undefined })!;
    this.layer = new RedisLayer(plan, false, new LogBook() as never, () => undefined);
    const { keys } = this.layer;
    const { renew } = keys;
    keys.renew = async (...args) => {
      await renew.apply(keys, args);
      this.renewals.emit('renewed');
    };
    this.store = new OnceStore(LIMITS, () => new Shared(keys, lease));
  }

  async open(): Promise<this> {
    await this.layer.open();
    return this;
  }

  async close(): Promise<void> {
    this.store.close();
    this.layer.retire();
    await this.layer.close();
  }
}

describe('test/redis/once.test.ts', function() {
  this.timeout(120_000);
  needsRedis();
  let redis: RedisServer;
  let workers: Worker[];
  before(async () => { redis = await RedisServer.start(); });
  after(() => redis?.close());
  beforeEach(async () => { workers = await Promise.all([ 1, 2, 3 ].map(() => new Worker(redis.url).open())); });
  afterEach(() => Promise.all(workers.map(worker => worker.close())));

  it('one of the workers that claim a key at once handles the event, and the others get its answer', async () => {
    for (let i = 0; i < 20; i++) {
      const key = `at once ${i}`;
      let runs = 0;
      const answers = await Promise.all([ ...workers, ...workers ].map(async ({ store }) => {
        const claimed = await store.claim(key, 'digest', KEEP);
        if (!isClaim(claimed)) return valuesOf(claimed);
        runs += 1;
        store.keep(claimed, [ i, Buffer.from('x') ])();
        return [ i, Buffer.from('x') ];
      }));
      assert.equal(runs, 1);
      for (const answer of answers) assert.deepEqual(answer, [ i, Buffer.from('x') ]);
    }
  });

  it('an event that was not handled after all is handled by another worker that waits for it', async () => {
    const [ a, b ] = workers;
    const first = await a.store.claim('released', 'digest', KEEP) as Claim;
    const second = b.store.claim('released', 'digest', KEEP);
    a.store.release(first);
    assert.ok(isClaim(await second));
  });

  it('a worker renews its claim while it handles the event; that of a worker that dies is free after a time', async () => {
    const [ a, b ] = await Promise.all([ 1, 2 ].map(() => new Worker(redis.url, LEASE).open()));
    workers.push(a, b);
    const claim = await a.store.claim('lease', 'digest', KEEP) as Claim;
    let isOver = false;
    const second = Promise.resolve(b.store.claim('lease', 'digest', KEEP)).then(claimed => {
      isOver = true;
      return claimed;
    });
    for (let i = 0; i < 4; i++) await once(a.renewals, 'renewed');
    assert.equal(isOver, false);
    // As if it had been killed: it neither renews its claim nor gives it up.
    claim.end({ digest: 'digest', values: Buffer.alloc(0), until: 0, owner: '' });
    assert.ok(isClaim(await second));
  });

  it('the same key with other arguments is refused with KEY_REUSED', async () => {
    const [ a, b ] = workers;
    a.store.keep(await a.store.claim('reused', 'one', KEEP) as Claim, [ 1 ])();
    await assert.rejects(async () => b.store.claim('reused', 'two', KEEP), { code: 'KEY_REUSED' });
  });

  it('without Redis, an event is refused with REDIS_UNAVAILABLE, and its key is not used up', async () => {
    const own = await RedisServer.start();
    const worker = await new Worker(own.url).open();
    try {
      await own.close();
      await assert.rejects(async () => worker.store.claim('away', 'digest', KEEP), { code: 'REDIS_UNAVAILABLE' });
    } finally {
      await worker.close();
    }
  });

  it('an answer outlives the stop of all workers, and reaches a client on another machine', async () => {
    const variables = { WORKERS_REDIS: JSON.stringify({ url: redis.url, key: 'machines' }) };
    const ask = async (cluster: ClusterProcess) => {
      const client = await new SocketIOTestClient({ url: cluster.url, namespace: '/orders', transports: [ 'websocket' ], auth: { user: 'ann' } }).connect();
      const answer = await client.sendWithAck<number>('order', 'machine');
      await client.close();
      return answer;
    };
    const first = await ClusterProcess.start({ workers: 2, variables });
    const answer = await ask(first);
    const second = await ClusterProcess.start({ workers: 1, variables });
    assert.equal(await ask(second), answer);
    await first.stop();
    assert.equal(await ask(second), answer);
    await second.stop();
    const third = await ClusterProcess.start({ workers: 1, variables });
    assert.equal(await ask(third), answer);
    await third.stop();
  });
});
