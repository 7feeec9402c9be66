import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { machineClock } from '../../lib/base/machine_clock';
import { MemoryCluster, type MemoryWorker } from '../support/adapter/memory_cluster';

const DURATION = 60_000;
const OPTIONS = { connectionStateRecovery: { maxDisconnectionDuration: DURATION } };

describe('test/cluster/adapter_expired.test.ts', () => {
  let cluster: MemoryCluster;
  let a: MemoryWorker;
  let b: MemoryWorker;
  /** The sessions that each worker has reported, by its tag. */
  let expired: Record<string, string[]>;
  /** Milliseconds by which the clock is ahead. */
  let passed: number;

  beforeEach(async () => {
    passed = 0;
    cluster = new MemoryCluster();
    [ a, b ] = await cluster.start(OPTIONS, 'a', 'b');
    expired = {};
    for (const { Adapter, tag } of [ a, b ]) {
      expired[tag] = [];
      Adapter.onExpired((_nsp, { sid }) => { expired[tag].push(sid); });
    }
  });
  afterEach(async () => {
    mock.restoreAll();
    await cluster.close();
  });

  /** Lets time pass for what reads the clock. */
  function pass(milliseconds: number): void {
    // A second mock of the same method would survive restoreAll().
    if (passed === 0) {
      const { now } = machineClock;
      mock.method(machineClock, 'now', () => now() + passed);
    }
    passed += milliseconds;
  }

  async function leave(): Promise<string> {
    const client = await a.connect();
    const id = client.id!;
    await a.drop(client);
    return id;
  }

  it('reports a session once, when its time has passed', async () => {
    const id = await leave();
    pass(DURATION - 1000);
    a.Adapter.sweep();
    assert.deepEqual(expired, { [a.tag]: [], [b.tag]: [] });
    pass(DURATION);
    a.Adapter.sweep();
    a.Adapter.sweep();
    b.Adapter.sweep();
    assert.deepEqual(expired, { [a.tag]: [ id ], [b.tag]: [] });
  });

  it('a worker that stops leaves a session that has just expired to its heir, which reports it', async () => {
    const id = await leave();
    a.Adapter.retire();
    pass(DURATION + 1);
    a.Adapter.sweep();
    await a.close();
    assert.deepEqual(expired, { [a.tag]: [], [b.tag]: [] });
    b.Adapter.sweep();
    assert.deepEqual(expired, { [a.tag]: [], [b.tag]: [ id ] });
  });

  it('a session whose client has come back to another worker is not reported by the old one', async () => {
    const client = await a.connect();
    const id = client.id!;
    const { pid } = await a.drop(client);
    const back = await b.connect({ auth: { pid } });
    assert.equal(back.id, id);
    pass(DURATION * 2);
    a.Adapter.sweep();
    b.Adapter.sweep();
    assert.deepEqual(expired, { [a.tag]: [], [b.tag]: [] });
  });
});
