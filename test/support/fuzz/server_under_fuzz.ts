import assert from 'node:assert/strict';
import { setTimeout as rest } from 'node:timers/promises';
import type { Worst } from '../../fixtures/apps/fuzz/app/lib/moments';
import type { WorkerState } from '../../fixtures/apps/fuzz/app/lib/watch';
import { ClusterProcess } from '../cluster_process';
import { GoodClient } from './good_client';
import { Playground } from './playground';
import { play } from './players';
import type { Script } from './scripts';

/** Milliseconds in which all clients of a run must have done what they do; more means that something hangs. */
const RUN_LIMIT = 60_000;
/** Milliseconds in which a worker must have let go of all that its clients have left. */
const SETTLE_LIMIT = 30_000;
const SETTLE_PACE = 20;

/** How to start it. */
export interface FuzzOptions {
  readonly workers: number;
  readonly recovery: boolean;
}

/** An Egg app in processes of its own, with two good clients. */
export class ServerUnderFuzz {
  /** Frames and requests that it has got. */
  sent = 0;
  /** What each worker has while there are only the good clients, and waited for before there was anybody. */
  private baseline: object[] = [];
  private idle: Record<string, number>[] = [];
  private good: GoodClient[] = [];
  /** Resolves once there is no need to wait for anything any more: {@link assertAlive} will tell. */
  private readonly broken: Promise<unknown>;

  private constructor(private readonly cluster: ClusterProcess, private readonly workers: readonly { pid: number; port: number }[]) {
    this.broken = Promise.race([ cluster.hear('worker died'), cluster.hear('escaped') ]);
  }

  static async start({ workers, recovery }: FuzzOptions): Promise<ServerUnderFuzz> {
    const cluster = await ClusterProcess.start({ fixture: 'fuzz', workers, variables: { FUZZ_RECOVERY: `${recovery}` } });
    const members = cluster.news.filter(news => news.what === 'worker') as { pid: number; port: number }[];
    assert.equal(members.length, workers);
    const server = new ServerUnderFuzz(cluster, members);
    server.idle = (await server.states()).map(resources);
    server.good = await Promise.all([ GoodClient.connect(cluster.url, 'websocket'), GoodClient.connect(cluster.url, 'polling') ]);
    await server.good[0].playWith(server.good[1]);
    server.baseline = (await server.states()).map(holdings);
    return server;
  }

  /** Has clients do what their scripts say; afterwards nothing of them may be left, and nothing else may have suffered. */
  async endure(scripts: readonly Script[]): Promise<void> {
    const ground = new Playground(this.cluster.port);
    const doing = Promise.all(scripts.map(script => play(script, ground)));
    try {
      await within(RUN_LIMIT, Promise.race([ doing, this.broken ]), () => `clients still wait after ${RUN_LIMIT} ms`);
    } finally {
      ground.end();
      this.sent += ground.sent;
      await this.assertAlive();
    }
    assert.deepEqual(ground.complaints, [], 'what the server should not have done');
    await this.expire(ground.abandoned);
    await this.settle(holdings, this.baseline);
    await within(RUN_LIMIT, Promise.all(this.good.map(client => client.isServed())), () => 'the good clients are not served any more');
    await this.assertAlive();
  }

  /** Bytes in use in each worker. */
  async memory(): Promise<number[]> {
    return this.ask<number>('/memory');
  }

  /** Once the good clients have gone as well, no worker may wait for anything that it has not waited for before they came. */
  async assertIdle(): Promise<void> {
    await Promise.all(this.good.splice(0).map(client => client.finish()));
    await this.settle((state, i) => surplus(resources(state), this.idle[i]), this.idle.map(() => ({})));
  }

  /** Stops it; what it has logged. */
  async stop(): Promise<string> {
    for (const client of this.good.splice(0)) client.close();
    await this.cluster.stop();
    return this.cluster.log;
  }

  /** Stops it at once, because it is broken. */
  async kill(): Promise<void> {
    for (const client of this.good.splice(0)) client.close();
    await this.cluster.kill();
  }

  /** The worst moment of each worker. */
  async worst(): Promise<Worst[]> {
    return (await this.states()).map(({ worst }) => worst);
  }

  private async assertAlive(): Promise<void> {
    assert.deepEqual(this.cluster.news.filter(({ what }) => what.endsWith(' died')), [], 'no process may die');
    for (const { broken } of await this.states()) assert.deepEqual(broken, [], 'what must not happen');
    for (const client of this.good) assert.deepEqual(client.complaints, [], 'the good clients');
  }

  private async expire(sids: readonly string[]): Promise<void> {
    for (let i = 0; i < sids.length; i += 50) {
      await this.ask(`/expire?${sids.slice(i, i + 50).map(sid => `sid=${encodeURIComponent(sid)}`).join('&')}`);
    }
  }

  private async settle(look: (state: WorkerState, i: number) => object, expected: readonly object[]): Promise<void> {
    const deadline = Date.now() + SETTLE_LIMIT;
    for (;;) {
      const left = (await this.states()).map(look);
      try {
        assert.deepEqual(left, expected, 'what the clients have left');
        return;
      } catch (error) {
        if (Date.now() > deadline) throw error;
        await rest(SETTLE_PACE);
      }
    }
  }

  private async states(): Promise<WorkerState[]> {
    return this.ask<WorkerState>('/state');
  }

  private async ask<T>(path: string): Promise<T[]> {
    return Promise.all(this.workers.map(async ({ pid, port }) => {
      const response = await fetch(`http://127.0.0.1:${port}${path}`).catch(cause => {
        throw new Error(`worker ${pid} does not answer any more: ${this.cluster.log.slice(-3000)}`, { cause });
      });
      return response.json() as Promise<T>;
    }));
  }
}

function holdings({ sessions, namespaces }: WorkerState): object {
  return { sessions, namespaces };
}

/** Without connections to siblings, which are kept for the next request, and without what is being written to a log. */
function resources(state: WorkerState): Record<string, number> {
  return { ...state.resources, PipeWrap: 0, FSReqCallback: 0 };
}

/** What there is more than before: of what Egg needs for its start, there may be less. */
function surplus(now: Record<string, number>, before: Record<string, number>): object {
  return Object.fromEntries(Object.entries(now).filter(([ kind, count ]) => count > (before[kind] ?? 0)));
}

async function within<T>(limit: number, promise: Promise<T>, explain: () => string): Promise<T> {
  const timer = new AbortController();
  const late = rest(limit, undefined, { signal: timer.signal }).then(() => { throw new Error(explain()); });
  late.catch(() => undefined);
  return Promise.race([ promise, late ]).finally(() => timer.abort());
}
